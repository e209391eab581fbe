/** Border bases against their definition, evaluated by hand at the points that they come from. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { serialize } from "node:v8"
import { expect, test } from "vitest"
import border from "../../../../stages/groebner/border.ts"
import { borderOf, drawnOrderIdeal, partitionCorner, partitions, uniformCorner } from "../../../../stages/groebner/lib/border/order-ideal.ts"
import type { JsonObject } from "../../../../src/stage/json.ts"
import { randomStream } from "../../../../src/stage/random.ts"
import { attemptStage, runStage, temporaryFolder } from "../../run-stage.ts"

const numbers = (cell: unknown): ReadonlyArray<number> => (cell instanceof Int32Array || cell instanceof Uint8Array ? Array.from(cell) : [])

const inGroups = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> => Array.from({ length: items.length / size }, (_, i) => items.slice(i * size, (i + 1) * size))

type Row = Readonly<Record<string, unknown>>

/** Value of a list's polynomials at a point, by whole numbers as they stand in the table. */
const valuesAt = (row: Row, name: "f" | "g", point: ReadonlyArray<number>, p: number): ReadonlyArray<number> => {
  const coefficients = numbers(row[`${name}_coefficients`])
  const exponents = inGroups(numbers(row[`${name}_exponents`]), point.length)
  let term = 0
  return numbers(row[`${name}_terms`]).map((count) => {
    let sum = 0n
    for (let k = 0; k < count; k++, term++) sum += BigInt(coefficients[term] ?? 0) * (exponents[term] ?? []).reduce((product, exponent, v) => product * BigInt(point[v] ?? 0) ** BigInt(exponent), 1n)
    return Number(sum % BigInt(p))
  })
}

test("an order ideal holds every divisor of its monomials, and its border touches it from outside", () => {
  const sizes = new Set<number>()
  for (let seed = 0; seed < 60; seed++) {
    const stream = randomStream(seed, "test", "ideal")
    const ideal = drawnOrderIdeal(uniformCorner([4, 3, 4], stream), stream)
    const held = new Set(ideal.map(String))
    expect(held.size).toBe(ideal.length)
    const below = (monomial: ReadonlyArray<number>) => monomial.flatMap((exponent, v) => (exponent === 0 ? [] : [String(monomial.map((e, other) => (other === v ? e - 1 : e)))]))
    for (const monomial of ideal) {
      expect(below(monomial).every((divisor) => held.has(divisor))).toBe(true)
      expect(monomial.every((exponent, v) => exponent < ([4, 3, 4][v] ?? 0))).toBe(true)
    }
    const border = borderOf(ideal)
    expect(new Set(border.map(String)).size).toBe(border.length)
    for (const monomial of border) expect([held.has(String(monomial)), below(monomial).some((divisor) => held.has(divisor))]).toEqual([false, true])
    sizes.add(ideal.length)
  }
  expect(sizes.size).toBeGreaterThan(10)
})

test("a corner of ones in two variables gives the square with probability 1/4, else the axes alone", () => {
  const draws = 4000
  const stream = randomStream(0, "test", "square")
  const squares = Array.from({ length: draws }, () => drawnOrderIdeal([1, 1], stream).length).filter((size) => size === 4).length
  // five standard deviations
  expect(Math.abs(squares - draws / 4)).toBeLessThan(5 * Math.sqrt(draws * 3 / 16))
  expect(drawnOrderIdeal([1, 0, 0], stream)).toEqual([[0, 0, 0], [1, 0, 0]])
  expect(drawnOrderIdeal([0, 0], stream)).toEqual([[0, 0]])
})

test("corners from a total degree are its partitions, in all orders", () => {
  // The partition numbers p(1), ..., p(10).
  expect(Array.from({ length: 10 }, (_, i) => partitions(i + 1, i + 1, i + 1).length)).toEqual([1, 2, 3, 5, 7, 11, 15, 22, 30, 42])
  expect(partitions(5, 3, 3)).toEqual([[2, 2, 1], [3, 1, 1], [3, 2]])
  const stream = randomStream(0, "test", "corner")
  const corners = Array.from({ length: 500 }, () => partitionCorner([4, 4, 4], 2, stream).join())
  expect(new Set(corners)).toEqual(new Set(["1,0,0", "0,1,0", "0,0,1", "2,0,0", "0,2,0", "0,0,2", "1,1,0", "1,0,1", "0,1,1"]))
})

