/** The border basis algorithm against the quotient rings that systems were made to have, and its survivors against ranks computed apart. */
import { expect, test } from "vitest"
import border from "../../../../stages/groebner/border.ts"
import expansions from "../../../../stages/groebner/expansions.ts"
import generate from "../../../../stages/groebner/generate.ts"
import { MonomialNumbers, stableSpan, type Step } from "../../../../stages/groebner/lib/border/stable-span.ts"
import { attemptStage, runStage } from "../../run-stage.ts"

test("the order ideal that is left has as many monomials as the system has zeros", async () => {
  const made = await runStage(border, { n: 8, seed: 2, bounds: [2, 2, 2], p: 31, same: "reject" })
  const { systems } = made.outputs
  if (systems === undefined) throw new Error("no systems")
  const ran = await runStage(expansions, {}, { inputs: { systems } })
  expect(ran.rows("systems").map(({ finished, monomials }) => [finished, monomials])).toEqual(made.rows("systems").map(({ points }) => [true, points instanceof Int32Array ? points.length / 3 : 0]))
  for (const row of ran.rows("steps")) expect(row["span_terms"]).not.toHaveLength(0)
})

const p = 7
const numbers = new MonomialNumbers(2)
const row = (...terms: ReadonlyArray<readonly [number, number, number]>) => new Map(terms.map(([coefficient, x, y]) => [numbers.of([x, y]), coefficient]))
/** x^2 + y, y^2 + 3 x, x y + 1 */
const system = [row([1, 2, 0], [1, 0, 1]), row([1, 0, 2], [3, 1, 0]), row([1, 1, 1], [1, 0, 0])]

/** Rank over F_7 by plain elimination, columns in any order. */
const rank = (rows: ReadonlyArray<ReadonlyMap<number, number>>, keys: ReadonlyArray<number>): number => {
  let [left, found] = [rows.map((entries) => keys.map((key) => entries.get(key) ?? 0)), 0]
  keys.forEach((_, column) => {
    const pivot = left.find((values) => values[column] !== 0)
    if (pivot === undefined) return
    found++
    const inverse = [0, 1, 4, 5, 2, 3, 6][pivot[column] ?? 0] ?? 0
    left = left.filter((values) => values !== pivot).map((values) => values.map((value, k) => (((value - (values[column] ?? 0) * inverse * (pivot[k] ?? 0)) % p) + p) % p))
  })
  return found
}

const productsOf = ({ span }: Step, which: (at: number, variable: number) => boolean) =>
  span.flatMap((terms, at) => [0, 1].filter((variable) => which(at, variable)).map((variable) => new Map(terms.map(([key, coefficient]) => [key + numbers.step(variable), coefficient]))))

test("every survivor is new: with each of them the rank grows by one, and the others add nothing in the universe", () => {
  const finished = stableSpan(numbers, p, system, 100)
  expect(finished?.steps.length).toBeGreaterThan(0)
  for (const step of finished?.steps ?? []) {
    const span = step.span.map((terms) => new Map(terms))
    const keys = [...new Set([...span, ...productsOf(step, () => true)].flatMap((entries) => [...entries.keys()]))]
    const survives = (at: number, variable: number) => step.survivors.some(([polynomial, by]) => polynomial === at && by === variable)
    const universe = new Set(step.span.flat().map(([key]) => key))
    const outside = keys.filter((key) => !universe.has(key) && step.maximal.every((top) => numbers.exponents(key).some((exponent, v) => exponent > (numbers.exponents(top)[v] ?? 0))))
    const all = [...span, ...productsOf(step, () => true)]
    // What lies in the universe has the rank of everything, less that of the columns outside.
    expect(rank(all, keys) - rank(all, outside)).toBe(span.length + step.survivors.length)
    expect(rank([...span, ...productsOf(step, survives)], keys)).toBe(span.length + step.survivors.length)
  }
})

test("numbers of monomials compare as degrevlex does, and products are sums", () => {
  const three = new MonomialNumbers(3)
  const descending = [[2, 0, 0], [1, 1, 0], [0, 2, 0], [1, 0, 1], [0, 1, 1], [0, 0, 2], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]].map((monomial) => three.of(monomial))
  expect([...descending].sort((a, b) => b - a)).toEqual(descending)
  expect(three.of([1, 2, 3]) + three.step(1)).toBe(three.of([1, 3, 3]))
  expect(three.exponents(three.of([7, 0, 255]))).toEqual([7, 0, 255])
})

test("the whole ring leaves no monomial", () => {
  expect(stableSpan(numbers, p, [row([1, 1, 0]), row([1, 1, 0], [2, 0, 0])], 200)?.orderIdeal).toEqual([])
})

test("a system with infinitely many zeros is given up, one over Q refused", async () => {
  for (const generators of [[row([1, 1, 1])], [row()]]) expect(stableSpan(numbers, p, generators, 200)).toBeUndefined()
  const { systems } = (await runStage(generate, { n: 1, field: "Q", seed: 0 })).outputs
  if (systems === undefined) throw new Error("no systems")
  const { error } = await attemptStage(expansions, {}, { inputs: { systems } })
  expect(error?.message).toMatch(/not over a finite field/)
})
