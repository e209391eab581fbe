/** Measures of classifiers whose answers can be counted by hand. */
import { describe, expect, it } from "vitest"
import agreement from "../../../stages/evaluate/agreement.ts"
import classes from "../../../stages/evaluate/classes.ts"
import { confusionMatrix, kappaOf } from "../../../stages/evaluate/lib/confusion.ts"
import { linearModel } from "../models.ts"
import { attemptStage, given, runStage } from "../run-stage.ts"

/** Scores are the coordinates: the greatest one is what the model says. */
const three = () => linearModel([1, 0, 0], [0, 1, 0], [0, 0, 1])
const says = (...list: ReadonlyArray<readonly [said: number, label: number]>) =>
  given({ x: Float32Array.from(list.flatMap(([said]) => [0, 1, 2].map((k) => (k === said ? 2 : 0)))), y: Float32Array.from(list, ([, label]) => label), shape: [3], metadata: {} })

describe("evaluate/classes", () => {
  it("counts class by class, and what is taken for what", async () => {
    const data = says([0, 0], [0, 0], [1, 0], [1, 1], [0, 1], [0, 1])
    const ran = await runStage(classes, {}, { inputs: { model: three(), data } })
    expect(ran.rows("classes")).toEqual([
      { label: 0n, n: 3n, said: 4n, right: 2n, accuracy: expect.closeTo(2 / 3, 12), precision: 0.5, f1: expect.closeTo(4 / 7, 12) },
      { label: 1n, n: 3n, said: 2n, right: 1n, accuracy: expect.closeTo(1 / 3, 12), precision: 0.5, f1: expect.closeTo(2 / 5, 12) },
      { label: 2n, n: 0n, said: 0n, right: 0n, accuracy: null, precision: null, f1: null }
    ])
    const cells = ran.rows("confusion").map((row) => [Number(row["label"]), Number(row["said"]), Number(row["n"])])
    expect(cells.filter(([, , n]) => n !== 0)).toEqual([[0, 0, 2], [0, 1, 1], [1, 0, 2], [1, 1, 1]])
    expect(cells).toHaveLength(9)
  })

  it("names the classes of a binary model as its data do", async () => {
    const data = given({ x: Float32Array.of(1, -1, -2), y: Float32Array.of(1, 1, -1), shape: [1], metadata: {} })
    const ran = await runStage(classes, {}, { inputs: { model: linearModel([1]), data } })
    expect(ran.rows("classes")).toMatchObject([{ label: -1n, accuracy: 1, precision: 0.5 }, { label: 1n, accuracy: 0.5, precision: 1 }])
  })

  it("says which label the model cannot have", async () => {
    const { error } = await attemptStage(classes, {}, { inputs: { model: three(), data: says([0, 0], [1, 5]) } })
    expect(error?.message).toMatch(/Sample 1 is labelled 5, but the model takes 0 to 2/)
  })
})

describe("evaluate/agreement", () => {
  it("tells where two models agree and which of them is right", async () => {
    // a takes the greatest of the coordinates; b swaps the first two.
    const b = linearModel([0, 1, 0], [1, 0, 0], [0, 0, 1])
    const data = says([0, 0], [0, 1], [2, 2], [2, 0])
    const ran = await runStage(agreement, {}, { inputs: { a: three(), b, data } })
    // Where they swap 2 and 0: p = softmax(2, 0, 0), and sum p_a (log p_a - log p_b) = (p_0 - p_1) * 2.
    const divergence = (0.5 * 2 * (Math.exp(2) - 1)) / (Math.exp(2) + 2)
    expect(ran.rows("agreement")).toEqual([{
      n: 4n, agreement: 0.5, kappa: expect.closeTo((0.5 - 0.25) / 0.75, 12), a_accuracy: 0.5, b_accuracy: 0.5, both_right: 0.25, only_a: 0.25, only_b: 0.25, same_mistake: 0.25,
      divergence: expect.closeTo(divergence, 6)
    }])
    expect(ran.rows("pairs").filter((row) => row["n"] !== 0n)).toEqual([{ a: 0n, b: 1n, n: 2n }, { a: 2n, b: 2n, n: 2n }])
  })

  it("refuses models of different classes", async () => {
    const { error } = await attemptStage(agreement, {}, { inputs: { a: three(), b: linearModel([1, 0, 0], [0, 1, 0]), data: says([0, 0]) } })
    expect(error?.message).toBe("a has 3 classes and b has 2.")
  })
})

describe("Cohen's kappa", () => {
  const of = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => kappaOf(confusionMatrix(Int32Array.from(a), Int32Array.from(b), 3), 3)

  it("is that of the usual example: 20 and 15 of 50 alike, 5 and 10 not", () => {
    const pair = (a: number, b: number, times: number) => Array.from({ length: times }, () => [a, b] as const)
    const pairs = [...pair(0, 0, 20), ...pair(0, 1, 5), ...pair(1, 0, 10), ...pair(1, 1, 15)]
    expect(of(pairs.map(([a]) => a), pairs.map(([, b]) => b))).toBeCloseTo(0.4, 12)
  })
  it("is 1 where two always agree, and nothing where they only know one class", () => {
    expect(of([0, 1, 2], [0, 1, 2])).toBe(1)
    expect(of([1, 1], [1, 1])).toBeNull()
  })
})
