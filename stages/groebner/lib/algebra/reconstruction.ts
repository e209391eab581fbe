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
    const bound = squareRoot(half)
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
      const found = reconstruct(residue, modulus, bound)
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

/** The fraction a/b = value modulo m with |a|, b <= bound, where 2 bound^2 < m: at most one (Wang 1981). */
const reconstruct = (value: bigint, m: bigint, bound: bigint): Fraction | undefined => {
  let [r0, r1, t0, t1] = [m, value, 0n, 1n]
  while (r1 > bound) {
    const quotient = r0 / r1
    const [r, t] = [r0 - quotient * r1, t0 - quotient * t1]
    r0 = r1
    t0 = t1
    r1 = r
    t1 = t
  }
  const size = t1 < 0n ? -t1 : t1
  if (size > bound) return undefined
  return { numerator: t1 < 0n ? -r1 : r1, denominator: size }
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
