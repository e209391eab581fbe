import { describe, expect, it } from "vitest"
import { primeField, rational, rationalField, realField } from "../../../../stages/groebner/lib/algebra/field.ts"
import { isPrime, modularInverse, modularPower, modularProduct, primeBelow } from "../../../../stages/groebner/lib/algebra/prime.ts"
import { randomStream } from "../../../../src/stage/random.ts"

const draws = (p: number, count: number) => {
  const stream = randomStream(0, "test", `field ${p}`)
  return Array.from({ length: count }, () => stream.integer(p))
}

describe("whole numbers modulo p", () => {
  it.each([2, 7, 31, 32003, 46337, 65537, 67108859, 94906249, 2147483629, 2147483647])("%i multiplies as BigInt does, up to the greatest elements", (p) => {
    const product = modularProduct(p)
    const values = [0, 1, p - 1, Math.floor(p / 2), ...draws(p, 200)]
    for (const [at, a] of values.entries()) {
      const b = values[values.length - 1 - at] ?? 0
      expect(product(a, b)).toBe(Number((BigInt(a) * BigInt(b)) % BigInt(p)))
      expect(product(a, p - 1)).toBe(a === 0 ? 0 : p - a)
    }
  })

  it.each([7, 32003, 2147483647])("%i inverts: a * a^-1 = 1, and a^-1 = a^(p-2)", (p) => {
    const product = modularProduct(p)
    for (const a of [1, p - 1, ...draws(p - 1, 100).map((a) => a + 1)]) {
      expect(product(a, modularInverse(a, p))).toBe(1)
      expect(modularInverse(a, p)).toBe(modularPower(product, a, p - 2))
    }
  })

  it("knows the primes: a sieve below 10,000, pseudoprimes to several bases, and the ends of the range", () => {
    const sieve = new Uint8Array(10_000)
    for (let n = 2; n < sieve.length; n++) {
      if (sieve[n] === 0) for (let multiple = 2 * n; multiple < sieve.length; multiple += n) sieve[multiple] = 1
      expect(isPrime(n)).toBe(sieve[n] === 0)
    }
    // 2047 = 23 * 89 passes base 2, 25326001 passes 2, 3 and 5; 561 is a Carmichael number.
    expect([2047, 25326001, 561, 1, 0, -7, 7.5, 2 ** 31].map(isPrime)).not.toContain(true)
    expect(primeBelow(2 ** 31)).toBe(2147483647)
    expect(primeBelow(2147483647)).toBe(2147483629)
  })
})

describe("fields", () => {
  it("refuse what is no field, with what to take instead", () => {
    expect(() => primeField(9)).toThrow(/F_9 is no field.*prime/)
    expect(() => primeField(2 ** 31 + 11)).toThrow(/prime below 2147483648/)
    expect(() => primeField(7).fraction(1n, 14n)).toThrow(/denominator is 0 modulo 7/)
    for (const field of [rationalField, realField]) expect(() => field.fraction(1n, 0n)).toThrow(/1\/0/)
    expect(() => primeField(7).inverse(0)).toThrow(/no inverse/)
  })

  it("keep fractions in lowest terms, signs above", () => {
    const half = rational(-3n, -6n)
    expect(rationalField.show(half)).toBe("1/2")
    expect(rationalField.show(rationalField.subtract(half, rational(2n, 3n)))).toBe("-1/6")
    expect(rationalField.show(rationalField.inverse(rational(-4n, 6n)))).toBe("-3/2")
    expect(rationalField.multiply(half, rational(2n))).toEqual(rationalField.one)
  })

  it("of p elements satisfy the axioms", () => {
    const f = primeField(31)
    const values = draws(31, 60)
    for (let i = 0; i + 2 < values.length; i++) {
      const [a = 0, b = 0, c = 0] = values.slice(i)
      expect(f.multiply(a, f.add(b, c))).toBe(f.add(f.multiply(a, b), f.multiply(a, c)))
      expect(f.add(f.subtract(a, b), b)).toBe(a)
      expect(f.add(a, f.negate(a))).toBe(0)
      expect(f.fraction(BigInt(-a), 2n)).toBe(f.multiply(f.negate(a), f.inverse(2)))
    }
  })
})
