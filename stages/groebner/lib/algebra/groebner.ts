/** Reduced Groebner bases: one function for every field, order and algorithm. */
import { buchberger, interreducedTerms } from "./buchberger.ts"
import { algebraError } from "./errors.ts"
import type { Rational } from "./field.ts"
import type { Terms } from "./geobucket.ts"
import { dehomogenised, homogenised, homogeneousOrder, minimalOnes } from "./homogeneous.ts"
import { convertedBasis, isGraded, stopper } from "./modular-basis.ts"
import type { MonomialTable } from "./monomials.ts"
import { multiModularBasis } from "./multi-modular.ts"
import type { MonomialOrder } from "./order.ts"
import { exponentsOf, withMonomials } from "./packing.ts"
import type { Polynomial } from "./polynomial.ts"
import { isZero, reordered } from "./polynomial.ts"
import type { Ring } from "./ring.ts"
import { polynomialRing } from "./ring.ts"
import { contains, isGroebnerBasis, monicTerms } from "./verify.ts"

/** Generators of an ideal, or a basis of it. */
export interface System<E> {
  readonly ring: Ring<E>
  readonly polynomials: ReadonlyArray<Polynomial<E>>
}

export const basisAlgorithms = ["f4", "buchberger"] as const

export interface BasisOptions {
  /** Of the basis; the ring's own if it is left out. */
  readonly order?: MonomialOrder
  /** `f4`: over F_p by F4, over Q by F4 modulo many primes; orders other than degrevlex and deglex by FGLM where the ideal has finitely many zeros.
   * `buchberger`: Buchberger's algorithm with exact coefficients. Both give the same basis. */
  readonly algorithm?: (typeof basisAlgorithms)[number]
  /** Over Q, by `f4`: check over Q too that the generators reduce to zero and that Buchberger's criterion holds, and not only modulo a prime
   * that the basis was not made from. */
  readonly exactCheck?: boolean
  /** Asked many times a second, while a large matrix is made too; the computation ends with `ComputationStopped` when it says true. It may look at a clock, or
   * at the memory in use: that of systems that explode grows by degrees. */
  readonly shouldStop?: () => boolean
}

/**
 * The reduced Groebner basis of an ideal over F_p or Q, the least leading monomial first: none for the zero ideal, 1 for the whole ring.
 * @throws AlgebraError for floats, ExponentOverflow, ComputationStopped
 */
export function groebnerBasis(system: System<number>, options?: BasisOptions): System<number>
export function groebnerBasis(system: System<Rational>, options?: BasisOptions): System<Rational>
export function groebnerBasis(system: System<number> | System<Rational>, options: BasisOptions = {}): System<number> | System<Rational> {
  const { name } = system.ring.field
  if (isModular(system)) {
    const ring = reorderedRing(system.ring, options.order)
    const problem = { p: ring.field.characteristic, variables: ring.variables.length, order: ring.order, generators: system.polynomials }
    return options.algorithm === "buchberger"
      ? exactBasis(system, ring, stopper(options.shouldStop))
      : { ring, polynomials: convertedBasis(problem, stopper(options.shouldStop)) }
  }
  if (!isRational(system)) throw algebraError(`Bases are computed over F_p and Q, not over ${name}: rounding would decide which polynomials vanish.`)
  const ring = reorderedRing(system.ring, options.order)
  const stop = stopper(options.shouldStop)
  if (options.algorithm === "buchberger") return exactBasis(system, ring, stop)
  const generators = system.polynomials
  const accept = (basis: ReadonlyArray<Polynomial<Rational>>) =>
    options.exactCheck !== true || (contains(ring, basis, generators.map((f) => reordered(ring, f))) && isGroebnerBasis(ring, basis, stop))
  return { ring, polynomials: multiModularBasis({ variables: ring.variables.length, order: ring.order, generators }, stop, accept) }
}

const isModular = (system: System<number> | System<Rational>): system is System<number> => system.ring.field.kind === "prime"
const isRational = (system: System<number> | System<Rational>): system is System<Rational> => system.ring.field.kind === "rational"

const reorderedRing = <E>(ring: Ring<E>, order: MonomialOrder | undefined): Ring<E> =>
  order === undefined ? ring : polynomialRing(ring.field, ring.variables, order)

/** By Buchberger's algorithm; in orders that do not compare degrees first, through the homogenised degrevlex basis. */
const exactBasis = <E>({ polynomials, ring: given }: System<E>, ring: Ring<E>, stop: () => void): System<E> => {
  const n = ring.variables.length
  const within = (inner: Ring<E>, generators: ReadonlyArray<Polynomial<E>>): ReadonlyArray<Polynomial<E>> =>
    withMonomials(inner.order, inner.variables.length, (table) =>
      generated(table, buchberger(ring.field, table, monicTerms(inner, table, generators.map((f) => reordered(inner, f))), stop))
    )
  if (isGraded(ring.order, n)) return { ring, polynomials: within(ring, polynomials) }
  const graded = within({ ...given, order: "degrevlex" }, polynomials)
  const lifted = { ...ring, variables: [...ring.variables, "_"], order: homogeneousOrder(ring.order, n) }
  const basis = within(lifted, graded.map((f) => homogenised(f, n))).map((f) => dehomogenised<E, Polynomial<E>>(f, n))
  return {
    ring,
    polynomials: withMonomials(ring.order, n, (table) => {
      const all = monicTerms(ring, table, basis.filter((f) => !isZero(f)))
      const minimal = minimalOnes(table, all.map((f) => f.ids[0] ?? 0)).flatMap((at) => all[at] ?? [])
      return generated(table, interreducedTerms(ring.field, table, minimal, stop))
    })
  }
}

const generated = <E>(table: MonomialTable, basis: ReadonlyArray<Terms<E>>): ReadonlyArray<Polynomial<E>> =>
  basis.map(({ coefficients, ids }) => ({ coefficients, exponents: exponentsOf(table, ids) }))
