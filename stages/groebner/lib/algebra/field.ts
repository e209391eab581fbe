/** The fields that coefficients come from: F_p for any prime p < 2^31, Q exactly, and R as floats. */
import { algebraError } from "./errors.ts"
import { isPrime, modularInverse, modularProduct, modulusLimit } from "./prime.ts"

/** Coefficients in a row: an Int32Array for F_p, a Float64Array for R, an array of fractions for Q. */
export interface Coefficients<E> {
  readonly length: number
  readonly [index: number]: E
}

export interface MutableCoefficients<E> {
  readonly length: number
  [index: number]: E
}

export interface Field<E> {
  readonly kind: "prime" | "rational" | "real"
  /** `F_7`, `Q`, `R`. */
  readonly name: string
  /** p for F_p, 0 for Q and R. */
  readonly characteristic: number
  readonly zero: E
  readonly one: E
  readonly add: (a: E, b: E) => E
  readonly subtract: (a: E, b: E) => E
  readonly multiply: (a: E, b: E) => E
  readonly negate: (a: E) => E
  /** @throws AlgebraError for zero. */
  readonly inverse: (a: E) => E
  readonly isZero: (a: E) => boolean
  readonly equals: (a: E, b: E) => boolean
  /** @throws AlgebraError where the denominator is zero in this field. */
  readonly fraction: (numerator: bigint, denominator: bigint) => E
  /** As text that `parse` of a polynomial reads back: `5`, `-2/3`, `0.25`. */
  readonly show: (a: E) => string
  /** Room for so many elements, all zero. */
  readonly array: (length: number) => MutableCoefficients<E>
}

/** Elements are whole numbers from 0 to p - 1. */
export interface PrimeField extends Field<number> {
  readonly array: (length: number) => Int32Array
  readonly kind: "prime"
}

/** In lowest terms, the denominator positive. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

export interface RationalField extends Field<Rational> {
  readonly kind: "rational"
}

export interface RealField extends Field<number> {
  readonly array: (length: number) => Float64Array
  readonly kind: "real"
}

/** F_p. @throws AlgebraError if p is not a prime below 2^31. */
export const primeField = (p: number): PrimeField => {
  if (!isPrime(p)) {
    throw algebraError(`F_${p} is no field that can be computed in: the modulus must be a prime below ${modulusLimit}, such as 7, 31, 32003 or 2147483647.`)
  }
  const multiply = modularProduct(p)
  const residue = (a: bigint): number => Number(((a % BigInt(p)) + BigInt(p)) % BigInt(p))
  const inverse = (a: number) => modularInverse(a, p)
  return {
    kind: "prime",
    name: `F_${p}`,
    characteristic: p,
    zero: 0,
    one: 1,
    add: (a, b) => (a + b >= p ? a + b - p : a + b),
    subtract: (a, b) => (a >= b ? a - b : a - b + p),
    multiply,
    negate: (a) => (a === 0 ? 0 : p - a),
    inverse,
    isZero: (a) => a === 0,
    equals: (a, b) => a === b,
    fraction: (numerator, denominator) => {
      const below = residue(denominator)
      if (below === 0) throw algebraError(`${numerator}/${denominator} is no element of F_${p}: the denominator is 0 modulo ${p}.`)
      return below === 1 ? residue(numerator) : multiply(residue(numerator), inverse(below))
    },
    show: String,
    array: (length) => new Int32Array(length)
  }
}

const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** numerator / denominator in lowest terms. @throws AlgebraError if the denominator is 0. */
export const rational = (numerator: bigint, denominator = 1n): Rational => {
  if (denominator === 0n) throw algebraError(`${numerator}/0 is no number.`)
  if (denominator === 1n) return { numerator, denominator }
  const common = denominator < 0n ? -gcd(numerator, denominator) : gcd(numerator, denominator)
  return { numerator: numerator / common, denominator: denominator / common }
}

const [zero, one] = [rational(0n), rational(1n)]

export const rationalField: RationalField = {
  kind: "rational",
  name: "Q",
  characteristic: 0,
  zero,
  one,
  add: (a, b) =>
    a.denominator === 1n && b.denominator === 1n
      ? rational(a.numerator + b.numerator)
      : rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator),
  subtract: (a, b) =>
    a.denominator === 1n && b.denominator === 1n
      ? rational(a.numerator - b.numerator)
      : rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator),
  multiply: (a, b) => rational(a.numerator * b.numerator, a.denominator * b.denominator),
  negate: (a) => ({ numerator: -a.numerator, denominator: a.denominator }),
  inverse: (a) => {
    if (a.numerator === 0n) throw algebraError("0 has no inverse.")
    return a.numerator < 0n
      ? { numerator: -a.denominator, denominator: -a.numerator }
      : { numerator: a.denominator, denominator: a.numerator }
  },
  isZero: (a) => a.numerator === 0n,
  equals: (a, b) => a.numerator === b.numerator && a.denominator === b.denominator,
  fraction: rational,
  show: (a) => (a.denominator === 1n ? `${a.numerator}` : `${a.numerator}/${a.denominator}`),
  array: (length) => new Array<Rational>(length).fill(zero)
}

/** Doubles, compared exactly: sums that should vanish leave rounding errors, so this field is for sampling and products, not for bases. */
export const realField: RealField = {
  kind: "real",
  name: "R",
  characteristic: 0,
  zero: 0,
  one: 1,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  negate: (a) => 0 - a, // 0 and not -0 for 0
  inverse: (a) => {
    if (a === 0) throw algebraError("0 has no inverse.")
    return 1 / a
  },
  isZero: (a) => a === 0,
  equals: (a, b) => a === b,
  fraction: (numerator, denominator) => {
    if (denominator === 0n) throw algebraError(`${numerator}/0 is no number.`)
    return Number(numerator) / Number(denominator)
  },
  show: String,
  array: (length) => new Float64Array(length)
}
