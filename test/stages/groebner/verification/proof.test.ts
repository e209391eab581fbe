/** Proofs of pairs against the engine, which computes the basis of F and knows nothing of certificates. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import { groebnerBasis, samePolynomials } from "../../../../stages/groebner/lib/algebra/index.ts"
import { modularSystem } from "../../../../stages/groebner/lib/exact-system.ts"
import { type FieldChoice } from "../../../../stages/groebner/lib/generation/coefficients.ts"
import { Generator } from "../../../../stages/groebner/lib/generation/generator.ts"
import { systemOf } from "../../../../stages/groebner/lib/generation/system-batch.ts"
import type { PolynomialList, System } from "../../../../stages/groebner/lib/generation/system-table.ts"
import { isReducedByShape } from "../../../../stages/groebner/lib/verification/basis-check.ts"
import { extensionField, power } from "../../../../stages/groebner/lib/verification/extension-field.ts"
import { isProved, Prover } from "../../../../stages/groebner/lib/verification/proof.ts"
import { settings } from "../generation/settings.ts"

const stream = randomStream(5, "groebner/generate", "test")
/** Over a field of this characteristic, 0 for Q and -1 for R. */
const proverOf = (characteristic: number, variables: number) => new Prover(characteristic, variables, randomStream(5, "groebner/verify", "test"), 1e-10)

const sampled = (changes: Parameters<typeof settings>[0], count: number): ReadonlyArray<System> => {
  const generator = new Generator(settings(changes))
  return Array.from({ length: count }, (_, i) => systemOf(generator, i, generator.sample(stream.at(i))))
}

/** Whether the reduced basis of F is G, by computing it. */
const engineAgrees = (system: System): boolean => {
  const { f, g, ring } = modularSystem(system)
  return samePolynomials(ring, groebnerBasis({ ring, polynomials: f }).polynomials, g)
}

const fields: ReadonlyArray<readonly [name: string, field: FieldChoice, characteristic: number]> = [
  ["F_2", { kind: "prime", p: 2 }, 2],
  ["F_7", { kind: "prime", p: 7 }, 7],
  ["F_32003", { kind: "prime", p: 32003 }, 32003],
  ["F_2147483647", { kind: "prime", p: 2147483647 }, 2147483647],
  ["Q", { kind: "rational", numerator: 5, denominator: 5 }, 0],
  ["R", { kind: "real", bound: 5 }, -1]
]

describe.each(fields)("over %s", (_, field, characteristic) => {
  it.each(["released", "bruhat", "identity"] as const)("every pair of the form %s is proved", (form) => {
    for (const variables of [1, 2, 3]) {
      const prover = proverOf(characteristic, variables)
      for (const system of sampled({ variables, field, form }, 25)) {
        expect(prover.prove(system)).toEqual({ basis: true, inside: true, generates: true, by: "certificate" })
      }
    }
  })

  it("every pair of a Cauchy module is proved", () => {
    const prover = proverOf(characteristic, 3)
    const small = field.kind === "rational" ? { ...field, numerator: 3, denominator: 2 } : field
    for (const system of sampled({ variables: 3, field: small, ideal: { kind: "cauchy" } }, 10)) {
      expect(prover.prove(system)).toEqual({ basis: true, inside: true, generates: true, by: "certificate" })
    }
  })
})

/** The list with another coefficient at one place: over F_p another residue, over Q a neighbouring fraction. */
const withCoefficient = (list: PolynomialList, at: number, p: number): PolynomialList => {
  const coefficients = list.coefficients.slice()
  const value = coefficients[at] ?? 0
  coefficients[at] = p > 0 ? (value % (p - 1)) + 1 : value === -1 ? 1 : value + 1
  return { ...list, coefficients }
}

/** The list with one exponent raised, in another term than the one it was. */
const withExponent = (list: PolynomialList, at: number): PolynomialList => {
  const exponents = list.exponents.slice()
  exponents[at] = (exponents[at] ?? 0) + 1
  return { ...list, exponents }
}

describe.each([["F_7", { kind: "prime", p: 7 }, 7], ["F_2147483647", { kind: "prime", p: 2147483647 }, 2147483647], ["Q", { kind: "rational", numerator: 5, denominator: 5 }, 0]] as const)("a pair over %s", (_, field, p) => {
  const prover = proverOf(p, 2)
  const systems = sampled({ variables: 2, field }, 4)

  it("is not proved with any one coefficient of F or G changed", () => {
    for (const system of systems) {
      for (const part of ["f", "g"] as const) {
        for (let at = 0; at < system[part].coefficients.length; at++) {
          expect(isProved(prover.prove({ ...system, [part]: withCoefficient(system[part], at, p) }))).toBe(false)
        }
      }
    }
  })

  it("is not proved with any one exponent of F or G changed", () => {
    for (const system of systems) {
      for (const part of ["f", "g"] as const) {
        for (let at = 0; at < system[part].exponents.length; at++) expect(isProved(prover.prove({ ...system, [part]: withExponent(system[part], at) }))).toBe(false)
      }
    }
  })

  it("is not proved by a certificate with any one coefficient changed, or rows exchanged", () => {
    for (const system of systems) {
      for (let at = 0; at < system.certificate.coefficients.length; at++) {
        expect(isProved(prover.prove({ ...system, certificate: withCoefficient(system.certificate, at, p) }))).toBe(false)
      }
      expect(isProved(prover.prove({ ...system, permutation: system.permutation.toReversed() }))).toBe(false)
      expect(isProved(prover.prove({ ...system, permutation: system.permutation.map(() => 0) }))).toBe(false)
      expect(isProved(prover.prove({ ...system, form: "bruhat" }))).toBe(false)
    }
  })
})

