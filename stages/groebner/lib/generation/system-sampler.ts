/**
 * Samples under any order. Bases are drawn under lex, where their shape says what they are. For another order the basis is converted, F keeps its
 * polynomials with their terms in the new order, and the lexicographic basis goes into the certificate, by which the pair is proved.
 */
import type { RandomStream } from "../../../../src/stage.ts"
import { algebraError, equals, isZero, type OrderName, type Polynomial } from "../algebra/index.ts"
import { type Exact, exactly } from "../exact-system.ts"
import type { Defects } from "./defects.ts"
import { Generator, patience, type Rejectable, type Settings } from "./generator.ts"
import { joinedLists } from "./polynomial-lists.ts"
import { systemOf } from "./system-batch.ts"
import type { System } from "./system-table.ts"

export interface Drawn extends Defects {
  readonly system: System
  readonly bounded: boolean
  readonly attempts: number
}

/** Draws a sample, by its number, from its stream. @throws AlgebraError */
export type Draw = (number: number, stream: RandomStream) => Drawn

/** Defects that depend on the order. */
const ofOrder: ReadonlyArray<Rejectable> = ["verbatim", "basis"]

/** @throws AlgebraError for settings that cannot be. */
export const systemSampler = (settings: Settings, order: OrderName): Draw => {
  const generator = new Generator(order === "lex" ? settings : { ...settings, reject: new Set([...settings.reject].filter((defect) => !ofOrder.includes(defect))) })
  if (order === "lex") {
    return (number, stream) => {
      const sample = generator.sample(stream)
      return { ...sample, system: systemOf(generator, number, sample) }
    }
  }
  if (settings.field.kind === "real") throw algebraError(`Over R there is no basis under ${order}: rounding would decide which monomials are independent. Take \`order: lex\`, F_p or Q.`)
  return (number, stream) => {
    for (let attempts = 0; attempts < patience;) {
      const sample = generator.sample(stream)
      const system = systemOf(generator, number, sample)
      attempts += sample.attempts
      const changed = exactly({ ...system, order }, (exact) => converted(exact, system, order))
      const rejected = changed === undefined || (settings.reject.has("verbatim") && changed.verbatim > 0) || (settings.reject.has("basis") && changed.isBasis)
      if (!rejected) return { ...sample, ...changed, attempts }
    }
    throw algebraError(`${patience} samples in a row were rejected (${[...settings.reject].join(", ") || `coefficients beyond 2^31 under ${order}`}). Reject less, draw smaller coefficients, or change the settings.`)
  }
}

type Converted = Pick<Drawn, "system" | "verbatim" | "isBasis">

/** `exact` is of the new order. Undefined if coefficients of the basis pass 2^31. */
const converted = <E>(exact: Exact<E>, system: System, order: OrderName): Converted | undefined => {
  const { ring } = exact
  const generators = exact.polynomials(system.f)
  // The greatest leading monomial first, as under lex.
  const basis = exact.fromLexicographic(system.g).toReversed()
  const [f, g] = [exact.list(generators), exact.list(basis)]
  if (f === undefined || g === undefined) return undefined
  return {
    system: { ...system, order, f, g, certificate: joinedLists(system.certificate, system.g) },
    verbatim: basis.filter((known) => generators.some((generator) => equals(ring, known, generator))).length,
    // F lies in the ideal, so it is a basis when every leading monomial of G is a multiple of one of F's.
    isBasis: basis.every((known) => generators.some((generator) => !isZero(generator) && leadDivides(generator, known, ring.variables.length)))
  }
}

const leadDivides = (f: Polynomial<unknown>, g: Polynomial<unknown>, n: number): boolean =>
  f.exponents.subarray(0, n).every((exponent, v) => exponent <= (g.exponents[v] ?? 0))
