/** The generator against a plain program that draws the same and computes with Maps, and the invariants of what it makes. */
import { describe, expect, it } from "vitest"
import { type Fraction, PlainGenerator, type PlainPolynomial, plainPrimeField, plainRationals } from "../../../../bench/groebner/plain.ts"
import { randomStream } from "../../../../src/stage/random.ts"
import { Generator, type Settings } from "../../../../stages/groebner/lib/generation/generator.ts"
import { systemOf } from "../../../../stages/groebner/lib/generation/system-batch.ts"
import type { PolynomialList, System } from "../../../../stages/groebner/lib/generation/system-table.ts"
import { densityFor } from "../../../../stages/groebner/lib/generation/settings.ts"
import { settings } from "./settings.ts"

const stream = randomStream(3, "groebner/generate", "test")

/** Each polynomial as a Map from exponents to a coefficient in words. */
const wordsOf = ({ coefficients, denominators, exponents, terms }: PolynomialList, n: number): ReadonlyArray<ReadonlyMap<string, string>> => {
  let term = 0
  return Array.from(terms, (count) => {
    const polynomial = new Map<string, string>()
    for (let k = 0; k < count; k++, term++) {
      polynomial.set(Array.from(exponents.subarray(term * n, (term + 1) * n)).join(","), `${coefficients[term]}/${denominators.length === 0 ? 1 : denominators[term]}`)
    }
    return polynomial
  })
}

const plainWords = <E>(polynomials: ReadonlyArray<PlainPolynomial<E>>, words: (value: E) => string): ReadonlyArray<ReadonlyMap<string, string>> =>
  polynomials.map((polynomial) => new Map([...polynomial].map(([key, value]) => [key, words(value)])))

const sampled = (chosen: Settings, count: number): ReadonlyArray<System> => {
  const generator = new Generator(chosen)
  return Array.from({ length: count }, (_, i) => systemOf(generator, i, generator.sample(stream.at(i))))
}

describe("samples of the released form", () => {
  it.each([2, 3, 4, 5])("are, over F_7 and in %i variables, those of the plain program", (n) => {
    const plain = new PlainGenerator(n, plainPrimeField(7), densityFor(n))
    sampled(settings({ variables: n }), 60).forEach((system, i) => {
      const { f, g } = plain.sample(stream.at(i))
      expect(wordsOf(system.g, n)).toEqual(plainWords(g, (value) => `${value}/1`))
      expect(wordsOf(system.f, n)).toEqual(plainWords(f, (value) => `${value}/1`))
    })
  })

  it.each([2, 3])("are, over Q and in %i variables, those of the plain program", (n) => {
    const plain = new PlainGenerator<Fraction>(n, plainRationals(5, 5, 100), densityFor(n))
    sampled(settings({ variables: n, field: { kind: "rational", numerator: 5, denominator: 5 }, bound: 100 }), 60).forEach((system, i) => {
      const { f, g } = plain.sample(stream.at(i))
      const words = ({ denominator, numerator }: Fraction) => `${numerator}/${denominator}`
      expect(wordsOf(system.g, n)).toEqual(plainWords(g, words))
      expect(wordsOf(system.f, n)).toEqual(plainWords(f, words))
    })
  })
})

describe("a sample", () => {
  it("depends on its number alone", () => {
    const [forward, backward] = [new Generator(settings({ variables: 3 })), new Generator(settings({ variables: 3 }))]
    const first = Array.from({ length: 20 }, (_, i) => systemOf(forward, i, forward.sample(stream.at(i))))
    const second = Array.from({ length: 20 }, (_, k) => systemOf(backward, 19 - k, backward.sample(stream.at(19 - k)))).toReversed()
    expect(second).toEqual(first)
  })

  it("has the published statistics: about 70 terms in four polynomials over F_7 in three variables", () => {
    const systems = sampled(settings({ variables: 3 }), 2000)
    const mean = (value: (system: System) => number) => systems.reduce((sum, system) => sum + value(system), 0) / systems.length
    expect(mean(({ f }) => f.terms.length)).toBeCloseTo(4, 0)
    expect(mean(({ f }) => f.coefficients.length)).toBeGreaterThan(66)
    expect(mean(({ f }) => f.coefficients.length)).toBeLessThan(74)
  })

  it("is drawn again while it has what is rejected", () => {
    const generator = new Generator(settings({ variables: 2, reject: new Set(["zeros", "verbatim", "basis", "not-radical"]) }))
    let again = 0
    for (let i = 0; i < 200; i++) {
      const { attempts, isBasis, radical, verbatim, zeros } = generator.sample(stream.at(i))
      expect({ isBasis, radical, verbatim, zeros }).toEqual({ isBasis: false, radical: true, verbatim: 0, zeros: 0 })
      again += Number(attempts > 1)
    }
    expect(again).toBeGreaterThan(50)
  })

  it("has coefficients within the bound, or says that it has not", () => {
    const bounds = { field: { kind: "rational", numerator: 5, denominator: 5 }, bound: 2, boundAttempts: 3 } as const
    const generator = new Generator(settings({ variables: 2, ...bounds }))
    const seen = new Set<boolean>()
    for (let i = 0; i < 200; i++) {
      const sample = generator.sample(stream.at(i))
      const { f } = systemOf(generator, i, sample)
      expect(f.coefficients.every((value) => Math.abs(value) <= 2) && f.denominators.every((value) => value <= 2)).toBe(sample.bounded)
      seen.add(sample.bounded)
    }
    expect(seen.size).toBe(2)
  })
})

describe("settings that cannot be", () => {
  it.each([
    ["a composite modulus", { field: { kind: "prime", p: 9 } }, /9 is no prime/],
    ["a rational product beyond doubles", { field: { kind: "rational", numerator: 1000, denominator: 30 } }, /pass 2\^53/],
    ["Cauchy modules of many fractions", { variables: 8, ideal: { kind: "cauchy" }, field: { kind: "rational", numerator: 5, denominator: 5 } }, /Cauchy modules in 8 variables/]
  ] as const)("%s is refused", (_, chosen, message) => {
    expect(() => new Generator(settings(chosen))).toThrow(message)
  })
})
