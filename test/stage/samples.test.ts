/** Data sets that a stage reads and writes part by part. */
import { describe, expect, it } from "vitest"
import { Count, dataset, defineStage, doc, Effect, field, Schema, slice } from "../../src/stage.ts"
import { attemptStage, given, runStage } from "../stages/run-stage.ts"

const reversed = defineStage({
  name: "test/reversed",
  summary: doc("The samples from the last to the first, one after another."),
  params: Schema.Struct({ wrong_after: field(Count, doc("Then a sample of another shape follows."), 99) }),
  inputs: { data: dataset() },
  outputs: { data: dataset() },
  run: Effect.fn(function*({ inputs, outputs, params }) {
    const samples = yield* inputs.data.open
    for (let sample = samples.y.length - 1; sample >= 0; sample--) {
      const part = slice(samples, sample, sample + 1)
      yield* outputs.data.append(samples.y.length - sample > params.wrong_after ? { ...part, shape: [2, 1] } : part)
    }
    if (samples.y.length === 3) yield* outputs.data.write(slice(samples, 0, 3))
  })
})
const numbered = (n: number) => given({ x: Float32Array.from({ length: 2 * n }, (_, i) => i), y: Float32Array.from({ length: n }, (_, i) => i), shape: [2], metadata: { of: "test" } })

describe("a data set in parts", () => {
  it("is read sample by sample and written as one", async () => {
    const { x, y, ...rest } = (await runStage(reversed, {}, { inputs: { data: numbered(4) } })).dataset("data")
    expect([[...x], [...y], rest]).toEqual([[6, 7, 4, 5, 2, 3, 0, 1], [3, 2, 1, 0], { shape: [2], metadata: { of: "test" } }])
  })

  it("has samples of one shape, and is not also written whole", async () => {
    const shapes = await attemptStage(reversed, { wrong_after: 2 }, { inputs: { data: numbered(4) } })
    expect(shapes.error?.message).toBe(`output "data": a part has samples of shape [2, 1], the first one of [2]`)
    const twice = await attemptStage(reversed, {}, { inputs: { data: numbered(3) } })
    expect(twice.error?.message).toBe(`output "data": written twice`)
    const never = await attemptStage(reversed, {}, { inputs: { data: numbered(0) } })
    expect(never.error?.message).toBe(`output "data" was never written`)
  })
})
