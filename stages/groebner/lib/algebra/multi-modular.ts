/**
 * Reduced bases over Q from bases modulo many primes, whose coefficients are put together by Chinese remainders and rational
 * reconstruction: numbers on the way stay of one word, whatever their size over Q would be.
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
import { Trace } from "./trace.ts"

export interface RationalProblem {
  readonly variables: number
  readonly order: MonomialOrder
  readonly generators: ReadonlyArray<Polynomial<Rational>>
  /** Primes are taken from below this number downwards. Left out, it is drawn from the generators, so that none can be made for which
   * just these primes are unlucky. */
  readonly below?: number
}

/** Bases modulo primes that have the same monomials: those of unlucky primes differ from the rest. */
interface Family {
  readonly shape: ReadonlyArray<PolynomialModuloP>
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
  let candidate: { readonly key: string; readonly basis: ReadonlyArray<Polynomial<Fraction>> } | undefined
  for (let p = primeBelow(below ?? drawnLimit(integers)); ; p = primeBelow(p)) {
    stop()
    if (p < modulusLimit / 2) throw algebraError("The basis over Q needs more primes than there are between 2^30 and 2^31. Take a smaller system.")
    const problem = modulo(integers, p, order, variables)
    if (problem === undefined) continue
    // A candidate is judged by a prime that follows no trace: what the first prime let vanish by accident would be missing from all that follow it.
    const basis = convertedBasis(problem, stop, candidate === undefined ? trace : undefined)
    const key = basis.map(({ exponents }) => exponents.join()).join(";")
    if (candidate !== undefined && agrees(candidate.basis, basis, p)) {
      const lowest = candidate.basis.map(inLowestTerms)
      if (accept(lowest)) return lowest
    }
    if (candidate !== undefined && key !== candidate.key) {
      families.clear()
      trace = new Trace()
    }
    candidate = undefined
    const family = families.get(key) ?? { shape: basis, residues: new Residues(basis.reduce((sum, f) => sum + f.coefficients.length, 0)), primes: 0, next: 1 }
    families.set(key, family)
    family.residues.join(p, concatenated(basis))
    family.primes++
    if (family.primes >= family.next) {
      family.next = Math.ceil(family.primes * 1.25) + 1
      const fractions = assembled(family)
      if (fractions !== undefined) candidate = { key, basis: fractions }
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

const assembled = ({ residues, shape }: Family): ReadonlyArray<Polynomial<Fraction>> | undefined => {
  const fractions = residues.fractions()
  if (fractions === undefined) return undefined
  let at = 0
  return shape.map(({ coefficients, exponents }) => ({ coefficients: fractions.slice(at, (at += coefficients.length)), exponents }))
}

const inLowestTerms = ({ coefficients, exponents }: Polynomial<Fraction>): Polynomial<Rational> => ({
  exponents,
  coefficients: Array.from({ length: coefficients.length }, (_, term) => {
    const { denominator, numerator } = coefficients[term] ?? rationalField.zero
    return rational(numerator, denominator)
  })
})

/** Whether the candidate, modulo p, is the basis modulo p. */
const agrees = (candidate: ReadonlyArray<Polynomial<Fraction>>, basis: ReadonlyArray<PolynomialModuloP>, p: number): boolean => {
  const prime = BigInt(p)
  return candidate.length === basis.length && candidate.every((f, at) => {
    const g = basis[at]
    if (g === undefined || f.exponents.length !== g.exponents.length || f.exponents.some((exponent, place) => exponent !== g.exponents[place])) return false
    return g.coefficients.every((residue, term) => {
      const { denominator, numerator } = f.coefficients[term] ?? rationalField.zero
      return (numerator - denominator * BigInt(residue)) % prime === 0n && denominator % prime !== 0n
    })
  })
}
