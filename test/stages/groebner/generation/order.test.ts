/** Samples under deglex and degrevlex: the basis against engines that never saw the lexicographic one, and the proof of its conversion. */
import { describe, expect, it, test } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import generate from "../../../../stages/groebner/generate.ts"
import verify from "../../../../stages/groebner/verify.ts"
import { groebnerBasis, parsePolynomial, samePolynomials, showPolynomial } from "../../../../stages/groebner/lib/algebra/index.ts"
import { type ExactSystem, modularSystem, rationalSystem } from "../../../../stages/groebner/lib/exact-system.ts"
import type { Settings } from "../../../../stages/groebner/lib/generation/generator.ts"
import { partOfList } from "../../../../stages/groebner/lib/generation/polynomial-lists.ts"
import { systemSampler } from "../../../../stages/groebner/lib/generation/system-sampler.ts"
import type { PolynomialList, System } from "../../../../stages/groebner/lib/generation/system-table.ts"
import { isProved, Prover } from "../../../../stages/groebner/lib/verification/proof.ts"
import { attemptStage, runStage } from "../../run-stage.ts"
import { singularBases, whyNoSingular } from "../algebra/singular.ts"
import { settings } from "./settings.ts"

const stream = randomStream(3, "groebner/generate", "test")
const rationals = { kind: "rational", numerator: 5, denominator: 5 } as const
const orders = ["deglex", "degrevlex"] as const

const sampled = (changes: Partial<Settings>, order: System["order"], count: number): ReadonlyArray<System> => {
  const draw = systemSampler(settings(changes), order)
  return Array.from({ length: count }, (_, i) => draw(i, stream.at(i)).system)
}

const proverOf = (characteristic: number, variables: number) => new Prover(characteristic, variables, randomStream(5, "groebner/verify", "test"), 1e-10)

/** Each polynomial's terms as text, sorted: the same whatever the order. */
const contents = ({ coefficients, denominators, exponents, terms }: PolynomialList, n: number): ReadonlyArray<ReadonlyArray<string>> => {
  let term = 0
  return Array.from(terms, (count) =>
    Array.from({ length: count }, () => `${coefficients[term]}/${denominators[term] ?? 1} ${exponents.subarray(term * n, ++term * n).join(",")}`).sort())
}

describe.each(orders)("under %s", (order) => {
  it.each([["F_7", {}, 7], ["F_2147483647", { field: { kind: "prime", p: 2147483647 } }, 2147483647], ["Q", { field: rationals }, 0], ["F_7, Cauchy", { ideal: { kind: "cauchy" } }, 7]] as const)(
    "pairs over %s are proved, and the basis of F is G", (_, changes, characteristic) => {
      const prover = proverOf(characteristic, 3)
      for (const system of sampled({ variables: 3, ...changes }, order, 8)) {
        expect(prover.prove(system)).toEqual({ basis: true, inside: true, generates: true, by: "certificate" })
        if (characteristic > 0) {
          const { f, g, ring } = modularSystem(system)
          expect(samePolynomials(ring, groebnerBasis({ ring, polynomials: f }).polynomials, g)).toBe(true)
        } else {
          const { f, g, ring } = rationalSystem(system)
          expect(samePolynomials(ring, groebnerBasis({ ring, polynomials: f }, { algorithm: "buchberger" }).polynomials, g)).toBe(true)
        }
      }
    })

  it("F has the polynomials that it has under lex", () => {
    const [before, after] = [sampled({ variables: 3 }, "lex", 10), sampled({ variables: 3 }, order, 10)]
    expect(after.map(({ f }) => contents(f, 3))).toEqual(before.map(({ f }) => contents(f, 3)))
  })

  it("a pair is not proved with a coefficient of G changed, a polynomial left out, or the lexicographic basis for G", () => {
    const prover = proverOf(7, 2)
    let other = 0
    for (const system of sampled({ variables: 2 }, order, 12)) {
      const { certificate, g } = system
      for (let at = 0; at < g.coefficients.length; at++) {
        const coefficients = g.coefficients.map((value, i) => (i === at ? (value % 6) + 1 : value))
        expect(isProved(prover.prove({ ...system, g: { ...g, coefficients } }))).toBe(false)
      }
      expect(isProved(prover.prove({ ...system, g: partOfList(g, 2, 1, g.terms.length) }))).toBe(false)
      const lexicographic = partOfList(certificate, 2, certificate.terms.length - 2, certificate.terms.length)
      const same = JSON.stringify(contents(lexicographic, 2).toSorted()) === JSON.stringify(contents(g, 2).toSorted())
      other += Number(!same)
      if (!same) expect(isProved(prover.prove({ ...system, g: lexicographic }))).toBe(false)
    }
    expect(other).toBeGreaterThan(3)
  })

  it("what is rejected is judged by the basis under the order", () => {
    const draw = systemSampler(settings({ variables: 2, reject: new Set(["verbatim", "basis"]) }), order)
    for (let i = 0; i < 60; i++) {
      const { isBasis, system, verbatim } = draw(i, stream.at(i))
      expect({ isBasis, verbatim }).toEqual({ isBasis: false, verbatim: 0 })
      const inF = new Set(contents(system.f, 2).map((terms) => terms.join()))
      expect(contents(system.g, 2).some((terms) => inF.has(terms.join()))).toBe(false)
    }
  })
})

describe.skipIf(whyNoSingular !== undefined)(`Singular${whyNoSingular === undefined ? "" : ` (${whyNoSingular})`}`, () => {
  it.each(orders)("computes the same bases from F under %s", (order) => {
    const question = <E>({ f, ring }: ExactSystem<E>) => ({ characteristic: ring.field.characteristic, variables: ring.variables, order, system: f.map((polynomial) => showPolynomial(ring, polynomial)).join(",") })
    const [modular, fractions] = [sampled({ variables: 3 }, order, 15).map(modularSystem), sampled({ variables: 2, field: rationals, bound: 100 }, order, 10).map(rationalSystem)]
    const bases = singularBases([...modular.map(question), ...fractions.map(question)])
    const agrees = <E>({ g, ring }: ExactSystem<E>, basis: ReadonlyArray<string> = []) => samePolynomials(ring, basis.map((text) => parsePolynomial(ring, text)), g)
    expect(modular.filter((system, i) => !agrees(system, bases[i]))).toEqual([])
    expect(fractions.filter((system, i) => !agrees(system, bases[modular.length + i]))).toEqual([])
  })
})

test("the stages hand the order on", async () => {
  const made = await runStage(generate, { n: 20, variables: 3, order: "degrevlex", seed: 1 })
  expect(made.rows("systems").map(({ order }) => order)).toEqual(new Array(20).fill("degrevlex"))
  const { systems } = made.outputs
  if (systems === undefined) throw new Error("no systems")
  const proved = await runStage(verify, {}, { inputs: { systems } })
  expect(proved.rows("stat")[0]).toMatchObject({ samples: 20n, proved: 20n, by_engine: 0n })
})

test("over R there is no other order", async () => {
  const { error } = await attemptStage(generate, { n: 1, field: "R", order: "degrevlex", seed: 1 })
  expect(error?.message).toMatch(/Over R there is no basis under degrevlex/)
})
