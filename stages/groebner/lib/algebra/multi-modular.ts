/**
 * Reduced bases over Q from bases modulo many primes, whose coefficients are put together by Chinese remainders and rational
 * reconstruction: numbers on the way stay of one word, whatever their size over Q would be. Of ideals in shape position shorter numbers are put together
 * (`shape-position.ts`).
 */
import { algebraError } from "./errors.ts"
import type { Rational } from "./field.ts"
import { rational, rationalField } from "./field.ts"
import type { ModularProblem, PolynomialModuloP } from "./modular-basis.ts"
import { convertedBasis } from "./modular-basis.ts"
import type { MonomialOrder } from "./order.ts"
import type { Polynomial } from "./polynomial.ts"
import { isZero } from "./polynomial.ts"
import { modulusLimit, primeBelow } from "./prime.ts"
import type { Fraction } from "./reconstruction.ts"
import { Residues } from "./reconstruction.ts"
import { basisInShapePosition, shapePosition, univariateForm } from "./shape-position.ts"
import { Trace } from "./trace.ts"

export interface RationalProblem {
  readonly variables: number
  readonly order: MonomialOrder
  readonly generators: ReadonlyArray<Polynomial<Rational>>
  /** Primes are taken from below this number downwards. Left out, it is drawn from the generators, so that none can be made for which
   * just these primes are unlucky. */
  readonly below?: number
}

/** What is put together from residues, and how it becomes the basis. */
interface Image {
  /** The same for bases that differ in nothing but these residues. */
  readonly key: string
  readonly residues: Int32Array
  readonly basis: (fractions: ReadonlyArray<Fraction>, stop: () => void) => ReadonlyArray<Polynomial<Rational>>
}

/** Images modulo primes that have the same key: those of unlucky primes differ from the rest. */
interface Family {
  readonly residues: Residues
  primes: number
  /** With how many primes fractions are tried for next: the effort for that stays a part of the whole. */
  next: number
}

/**
 * The reduced basis. A candidate is accepted when `accept` does, and when it agrees with the basis modulo one more prime, which it was not made
 * from. `stop` may throw.
 */
export const multiModularBasis = (
  { below, generators, order, variables }: RationalProblem, stop: () => void, accept: (basis: ReadonlyArray<Polynomial<Rational>>) => boolean
): ReadonlyArray<Polynomial<Rational>> => {
  const integers = generators.filter((f) => !isZero(f)).map(integerCoefficients)
  const families = new Map<string, Family>()
  let trace = new Trace()
  let candidate: { readonly key: string; readonly fractions: ReadonlyArray<Fraction> } | undefined
  for (let p = primeBelow(below ?? drawnLimit(integers)); ; p = primeBelow(p)) {
    stop()
    if (p < modulusLimit / 2) throw algebraError("The basis over Q needs more primes than there are between 2^30 and 2^31. Take a smaller system.")
    const problem = modulo(integers, p, order, variables)
    if (problem === undefined) continue
    // A candidate is judged by a prime that follows no trace: what the first prime let vanish by accident would be missing from all that follow it.
    const image = imageOf(convertedBasis(problem, stop, candidate === undefined ? trace : undefined), variables, p)
    const { key } = image
    if (candidate !== undefined && key === candidate.key && agree(candidate.fractions, image.residues, p)) {
      const basis = image.basis(candidate.fractions, stop)
      if (accept(basis)) return basis
    }
    if (candidate !== undefined && key !== candidate.key) {
      families.clear()
      trace = new Trace()
    }
    candidate = undefined
    const family = families.get(key) ?? { residues: new Residues(image.residues.length), primes: 0, next: 1 }
    families.set(key, family)
    family.residues.join(p, image.residues)
    family.primes++
    if (family.primes >= family.next) {
      family.next = Math.ceil(family.primes * 1.25) + 1
      const fractions = family.residues.fractions()
      if (fractions !== undefined) candidate = { key, fractions }
    }
  }
}

const imageOf = (basis: ReadonlyArray<PolynomialModuloP>, variables: number, p: number): Image => {
  const shape = shapePosition(basis, variables)
  const form = shape === undefined ? undefined : univariateForm(shape, basis, p)
  if (shape !== undefined && form !== undefined) {
    return { key: `${shape.degree};${shape.parameter};${shape.others.join()}`, residues: form, basis: (fractions, stop) => basisInShapePosition(shape, fractions, stop) }
  }
  return {
    key: basis.map(({ exponents }) => exponents.join()).join(";"),
    residues: concatenated(basis),
    basis: (fractions) => {
      let at = 0
      return basis.map(({ coefficients, exponents }) => inLowestTerms(exponents, fractions.slice(at, (at += coefficients.length))))
    }
  }
}

/** A number between 3/4 of the greatest modulus and the greatest, by a hash (FNV-1a) of the system. */
const drawnLimit = (integers: ReadonlyArray<ReturnType<typeof integerCoefficients>>): number => {
  let hash = 0x811c9dc5
  for (const { coefficients, exponents } of integers) {
    for (const character of `${coefficients.join()};${exponents.join()};`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  }
  return modulusLimit - ((hash >>> 0) % (modulusLimit / 4))
}

/** Times the denominators, so that every prime can be reduced by. */
const integerCoefficients = (f: Polynomial<Rational>): { readonly coefficients: ReadonlyArray<bigint>; readonly exponents: Uint16Array } => {
  const all = Array.from({ length: f.coefficients.length }, (_, at) => f.coefficients[at] ?? rationalField.zero)
  const common = all.reduce((multiple, { denominator }) => (multiple * denominator) / greatestCommonDivisor(multiple, denominator), 1n)
  return { coefficients: all.map(({ denominator, numerator }) => numerator * (common / denominator)), exponents: f.exponents }
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** The system modulo p; undefined if a coefficient vanishes, so that the system modulo p may be another one. */
const modulo = (integers: ReadonlyArray<ReturnType<typeof integerCoefficients>>, p: number, order: MonomialOrder, variables: number): ModularProblem | undefined => {
  const prime = BigInt(p)
  const generators = integers.map(({ coefficients, exponents }) => ({
    coefficients: Int32Array.from(coefficients, (c) => Number(((c % prime) + prime) % prime)),
    exponents
  }))
  return generators.some(({ coefficients }) => coefficients.includes(0)) ? undefined : { p, variables, order, generators }
}

const concatenated = (basis: ReadonlyArray<PolynomialModuloP>): Int32Array => {
  const all = new Int32Array(basis.reduce((sum, { coefficients }) => sum + coefficients.length, 0))
  let at = 0
  for (const { coefficients } of basis) {
    all.set(coefficients, at)
    at += coefficients.length
  }
  return all
}

const inLowestTerms = (exponents: Uint16Array, fractions: ReadonlyArray<Fraction>): Polynomial<Rational> => ({
  exponents,
  coefficients: fractions.map(({ denominator, numerator }) => rational(numerator, denominator))
})

/** Whether the fractions have these residues modulo p. */
const agree = (fractions: ReadonlyArray<Fraction>, residues: Int32Array, p: number): boolean => {
  const prime = BigInt(p)
  return fractions.every(({ denominator, numerator }, at) => (numerator - denominator * BigInt(residues[at] ?? 0)) % prime === 0n && denominator % prime !== 0n)
}