describe("a pair whose numbers fit a prime and not the field", () => {
  it("is not proved: residues are below p, and no prime is one that fractions can be made for", () => {
    const [modular] = sampled({ variables: 2 }, 1)
    const [fractions] = sampled({ variables: 2, field: { kind: "rational", numerator: 5, denominator: 5 } }, 1)
    if (modular === undefined || fractions === undefined) throw new Error("no sample")
    const beyond = { ...modular.f, coefficients: modular.f.coefficients.map((value, i) => (i === 0 ? value + 7 : value)) }
    expect(isProved(proverOf(7, 2).prove({ ...modular, f: beyond }))).toBe(false)
    const at = fractions.f.coefficients.findIndex((value, i) => value < 0 && fractions.f.denominators[i] === 1)
    const wrapped = { ...fractions.f, coefficients: fractions.f.coefficients.map((value, i) => (i === at ? value + 2147483647 : value)) }
    expect(at).toBeGreaterThanOrEqual(0)
    expect(isProved(proverOf(0, 2).prove({ ...fractions, f: wrapped }))).toBe(false)
  })
})

describe("G", () => {
  it("is not taken for a reduced basis when it is not monic", () => {
    const [system] = sampled({ variables: 3 }, 1)
    if (system === undefined) throw new Error("no sample")
    const coefficients = system.g.coefficients.slice()
    coefficients[0] = 2
    expect(isReducedByShape({ ...system.g, coefficients }, 3)).toBe(false)
    expect(isReducedByShape(system.g, 3)).toBe(true)
  })
})

describe("pairs without certificate", () => {
  it("are proved by the engine, where they can be", () => {
    const prover = proverOf(7, 2)
    const proofs = sampled({ variables: 2, form: "random" }, 40).map((system) => ({ proof: prover.prove(system), engine: engineAgrees(system) }))
    for (const { engine, proof } of proofs) expect(isProved(proof)).toBe(engine)
    expect(proofs.every(({ proof }) => proof.by === "engine")).toBe(true)
  })

  it("have certificates that agree with the engine, where both are there", () => {
    for (const ideal of [{ kind: "cauchy" } as const, undefined]) {
      for (const system of sampled({ variables: 2, ...(ideal === undefined ? {} : { ideal }) }, 20)) expect(engineAgrees(system)).toBe(true)
    }
  })
})

describe.each([[2, 18], [3, 4], [7, 6], [31, 4], [32003, 2]] as const)("the extension of F_%i of degree %i", (p, degree) => {
  const field = extensionField(p, degree)
  const stream = randomStream(5, "groebner/verify", "field")
  const draw = () => Array.from({ length: degree }, () => stream.integer(p))
  const plus = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.map((digit, d) => (digit + (b[d] ?? 0)) % p)

  it("obeys the field's laws, and x generates it", () => {
    for (let i = 0; i < 30; i++) {
      const [a, b, c] = [draw(), draw(), draw()]
      expect(field.multiply(a, b)).toEqual(field.multiply(b, a))
      expect(field.multiply(a, field.multiply(b, c))).toEqual(field.multiply(field.multiply(a, b), c))
      expect(field.multiply(a, plus(b, c))).toEqual(plus(field.multiply(a, b), field.multiply(a, c)))
      // Every element is a zero of x^q - x, and only a field has inverses.
      if (a.some((digit) => digit > 0)) expect(field.multiply(a, power(field, a, p ** degree - 2))).toEqual(a.map((_, d) => Number(d === 0)))
    }
  })
})

describe("points of an extension", () => {
  it("decide where the prime is as large as they take it, and many terms meet", () => {
    const field = { kind: "prime", p: 32749 } as const
    const prover = proverOf(32749, 2)
    const published = settings({ variables: 2, field })
    const many = { ...published.transformation, density: 1, entries: { ...published.transformation.entries, maxDegree: 12, maxTerms: 60, counts: "fixed" } } as const
    const systems = sampled({ variables: 2, field, transformation: many }, 4)
    expect(Math.max(...systems.flatMap(({ f }) => Array.from(f.terms)))).toBeGreaterThan(256)
    for (const system of systems) {
      expect(isProved(prover.prove(system))).toBe(true)
      for (let at = 0; at < system.f.coefficients.length; at += 97) expect(isProved(prover.prove({ ...system, f: withCoefficient(system.f, at, 32749) }))).toBe(false)
    }
  })
})
