/** From residues modulo primes back to whole numbers and fractions: Chinese remainders and rational reconstruction. */
import { modularInverse } from "./prime.ts"

/** Residues of many numbers modulo a product of primes, which more primes join. */
export class Residues {
  modulus = 1n
  readonly values: Array<bigint>

  constructor(count: number) {
    this.values = Array.from({ length: count }, () => 0n)
  }

  /** Takes in residues modulo one more prime (Garner's step). */
  join(p: number, residues: Int32Array): void {
    const prime = BigInt(p)
    const inverse = BigInt(modularInverse(Number(this.modulus % prime), p))
    const { modulus, values } = this
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? 0n
      let correction = ((BigInt(residues[at] ?? 0) - (value % prime)) * inverse) % prime
      if (correction < 0n) correction += prime
      values[at] = value + modulus * correction
    }
    this.modulus = modulus * prime
  }

  /**
   * All as fractions that are small beside the modulus, not in lowest terms: coefficients of a basis share most of their denominators, and a
   * number whose denominator is known needs no search. Undefined if one is no such fraction.
   */
  fractions(): ReadonlyArray<Fraction> | undefined {
    const { modulus } = this
    const half = modulus >> 1n
    const result: Array<Fraction> = []
    let common = 1n
    for (const value of this.values) {
      const residue = (value * common) % modulus
      const scaled = residue > half ? residue - modulus : residue
      // A residue that is no such number is this small by chance once in 2^64 times.
      if ((scaled < 0n ? -scaled : scaled) <= (modulus >> 64n)) {
        result.push({ numerator: scaled, denominator: common })
        continue
      }
      const found = reconstruct(residue, modulus)
      if (found === undefined) return undefined
      common *= found.denominator
      result.push({ numerator: found.numerator, denominator: common })
    }
    return result
  }
}

/** The denominator is positive. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** The fraction a/b = value modulo m with |a| <= largest and 0 < b <= m / (2 largest): at most one (Wang 1981). Left out, the bound is the same for both. */
export const reconstruct = (value: bigint, m: bigint, largest = squareRoot(m >> 1n)): Fraction | undefined => {
  let [r0, r1, t0, t1] = leaping(m, value, largest)
  while (r1 > largest) {
    const quotient = r0 / r1
    const [r, t] = [r0 - quotient * r1, t0 - quotient * t1]
    r0 = r1
    t0 = t1
    r1 = r
    t1 = t
  }
  const size = t1 < 0n ? -t1 : t1
  if (size * largest > m >> 1n) return undefined
  return { numerator: t1 < 0n ? -r1 : r1, denominator: size }
}

/** Two remainders of Euclid's algorithm in a row, and their factors: t0 * value = r0 modulo m, t1 * value = r1. */
type Remainders = readonly [r0: bigint, r1: bigint, t0: bigint, t1: bigint]

/**
 * Lehmer's form of Euclid's algorithm (Knuth, The Art of Computer Programming 2, algorithm 4.5.2 L): as many quotients as the leading 50 bits of two remainders tell are
 * found in plain numbers and applied to the long ones at once. Stops well before a remainder is below `least`.
 */
const leaping = (m: bigint, value: bigint, least: bigint): Remainders => {
  let [r0, r1, t0, t1] = [m, value, 0n, 1n]
  const enough = least << 64n
  let shift = BigInt(Math.max(0, m.toString(16).length * 4 - 50))
  while (r1 > enough) {
    const head = Number(r0 >> shift)
    if (head < 2 ** 49) {
      const lower = 50 - (head === 0 ? 0 : Math.floor(Math.log2(head)) + 1)
      shift = shift > BigInt(lower) ? shift - BigInt(lower) : 0n
    }
    let [x, y] = [Number(r0 >> shift), Number(r1 >> shift)]
    let [a, b, c, d] = [1, 0, 0, 1]
    while (y + c !== 0 && y + d !== 0) {
      const quotient = Math.floor((x + a) / (y + c))
      if (quotient !== Math.floor((x + b) / (y + d))) break;
      [a, c] = [c, a - quotient * c];
      [b, d] = [d, b - quotient * d];
      [x, y] = [y, x - quotient * y]
    }
    if (b === 0) {
      const quotient = r0 / r1;
      [r0, r1, t0, t1] = [r1, r0 - quotient * r1, t1, t0 - quotient * t1]
      continue
    }
    const [A, B, C, D] = [BigInt(a), BigInt(b), BigInt(c), BigInt(d)];
    [r0, r1, t0, t1] = [A * r0 + B * r1, C * r0 + D * r1, A * t0 + B * t1, C * t0 + D * t1]
  }
  return [r0, r1, t0, t1]
}

/**
 * Fractions with one common denominator, each in lowest terms. What a numerator has in common with a long denominator is mostly a few small primes: these are found for all
 * numerators at once, and then sought in each among them alone.
 */
export const lowestTerms = (numerators: ReadonlyArray<bigint>, denominator: bigint): ReadonlyArray<Fraction> => {
  const rests = numerators.map((numerator) => numerator % denominator)
  // Whole numbers are left out: they would make everything shared.
  const product = rests.reduce((all, rest) => (rest === 0n ? all : (all * rest) % denominator), 1n)
  /** The part of the denominator that can be cancelled; the rest of it has no prime in common with any of these numerators. */
  let shared = 1n
  for (let [rest, common] = [denominator, greatestCommonDivisor(denominator, product)]; common !== 1n; common = greatestCommonDivisor(rest, common)) {
    shared *= common
    rest /= common
  }
  return numerators.map((numerator, at) => {
    const rest = rests[at] ?? 0n
    if (rest === 0n) return { numerator: numerator / denominator, denominator: 1n }
    const common = greatestCommonDivisor(shared, rest % shared)
    return common === 1n ? { numerator, denominator } : { numerator: numerator / common, denominator: denominator / common }
  })
}

/** Of positive a and any b; positive. */
const greatestCommonDivisor = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** What is nearest to 0 of the numbers that equal a value modulo m. */
export const nearest = (value: bigint, m: bigint): bigint => {
  const residue = value % m
  const half = m >> 1n
  return residue > half ? residue - m : residue < -half ? residue + m : residue
}

/** The greatest whole number whose square is at most n. */
export const squareRoot = (n: bigint): bigint => {
  if (n < 2n) return n
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (x + n / x) >> 1n
    if (next >= x) return x
    x = next
  }
}
