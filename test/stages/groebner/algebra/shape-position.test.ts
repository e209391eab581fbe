import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import { ChineseRemainders } from "../../../../stages/groebner/lib/algebra/chinese-remainders.ts"
import * as A from "../../../../stages/groebner/lib/algebra/index.ts"
import { lowestTerms, reconstruct, squareRoot } from "../../../../stages/groebner/lib/algebra/reconstruction.ts"
import { ResiduesOfIntegers } from "../../../../stages/groebner/lib/algebra/residues-of-integers.ts"
import { derivative, UnivariateQuotient } from "../../../../stages/groebner/lib/algebra/univariate-quotient.ts"
import { rowKernel } from "../../../../stages/groebner/lib/algebra/wasm/row-kernel.ts"

const stream = randomStream(0, "test", "shape position")
/** A whole number of at most so many bits. */
const whole = (bits: number): bigint => Array.from({ length: Math.ceil(bits / 30) }).reduce<bigint>((sum) => (sum << 30n) | BigInt(stream.integer(2 ** 30)), 0n) >> BigInt((30 - (bits % 30)) % 30)
const modulo = (value: bigint, m: bigint): bigint => ((value % m) + m) % m

describe.each([7, 32003, 2147483647])("polynomials modulo %i and modulo one of degree D", (p) => {
  it.each([1, 2, 9, 30])("D = %i: products as whole numbers give them, inverses with product 1", (degree) => {
    const kernel = rowKernel()
    kernel.clear()
    const quotient = new UnivariateQuotient(kernel, degree)
    const draw = () => Int32Array.from({ length: degree }, () => stream.integer(3) === 0 ? 0 : stream.integer(p))
    for (let round = 0; round < 10; round++) {
      const [f, a, b] = [draw(), draw(), draw()]
      quotient.use(p, f)
      // By the textbook: all products, then t^m replaced by what t^D = -f says, the highest first.
      const sums = Array.from({ length: 2 * degree }, () => 0n)
      for (const [i, c] of a.entries()) for (const [j, d] of b.entries()) sums[i + j] = (sums[i + j] ?? 0n) + BigInt(c) * BigInt(d)
      for (let power = 2 * degree - 1; power >= degree; power--) {
        for (const [j, c] of f.entries()) sums[power - degree + j] = (sums[power - degree + j] ?? 0n) - (sums[power] ?? 0n) * BigInt(c)
      }
      expect([...quotient.product(a, b)]).toEqual(sums.slice(0, degree).map((sum) => Number(modulo(sum, BigInt(p)))))
      const inverse = quotient.inverse(a)
      if (inverse !== undefined) expect([...quotient.product(inverse, a)]).toEqual([1, ...new Int32Array(degree - 1)])
    }
  })
})

it("what has a factor in common with the modulus has no inverse", () => {
  const kernel = rowKernel()
  kernel.clear()
  const quotient = new UnivariateQuotient(kernel, 4)
  // (t^2 + 1)^2 and its derivative; t - 1 is coprime to it.
  const square = Int32Array.of(1, 0, 2, 0)
  quotient.use(32003, square)
  expect([...derivative(32003, square)]).toEqual([0, 4, 0, 4])
  expect(quotient.inverse(derivative(32003, square))).toBeUndefined()
  expect(quotient.inverse(new Int32Array(4))).toBeUndefined()
  expect(quotient.inverse(Int32Array.of(32002, 1, 0, 0))).toBeDefined()
})

