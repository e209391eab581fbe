/** The stage that writes the algorithm's last steps: beside the bases that systems were made from, cut short, and gone on with after a kill. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { serialize } from "node:v8"
import { expect, test } from "vitest"
import border from "../../../../stages/groebner/border.ts"
import expansions from "../../../../stages/groebner/expansions.ts"
import generate from "../../../../stages/groebner/generate.ts"
import { MonomialNumbers } from "../../../../stages/groebner/lib/border/monomial-numbers.ts"
import type { StageInterface } from "../../../../src/stage/protocol.ts"
import type { JsonObject } from "../../../../src/stage/json.ts"
import { attemptStage, type Made, runStage, temporaryFolder } from "../../run-stage.ts"

const systemsFrom = async (stage: StageInterface, params: JsonObject) => {
  const ran = await runStage(stage, params)
  const { systems } = ran.outputs
  if (systems === undefined) throw new Error("no systems")
  return { systems, rows: ran.rows("systems") }
}

const drawn = { n: 12, seed: 2, bounds: [2, 2, 2], p: 31, same: "reject" }

const terms = (counts: unknown, coefficients: unknown, exponents: unknown, n: number): ReadonlySet<string> => {
  if (!(counts instanceof Int32Array && coefficients instanceof Int32Array && exponents instanceof Uint8Array)) throw new Error("no polynomials")
  let at = 0
  return new Set(Array.from(counts, (count) => {
    at += count
    return Array.from({ length: count }, (_, k) => `${coefficients[at - count + k]} ${exponents.subarray((at - count + k) * n, (at - count + k + 1) * n).join()}`).join(" + ")
  }))
}

test("the quotient ring is as large as there are points, and where its order ideal is the one that was drawn the basis is the one that F was made from", async () => {
  const { rows, systems } = await systemsFrom(border, drawn)
  const found = (await runStage(expansions, {}, { inputs: { systems } })).rows("systems")
  expect(found.map(({ finished, monomials }) => [finished, monomials])).toEqual(rows.map(({ points }) => [true, points instanceof Int32Array ? points.length / 3 : 0]))
  const equal = found.filter(({ order_ideal }, i) => {
    if (String(order_ideal) !== String(rows[i]?.["order_ideal"])) return false
    expect(terms(found[i]?.["basis_terms"], found[i]?.["basis_coefficients"], found[i]?.["basis_exponents"], 3)).toEqual(terms(rows[i]?.["g_terms"], rows[i]?.["g_coefficients"], rows[i]?.["g_exponents"], 3))
    return true
  })
  expect(equal.length).toBeGreaterThan(2)
})

test("the last steps are written, with the leading terms asked for, and one ideal has one digest", async () => {
  const { systems } = await systemsFrom(border, drawn)
  const all = await runStage(expansions, { steps: 100, leading: 5 }, { inputs: { systems } })
  const few = await runStage(expansions, { steps: 2, leading: 1 }, { inputs: { systems } })
  const bySample = Map.groupBy(all.rows("steps"), ({ sample }) => sample)
  const last = [...bySample.values()].flatMap((steps) => steps.slice(-2))
  expect(few.rows("steps").map(({ sample, step, universe, survivor_polynomials }) => [sample, step, universe, survivor_polynomials])).toEqual(last.map(({ sample, step, universe, survivor_polynomials }) => [sample, step, universe, survivor_polynomials]))
  for (const { span_coefficients, span_terms } of few.rows("steps")) expect([span_terms, span_coefficients].every((column) => column instanceof Int32Array && column.every((value) => value === 1))).toBe(true)
  for (const steps of bySample.values()) expect(steps.map(({ survivor_variables }) => String(survivor_variables) === "")).toEqual(steps.map((_, at) => at === steps.length - 1))
  const [stat] = all.rows("stat")
  expect([stat?.["steps"], stat?.["last"]].map(Number)).toEqual([all.rows("steps").length, 12])
  // Another system of the same points: the digest is of the ideal, not of F.
  const again = await systemsFrom(border, { ...drawn, least: 4 })
  const others = (await runStage(expansions, {}, { inputs: { systems: again.systems } })).rows("systems")
  const same = all.rows("systems").map(({ ideal }, i) => [ideal, others[i]?.["ideal"]])
  expect(again.rows.map(({ points }) => String(points))).toEqual((await systemsFrom(border, drawn)).rows.map(({ points }) => String(points)))
  expect(same.every(([one, other]) => one === other)).toBe(true)
})

test("systems whose universe outgrows the limit are counted and have no steps", async () => {
  const { systems } = await systemsFrom(border, drawn)
  const ran = await runStage(expansions, { largest: 25 }, { inputs: { systems } })
  const finished = ran.rows("systems").filter((row) => row["finished"] === true).map(({ sample }) => sample)
  expect(finished.length).toBeGreaterThan(0)
  expect(finished.length).toBeLessThan(12)
  expect(new Set(ran.rows("steps").map(({ sample }) => sample))).toEqual(new Set(finished))
})

test("an ideal with infinitely many zeros is recognised, long before the universe is full", async () => {
  // Without rejection some of these systems keep a line of the plane over F_2.
  const { systems } = await systemsFrom(border, { n: 60, seed: 1, bounds: [2, 2], total: 2, p: 2, most: 1 })
  const ran = await runStage(expansions, { largest: 20_000 }, { inputs: { systems } })
  const infinite = ran.rows("systems").filter((row) => row["finite"] === false)
  expect(infinite.length).toBeGreaterThan(0)
  expect(infinite.every((row) => row["finished"] === false && row["monomials"] === 0)).toBe(true)
  const [stat] = ran.rows("stat")
  expect([stat?.["finished"], stat?.["infinite"]].map(Number)).toEqual([60 - infinite.length, infinite.length])
})

test("systems of groebner/generate are taken, those over Q refused", async () => {
  const { systems } = await systemsFrom(generate, { n: 5, field: "F7", seed: 1 })
  expect((await runStage(expansions, {}, { inputs: { systems } })).rows("systems").every(({ finished }) => finished === true)).toBe(true)
  const { error } = await attemptStage(expansions, {}, { inputs: { systems: (await systemsFrom(generate, { n: 1, field: "Q", seed: 0 })).systems } })
  expect(error?.message).toMatch(/not over a finite field/)
})

test("what a killed task has saved is not computed again", async () => {
  const { systems }: { readonly systems: Made } = await systemsFrom(border, drawn)
  const whole = await runStage(expansions, {}, { inputs: { systems } })
  const rows = whole.rows("systems").slice(0, 5)
  const checkpoint = join(temporaryFolder(), "checkpoint")
  writeFileSync(checkpoint, serialize(rows.map((system) => ({ seconds: 42, system, steps: whole.rows("steps").filter(({ sample }) => sample === system["sample"]) }))))
  const resumed = await runStage(expansions, {}, { inputs: { systems }, checkpoint })
  for (const output of ["steps", "systems", "stat"]) expect(resumed.rows(output)).toEqual(whole.rows(output))
  expect(resumed.rows("timing").map(({ seconds }) => seconds === 42)).toEqual(Array.from({ length: 12 }, (_, i) => i < 5))
})

test("numbers of monomials compare as degrevlex does, and products are sums within their exponents", () => {
  const three = new MonomialNumbers(3)
  const descending = [[2, 0, 0], [1, 1, 0], [0, 2, 0], [1, 0, 1], [0, 1, 1], [0, 0, 2], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]].map((monomial) => three.of(monomial))
  expect([...descending].sort((a, b) => b - a)).toEqual(descending)
  expect(three.times(three.of([1, 2, 3]), 1)).toBe(three.of([1, 3, 3]))
  expect(three.exponents(three.product(three.of([7, 0, 200]), three.of([1, 2, 55])))).toEqual([8, 2, 255])
  expect(() => three.product(three.of([0, 0, 200]), three.of([0, 0, 56]))).toThrow(/exponents up to 255 here, and 256 is needed/)
  const eight = new MonomialNumbers(8)
  expect(eight.most).toBe(31)
  expect(eight.exponents(eight.of([31, 30, 29, 28, 27, 26, 25, 31]))).toEqual([31, 30, 29, 28, 27, 26, 25, 31])
  expect(eight.of(new Array<number>(8).fill(31))).toBeLessThan(2 ** 53)
})
