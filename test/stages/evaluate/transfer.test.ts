import { describe, expect, it } from "vitest"
import accuracy from "../../../stages/evaluate/accuracy.ts"
import transfer from "../../../stages/evaluate/transfer.ts"
import { linearModel } from "../models.ts"
import { given, runStage } from "../run-stage.ts"

/** Points of the plane with labels. */
const points = (...list: ReadonlyArray<readonly [number, number, number]>) =>
  given({ x: Float32Array.from(list.flatMap(([a, b]) => [a, b])), y: Float32Array.from(list, ([, , label]) => label), shape: [2], metadata: {} })

describe("evaluate/accuracy", () => {
  it("takes the sign of a binary model's score, 0 as -1, and its logistic loss", async () => {
    const data = points([2, 0, 1], [-1, 0, 1], [0, 0, -1], [-3, 0, -1])
    const [row] = (await runStage(accuracy, {}, { inputs: { model: linearModel([1, 0]), data } })).rows("accuracy")
    const loss = [-2, 1, 0, -3].reduce((sum, s) => sum + Math.log1p(Math.exp(s)), 0) / 4
    expect(row).toEqual({ n: 4n, accuracy: 0.75, loss: expect.closeTo(loss, 6) })
  })

  it("takes the greatest of several scores, and the cross-entropy", async () => {
    const data = points([2, 1, 0], [1, 2, 0], [-1, 5, 1])
    const [row] = (await runStage(accuracy, {}, { inputs: { model: linearModel([1, 0], [0, 1]), data } })).rows("accuracy")
    const loss = [-1, 1, -6].reduce((sum, s) => sum + Math.log1p(Math.exp(s)), 0) / 3
    expect(row).toEqual({ n: 3n, accuracy: expect.closeTo(2 / 3, 12), loss: expect.closeTo(loss, 6) })
  })

  it("is the same whatever the batches: 5,000 samples run in three", async () => {
    const x = Float32Array.from({ length: 10_000 }, (_, i) => (i % 7) - 3)
    const y = Float32Array.from({ length: 5000 }, (_, i) => ((x[2 * i] ?? 0) > 0 ? 1 : -1))
    const data = given({ x, y, shape: [2], metadata: {} })
    const [row] = (await runStage(accuracy, {}, { inputs: { model: linearModel([1, 0]), data } })).rows("accuracy")
    expect(row).toMatchObject({ n: 5000n, accuracy: 1 })
  })
})

describe("evaluate/transfer", () => {
  it("measures f and g on clean data, their agreement on fresh data, and g on its own", async () => {
    const ran = await runStage(transfer, {}, {
      inputs: {
        f: linearModel([1, 0]),
        g: linearModel([0, 1]),
        data: points([1, 1, 1], [1, -1, 1], [-1, -1, -1], [-1, -1, -1]),
        fresh: points([1, 1, -1], [1, -1, -1]),
        perturbed: points([0, 1, 1], [0, 1, -1], [0, 1, 1], [0, -1, 1], [0, -1, 1])
      }
    })
    expect(ran.rows("transfer")).toEqual([
      { f_accuracy: 1, g_accuracy: 0.75, agreement: 0.5, g_train_accuracy: 0.4, target_mean: expect.closeTo(0.6, 12), n: 4n, n_fresh: 2n }
    ])
  })
})
