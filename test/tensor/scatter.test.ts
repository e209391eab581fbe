import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { fromNumbers, tensor, type Tensor } from "../../src/tensor/tensor.ts"

/** Largest difference between onnxruntime on two threads, over several runs, and the interpreter. */
const error = (output: Value, feeds: Record<string, Tensor>): Promise<number> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const expected = interpret({ output }, feeds)["output"]
    const session = yield* openSession({ output }, { threads: 2 })
    let worst = 0
    for (let run = 0; run < 5; run++) {
      const { output: actual } = yield* session.run(feeds)
      actual?.data.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(Number(value) - Number(expected?.data[i])))
      })
    }
    return worst
  })))

const wave = (shape: ReadonlyArray<number>) => tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)), shape)

describe("scattering with a sum, on two threads", () => {
  it("loses no row of an embedding's gradient where tokens repeat", async () => {
    const graph = new Graph()
    const weights = graph.input("weights", [64, 256])
    const tokens = graph.input("tokens", [2048], "int64")
    const other = graph.input("other", [2048, 256])
    const [gradient = weights] = grad(o.reduceSum(o.mul(o.gather(weights, tokens, 0), other)), [weights])
    const repeated = fromNumbers(Array.from({ length: 2048 }, (_, i) => (i * 7919) % 40), { type: "int64", shape: [2048] })
    expect(await error(gradient, { weights: wave([64, 256]), tokens: repeated, other: wave([2048, 256]) })).toBeLessThan(1e-5)
  })

  it("finds places by pairs of indices, from the end where they are negative", async () => {
    const graph = new Graph()
    const [x, places, updates] = [graph.input("x", [5, 7, 64]), graph.input("places", [1500, 2], "int64"), graph.input("updates", [1500, 64])]
    const pairs = fromNumbers(Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? (i % 10) - 5 : (i % 14) - 7)), { type: "int64", shape: [1500, 2] })
    expect(await error(o.scatterND(x, places, updates, "add"), { x: wave([5, 7, 64]), places: pairs, updates: wave([1500, 64]) })).toBeLessThan(1e-4)
  })
})