test.each<readonly [number, JsonObject]>([[7, { bounds: [3, 3], order: "lex" }], [31, { bounds: [3, 3, 3], total: 5 }], [2147483647, { bounds: [3, 2] }]])("over F_%d every polynomial vanishes at the points, and has one monomial of the border beside the order ideal", async (p, params) => {
  const ran = await runStage(border, { n: 10, seed: 4, p, ...params })
  for (const row of ran.rows("systems")) {
    const n = Number(row["variables"])
    const ideal = inGroups(numbers(row["order_ideal"]), n)
    const points = inGroups(numbers(row["points"]), n)
    expect(points).toHaveLength(ideal.length)
    for (const point of points) expect([...valuesAt(row, "g", point, p), ...valuesAt(row, "f", point, p)].every((value) => value === 0)).toBe(true)
    const held = new Set(ideal.map(String))
    const exponents = inGroups(numbers(row["g_exponents"]), n)
    let at = 0
    const leads = numbers(row["g_terms"]).map((count) => {
      at += count
      return exponents.slice(at - count, at).filter((monomial) => !held.has(String(monomial)))
    })
    expect(leads.every((outside) => outside.length === 1)).toBe(true)
    expect(new Set(leads.map(String))).toEqual(new Set(borderOf(ideal).map(String)))
  }
})

test("where F generates the ideal, it vanishes at the points alone", async () => {
  const p = 5
  const ran = await runStage(border, { n: 40, seed: 1, p, bounds: [2, 2], most: 1 })
  const plane = Array.from({ length: p * p }, (_, i) => [i % p, Math.floor(i / p)])
  const zeros = (row: Row) => plane.filter((point) => valuesAt(row, "f", point, p).every((value) => value === 0)).map(String).sort()
  const rows = ran.rows("systems")
  for (const row of rows.filter(({ same }) => same === true)) expect(zeros(row)).toEqual(inGroups(numbers(row["points"]), 2).map(String).sort())
  expect(rows.filter((row) => zeros(row).length > numbers(row["points"]).length / 2).every(({ same }) => same === false)).toBe(true)
  expect(new Set(rows.map(({ same }) => same))).toEqual(new Set([true, false]))
  expect(ran.rows("stat")[0]?.["same"]).toBe(rows.filter(({ same }) => same === true).length / 40)
})

test("systems that miss the ideal can be drawn again, and sample i is the same whatever is drawn before it", async () => {
  const params = { seed: 1, p: 5, bounds: [2, 2], most: 1, same: "reject" }
  const rows = (await runStage(border, { n: 12, ...params })).rows("systems")
  expect(rows.every(({ same }) => same === true)).toBe(true)
  expect((await runStage(border, { n: 4, first: 8, ...params })).rows("systems")).toEqual(rows.slice(8))
})

test("what a killed task has saved is written again, and the rest drawn", async () => {
  const params = { n: 70, seed: 1, p: 31, bounds: [3, 2] }
  const whole = await runStage(border, params)
  const checkpoint = join(temporaryFolder(), "checkpoint")
  const marked = whole.rows("systems").slice(0, 66).map((row) => ({ ...row, attempts: 7 }))
  writeFileSync(checkpoint, serialize(marked))
  expect((await runStage(border, params, { checkpoint })).rows("systems")).toEqual([...marked, ...whole.rows("systems").slice(66)])
  writeFileSync(checkpoint, "something else")
  expect((await runStage(border, params, { checkpoint })).rows("systems")).toEqual(whole.rows("systems"))
})

test.each<readonly [JsonObject, RegExp]>([
  [{ bounds: [4, 4], p: 9 }, /F_9 is no field/],
  [{ bounds: [4, 4], p: 3 }, /fewer than the 16 monomials/],
  [{ bounds: [1, 4], p: 3 }, /powers 1 to 3 of a variable are dependent/],
  [{ bounds: [20, 20, 20] }, /8000 monomials, more than 4096/],
  [{ bounds: [2, 2], least: 5 }, /at least n \+ 5 and at most n \+ 4/],
  [{ bounds: [2, 2], total: 4 }, /sum to at most 2, and `total: 4` asks for sums up to 3/],
  [{ bounds: [2, 3], total: 2 }, /all `bounds` must be equal/],
  [{ bounds: [30, 2, 2, 2, 2, 2, 2, 2], p: 31, degree: 5 }, /exponents up to 35, and here 31 is the most/],
  [{ bounds: [2, 2, 2, 2, 2, 2, 2, 2, 2] }, /at most 8 variables, and there are 9/]
])("%o is refused with the reason", async (params, message) => {
  const { error } = await attemptStage(border, { n: 1, seed: 0, ...params })
  expect(error?.message).toMatch(message)
})
