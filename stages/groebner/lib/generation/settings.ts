/** From a stage's parameters to settings of the generator, with the published values where nothing is said (released configuration, see docs/groebner.md). */
import { algebraError, isPrime } from "../algebra/index.ts"
import { mebibytes } from "../machine-memory.ts"
import { type FieldChoice, notPrime } from "./coefficients.ts"
import type { Settings } from "./generator.ts"
import { bytesNeeded } from "./memory.ts"
import { monomialCount } from "./monomial-keys.ts"
import type { PolynomialChoice } from "./sampler.ts"

/** Probability of an entry by the number of variables: chosen by the authors to keep sequences short. */
const publishedDensity: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 0.6, 4: 0.3 }

export const densityFor = (variables: number): number => publishedDensity[variables] ?? 0.2

/** The released settings for shape position. */
export const publishedSettings = (variables: number, field: FieldChoice): Settings => {
  const loose = { degrees: "fixed", counts: "uniform", strict: false } as const
  return {
    variables,
    field,
    ideal: { kind: "shape", polynomials: { minDegree: 1, maxDegree: 5, maxTerms: 5, ...loose } },
    transformation: { form: "released", density: densityFor(variables), outerDensity: 1, least: 0, most: 2, entries: { minDegree: 1, maxDegree: 3, maxTerms: 2, ...loose } },
    bound: field.kind === "prime" ? undefined : 100,
    boundAttempts: 100,
    reject: new Set()
  }
}

/** p of `F7` or `F_7`; undefined for another text. */
const modulusOf = (name: string): number | undefined => {
  const digits = /^F_?([0-9]+)$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Why this names no field, if it does not. */
export const fieldProblem = (name: string): string | undefined => {
  if (name === "Q" || name === "R") return undefined
  const p = modulusOf(name)
  if (p === undefined) return `"${name}" names no field. Write F7, F31, F32003 (any prime below 2^31), Q or R.`
  return isPrime(p) ? undefined : notPrime(p)
}

/** `F7`, `Q` or `R`. @throws AlgebraError */
export const fieldChoice = (name: string, bounds: { readonly numerator: number; readonly denominator: number; readonly real: number }): FieldChoice => {
  if (name === "Q") return { kind: "rational", numerator: bounds.numerator, denominator: bounds.denominator }
  if (name === "R") return { kind: "real", bound: bounds.real }
  const p = modulusOf(name)
  if (p === undefined) throw algebraError(fieldProblem(name) ?? name)
  return { kind: "prime", p }
}

/** Monomials that samplers may list; eight bytes each. */
const mostMonomials = 4_000_000
/** Terms that may meet in one coefficient before it is reduced. */
const mostSummands = 2048

/** Refuses what would not fit into doubles, or into a memory of so many bytes. @throws AlgebraError */
export const checked = (settings: Settings, memory: number): Settings => {
  const { ideal, transformation, variables } = settings
  const { entries, least, most } = transformation
  check(entries, "entries of the matrices")
  if (ideal.kind === "shape") {
    check(ideal.polynomials, "polynomials of the ideal")
    if (ideal.polynomials.maxDegree < 1) throw algebraError("The last polynomial of a basis in shape position has at least degree 1: let the ideal's greatest degree be 1 or more.")
  }
  if (least > most) throw algebraError(`F cannot have at least n + ${least} and at most n + ${most} polynomials.`)
  const monomials = monomialCount(variables, entries.maxDegree)
  if (monomials > mostMonomials) {
    throw algebraError(`There are ${monomials} monomials of degree up to ${entries.maxDegree} in ${variables} variables, ${Math.round(monomials / 131072)} MiB to list. Lower the degree or the number of variables.`)
  }
  if ((variables + most) * entries.maxTerms > mostSummands) {
    throw algebraError(`${variables + most} entries of ${entries.maxTerms} terms in a row are more than ${mostSummands} terms, whose sums doubles may not hold. Take fewer terms or polynomials.`)
  }
  const bytes = bytesNeeded(settings)
  if (bytes > memory) {
    throw algebraError(`A sample of these settings takes about ${mebibytes(bytes)} MiB of memory, and there are ${mebibytes(memory)} MiB. Take fewer terms, a lower density, lower degrees or fewer variables.`)
  }
  return settings
}

const check = ({ maxDegree, maxTerms, minDegree, strict, counts }: PolynomialChoice, what: string): void => {
  if (minDegree > maxDegree) throw algebraError(`The ${what} cannot have at least degree ${minDegree} and at most ${maxDegree}. Raise the greatest degree, or lower the least one.`)
  if (maxTerms < 1) throw algebraError(`The ${what} need at least one term.`)
  if (strict && counts === "fixed" && maxTerms > 1 && maxDegree === 0) throw algebraError(`The ${what} cannot have ${maxTerms} terms and degree 0.`)
}