describe("long numbers", () => {
  const primes = [2147483647, 2147483629, 2147483587, 2147483579, 2147483563]

  it("modulo many primes, and back", () => {
    const numbers = [0n, 1n, -1n, 2n ** 30n, -(2n ** 60n), ...Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? whole(at * 3 + 1) : -whole(at * 3 + 1)))]
    const kernel = rowKernel()
    kernel.clear()
    const residues = new ResiduesOfIntegers(kernel, numbers)
    const rows = primes.map((p) => [...residues.modulo(p)])
    for (const [at, p] of primes.entries()) expect(rows[at]).toEqual(numbers.map((value) => Number(modulo(value, BigInt(p)))))
    const remainders = new ChineseRemainders(primes)
    expect(numbers.map((_, at) => remainders.from(rows.map((row) => row[at] ?? 0), primes))).toEqual(numbers)
    // The nearest to 0 of those with the same residues.
    expect(remainders.from(primes.map((_, at) => rows[at]?.[2] ?? 0), primes)).toBe(-1n)
  })

  it("fractions from residues are what Euclid's algorithm finds step by step", () => {
    const stepwise = (value: bigint, m: bigint, largest: bigint) => {
      let [r0, r1, t0, t1] = [m, value, 0n, 1n]
      while (r1 > largest) [r0, r1, t0, t1] = [r1, r0 % r1, t1, t0 - (r0 / r1) * t1]
      const denominator = t1 < 0n ? -t1 : t1
      return denominator * largest > m / 2n ? undefined : { numerator: t1 < 0n ? -r1 : r1, denominator }
    }
    for (let round = 0; round < 500; round++) {
      const m = whole(40 + stream.integer(1000)) + 3n
      const value = modulo([whole(900), m / (1n + whole(40)), -whole(50)][round % 3] ?? 0n, m)
      const largest = round % 2 === 0 ? squareRoot(m / 2n) : m >> 38n
      expect(reconstruct(value, m, largest)).toEqual(stepwise(value, m, largest))
    }
  })

  it("fractions with one denominator in lowest terms", () => {
    const denominator = 2n ** 40n * 3n ** 5n * (2n ** 521n - 1n)
    const numerators = [0n, denominator, -denominator * 7n, 1n, -6n, 2n ** 45n * 5n, 3n ** 9n * 2n, 2n ** 521n - 1n, ...Array.from({ length: 20 }, () => whole(700))]
    expect(lowestTerms(numerators, denominator)).toEqual(numerators.map((numerator) => A.rational(numerator, denominator)))
    expect(lowestTerms([3n, 0n], 1n)).toEqual([A.rational(3n), A.rational(0n)])
  })
})

describe("bases over Q in shape position", () => {
  const ring = (names: ReadonlyArray<string>, order: A.OrderName = "lex") => A.polynomialRing(A.rationalField, names, order)
  const basisOf = (names: ReadonlyArray<string>, text: string) => {
    const over = ring(names)
    const { polynomials } = A.groebnerBasis({ ring: over, polynomials: A.parseSystem(over, text) })
    return polynomials.map((f) => A.showPolynomial(over, f).replaceAll(" ", ""))
  }

  it("come back from systems made of them, whatever their denominators", () => {
    const names = ["x", "y", "t"]
    const over = ring(names)
    for (const [f, g, h] of [
      ["t^9 - 2*t + 1/3", "5/1024*t^8 + 7", "3/4*t"],
      ["t^12 + 1/7*t^11 - 100000000000000000000*t", "t^3 - 1/6*t^2 + 1/5*t - 1/30", "0"],
      // A multiple zero: there is no univariate representation by the derivative.
      ["(t^5 - 2)^2", "1/3*t^9 - t", "t^2"]
    ]) {
      const basis = A.parseSystem(over, `${f}, y - (${h}), x - (${g})`)
      const [first, second, third] = basis.map((one) => A.showPolynomial(over, one))
      const system = `(${first}) + x*(${second}), (${second}) + (t + y)*(${third}), (${third})`
      expect(basisOf(names, system)).toEqual(basis.map((one) => A.showPolynomial(over, one).replaceAll(" ", "")))
    }
  })

  it("of katsura-3 satisfy what a basis must over Q", () => {
    const { text, variables } = A.katsura(3)
    const over = ring(variables)
    const system = A.parseSystem(over, text)
    const { polynomials } = A.groebnerBasis({ ring: over, polynomials: system }, { exactCheck: true })
    expect(A.isReduced(over, polynomials)).toBe(true)
    expect(polynomials.map((f) => f.exponents.subarray(0, 4).join(""))).toEqual(["0008", "0010", "0100", "1000"])
    expect(A.samePolynomials(over, A.groebnerBasis({ ring: ring(variables, "degrevlex"), polynomials }).polynomials, A.groebnerBasis({ ring: ring(variables, "degrevlex"), polynomials: system }).polynomials)).toBe(true)
  })
})
