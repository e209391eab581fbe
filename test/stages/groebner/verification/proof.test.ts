/** Proofs of pairs against the engine, which computes the basis of F and knows nothing of certificates. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import { groebnerBasis, samePolynomials } from "../../../../stages/groebner/lib/algebra/index.ts"
import { modularSystem } from "../../../../stages/groebner/lib/exact-system.ts"
import { type FieldChoice } from "../../../../stages/groebner/lib/generation/coefficients.ts"
import { Generator } from "../../../../stages/groebner/lib/generation/generator.ts"
import { systemOf } from "../../../../stages/groebner/lib/generation/system-batch.ts"
import type { System } from "../../../../stages/groebner/lib/generation/system-table.ts"
import { isReducedByShape } from "../../../../stages/groebner/lib/verification/basis-check.ts"
import { extensionPoints } from "../../../../stages/groebner/lib/verification/point-field.ts"
import { isProved, Prover } from "../../../../stages/groebner/lib/verification/proof.ts"
import { settings } from "../generation/settings.ts"

const stream = randomStream(5, "groebner/generate", "test")
const points = randomStream(5, "groebner/verify", "test")
const tolerance = 1e-10

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
      const prover = new Prover(characteristic, variables, form !== "bruhat", tolerance)
      for (const system of sampled({ variables, field, form }, 25)) {
        expect(prover.prove(system, points.at(system.sample))).toEqual({ basis: true, inside: true, generates: true, by: "certificate" })
      }
    }
  })
})

describe("a damaged pair", () => {
  it("is proved only if the engine finds the basis all the same", () => {
    const prover = new Prover(7, 2, true, tolerance)
    let broken = 0
    sampled({ variables: 2 }, 60).forEach((system, i) => {
      const coefficients = system.f.coefficients.slice()
      const at = i % coefficients.length
      coefficients[at] = ((coefficients[at] ?? 0) % 6) + 1
      const damaged = { ...system, f: { ...system.f, coefficients } }
      const proof = prover.prove(damaged, points.at(i))
      if (isProved(proof)) expect(engineAgrees(damaged)).toBe(true)
      broken += Number(!isProved(proof))
    })
    expect(broken).toBeGreaterThan(30)
  })

  it("fails where G is no reduced basis", () => {
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
    const prover = new Prover(7, 2, true, tolerance)
    const proofs = sampled({ variables: 2, form: "random" }, 40).map((system) => ({ proof: prover.prove(system, points.at(system.sample)), engine: engineAgrees(system) }))
    for (const { engine, proof } of proofs) expect(isProved(proof)).toBe(engine)
    expect(proofs.every(({ proof }) => proof.by === "engine")).toBe(true)
  })

  it("and Cauchy modules are inside their ideals", () => {
    const prover = new Prover(7, 2, true, tolerance)
    for (const system of sampled({ variables: 2, ideal: { kind: "cauchy" } }, 20)) {
      expect(isProved(prover.prove(system, points.at(system.sample)))).toBe(true)
      expect(engineAgrees(system)).toBe(true)
    }
  })
})

describe.each([2, 3, 7, 31])("points over an extension of F_%i", (p) => {
  const field = extensionPoints(p)
  const draws = Array.from({ length: 50 }, (_, i) => points.at(1000 + i))

  it("obey the field's laws, and hold F_p", () => {
    for (const draw of draws) {
      const [a, b, c] = [field.random(draw), field.random(draw), field.random(draw)]
      expect(field.add(a, field.negate(a))).toBe(field.zero)
      expect(field.multiply(a, field.add(b, c))).toBe(field.add(field.multiply(a, b), field.multiply(a, c)))
      expect(field.add(field.add(a, b), c)).toBe(field.add(a, field.add(b, c)))
    }
    for (let a = 0; a < p; a++) {
      for (let b = 0; b < p; b++) {
        expect(field.add(field.element(a), field.element(b))).toBe(field.element((a + b) % p))
        expect(field.multiply(field.element(a), field.element(b))).toBe(field.element((a * b) % p))
      }
    }
  })
})
