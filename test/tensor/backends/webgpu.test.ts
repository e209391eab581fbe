/** What the WebGPU provider cannot run is named, and left to the processor only where that is allowed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Graph } from "../../../src/tensor/graph.ts"
import * as o from "../../../src/tensor/ops.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { scalar, tensor, toNumbers, zeros } from "../../../src/tensor/tensor.ts"
import { testedBackends } from "./available.ts"

const missing = (await testedBackends()).find(({ title }) => title === "webgpu")?.missing

describe.skipIf(missing !== undefined)(missing === undefined ? "webgpu" : `webgpu: skipped, ${missing}`, () => {
  const withIntegers = () => {
    const graph = new Graph()
    return { y: o.mul(o.exp(graph.input("x", [2])), o.cast(o.add(graph.input("n", [], "int64"), 1), "float32")) }
  }

  it.effect("names each node without a kernel", () => Effect.gen(function*() {
    const { message } = yield* Effect.flip(openSession(withIntegers(), { backend: "webgpu" }))
    assert.match(message, /no kernel for Add\(int64 \[\], int64 \[\]\), Cast\(int64 \[\]\)\./)
    assert.match(message, /fallback: cpu/)
  }))

  it.effect("leaves them to the processor where that is allowed", () => Effect.gen(function*() {
    const session = yield* openSession(withIntegers(), { backend: "webgpu", fallback: "cpu" })
    assert.deepStrictEqual(session.elsewhere, ["Add(int64 [], int64 [])", "Cast(int64 [])"])
    const { y = zeros("float32", [0]) } = yield* session.run({ x: tensor([0, 1], [2]), n: scalar(2, "int64") })
    assert.closeTo(toNumbers(y)[1] ?? NaN, 3 * Math.E, 1e-3)
  }))

  it.effect("keeps away what the provider takes and refuses when it runs", () => Effect.gen(function*() {
    const graph = new Graph()
    const x = graph.input("x", [1, 1, 4, 4])
    const [y = x, places = x] = o.callMany("MaxPool", [o.relu(x)], { kernel_shape: [2, 2], strides: [2, 2] }, 2)
    const refused = yield* Effect.flip(openSession({ y, places }, { backend: "webgpu" }))
    assert.match(refused.message, /no kernel for MaxPool\(float32 \[1, 1, 4, 4\]\)/)
    const session = yield* openSession({ y, places }, { backend: "webgpu", fallback: "cpu" })
    const result = yield* session.run({ x: tensor(Array.from({ length: 16 }, (_, i) => i), [1, 1, 4, 4]) })
    assert.deepStrictEqual([...(result["places"]?.data ?? [])], [5n, 7n, 13n, 15n])
    // Without the positions it has a kernel.
    assert.deepStrictEqual((yield* openSession({ y }, { backend: "webgpu" })).elsewhere, [])
  }))
})
