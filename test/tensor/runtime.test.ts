import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { scalar, tensor, toNumbers, zeros } from "../../src/tensor/tensor.ts"
import { caseTitles, Dice, makeCase, weighted } from "./cases.ts"

describe("onnxruntime agrees with the reference interpreter, gradients included", () => {
  for (const title of caseTitles) {
    it.effect(title, () => Effect.gen(function*() {
      const one = makeCase(title, 11, "float32")
      const outputs: Record<string, Value> = { y: one.output }
      grad(weighted(one, new Dice(12)), one.inputs).forEach((gradient, i) => (outputs[`d${i}`] = gradient))
      const session = yield* openSession(outputs)
      const computed = yield* session.run(one.feeds)
      for (const [name, expected] of Object.entries(interpret(outputs, one.feeds))) {
        const actual = computed[name]
        assert.deepStrictEqual(actual?.shape, expected.shape)
        const numbers = actual === undefined ? [] : toNumbers(actual)
        toNumbers(expected).forEach((number, i) => assert.closeTo(numbers[i] ?? NaN, number, 2e-5 * Math.max(1, Math.abs(number)), `${name}[${i}]`))
      }
    }))
  }
})

describe("a session", () => {
  const double = () => {
    const graph = new Graph()
    return { y: o.mul(graph.input("x", [2]), 2) }
  }

  it.effect("writes into the tensors it is given", () => Effect.gen(function*() {
    const session = yield* openSession(double())
    const y = zeros("float32", [2])
    const result = yield* session.run({ x: tensor([1, 2], [2]) }, { y })
    assert.strictEqual(result["y"], y)
    assert.deepStrictEqual([...toNumbers(y)], [2, 4])
    yield* session.run({ x: tensor([3, 4], [2]) }, { y })
    assert.deepStrictEqual([...toNumbers(y)], [6, 8])
  }))

  it.effect("sees new numbers in a tensor that is fed again", () => Effect.gen(function*() {
    const session = yield* openSession(double())
    const data = new Float32Array([1, 2])
    const x = tensor(data, [2])
    yield* session.run({ x })
    data[0] = 5
    const { y } = yield* session.run({ x })
    assert.deepStrictEqual(y === undefined ? [] : [...toNumbers(y)], [10, 4])
  }))

  it.effect("says which feed is missing or misshapen", () => Effect.gen(function*() {
    const session = yield* openSession(double())
    const missing = yield* Effect.flip(session.run({}))
    assert.match(missing.message, /input "x" \(float32 \[2\]\) was not given/)
    const wrong = yield* Effect.flip(session.run({ x: tensor([1, 2, 3], [3]) }))
    assert.match(wrong.message, /float32 \[2\]; given was float32 \[3\]/)
  }))

  it.effect("gives constants, inputs and one value under two names", () => Effect.gen(function*() {
    const graph = new Graph()
    const x = graph.input("x", [])
    const y = o.add(x, 1)
    const session = yield* openSession({ one: graph.constant(1), same: x, y, again: y, stopped: o.stopGradient(y) })
    const result = yield* session.run({ x: scalar(4) })
    assert.deepStrictEqual(Object.fromEntries(Object.entries(result).map(([name, value]) => [name, value.data[0]])), { one: 1, same: 4, y: 5, again: 5, stopped: 5 })
  }))

  it.effect("says which backend could not open", () => Effect.gen(function*() {
    const error = yield* Effect.flip(Effect.scoped(openSession(double(), { backend: "cuda" })))
    assert.match(error.message, /^The cuda backend could not open the graph/)
  }))
})
