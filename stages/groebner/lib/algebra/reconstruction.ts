/** From residues modulo primes back to whole numbers and fractions: Chinese remainders and rational reconstruction. */
import { rational } from "./field.ts"
import type { Rational } from "./field.ts"
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

  /** All as fractions whose numerators and denominators are small beside the modulus; undefined if one is none. */
  fractions(): ReadonlyArray<Rational> | undefined {
    const bound = squareRoot(this.modulus / 2n)
    const result: Array<Rational> = []
    /** A multiple of denominators so far: most polynomials have one common to their coefficients. */
    let common = 1n
    for (const value of this.values) {
      const scaled = (value * common) % this.modulus
      const small = scaled > this.modulus / 2n ? scaled - this.modulus : scaled
      if (small <= bound && small >= -bound && common <= bound) {
        result.push(rational(small, common))
        continue
      }
      const found = reconstruct(value, this.modulus, bound)
      if (found === undefined) return undefined
      result.push(found)
      common = found.denominator
    }
    return result
  }
}

/** The fraction a/b = value modulo m with |a|, b <= bound, where 2 bound^2 < m: at most one (Wang 1981). */
const reconstruct = (value: bigint, m: bigint, bound: bigint): Rational | undefined => {
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
  const fraction = rational(r1, t1)
  // In lowest terms already, unless the residue belongs to no such fraction.
  return fraction.denominator === size ? fraction : undefined
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
