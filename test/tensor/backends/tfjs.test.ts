/** Sessions on TensorFlow.js: what they refuse, what they fall back on, and that they leave nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { tfjsOperators } from "../../../src/tensor/backends/tfjs/compile.ts"
import { loadTfjs } from "../../../src/tensor/backends/tfjs/library.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import * as o from "../../../src/tensor/ops.ts"
import { operatorNames, operatorNamed } from "../../../src/tensor/operators/registry.ts"
import { openSession, type SessionOptions } from "../../../src/tensor/runtime.ts"
import { scalar, tensor, toNumbers, zeros } from "../../../src/tensor/tensor.ts"

const options: SessionOptions = { backend: "tfjs", kernels: ["cpu"] }

const shifted = () => {
  const graph = new Graph()
  const [x, by] = [graph.input("x", [2], "uint8"), graph.input("by", [2], "uint8")]
  const [y = x] = graph.apply("BitShift", [x, by], { direction: "LEFT" })
  return { y, twice: o.add(o.cast(y, "float32"), o.cast(y, "float32")) }
}

describe("the TensorFlow.js lowering", () => {
  it("has a form for every operator but BitShift and those of the runtime alone", () => {
    const wanted = operatorNames().filter((name) => {
      const operator = operatorNamed(name)
      return operator !== undefined && "infer" in operator && operator.domain === undefined
    })
    assert.deepStrictEqual(wanted.filter((name) => !tfjsOperators.includes(name)), ["BitShift"])
  })

  it.effect("names what it has no form for", () => Effect.gen(function*() {
    const error = yield* Effect.flip(openSession(shifted(), options))
    assert.match(error.message, /no form for BitShift\(uint8 \[2\], uint8 \[2\]\)/)
  }))

  it.effect("computes it by the reference where that is allowed", () => Effect.gen(function*() {
    const session = yield* openSession(shifted(), { ...options, fallback: "cpu" })
    assert.deepStrictEqual(session.elsewhere, ["BitShift(uint8 [2], uint8 [2])"])
    const { twice = zeros("float32", [0]) } = yield* session.run({ x: tensor([1, 3], [2], "uint8"), by: tensor([2, 1], [2], "uint8") })
    assert.deepStrictEqual([...toNumbers(twice)], [8, 12])
  }))

  it.effect("refuses float64, and integers beyond 32 bits", () => Effect.gen(function*() {
    const doubles = new Graph()
    const error = yield* Effect.flip(openSession({ y: o.exp(doubles.input("x", [2], "float64")) }, options))
    assert.match(error.message, /no float64/)
    const whole = new Graph()
    const session = yield* openSession({ y: o.neg(whole.input("x", [], "int64")) }, options)
    const { y } = yield* session.run({ x: scalar(2 ** 31 - 1, "int64") })
    assert.strictEqual(y?.data[0], -(2n ** 31n - 1n))
    assert.match((yield* Effect.flip(session.run({ x: scalar(2 ** 31, "int64") }))).message, /does not fit into 32 bits/)
  }))

  it.effect("writes into the tensors it is given, and leaves the feeds alone", () => Effect.gen(function*() {
    const graph = new Graph()
    const x = graph.input("x", [2])
    const session = yield* openSession({ y: o.mul(x, 2), same: x }, options)
    const [fed, y] = [tensor([1, 2], [2]), zeros("float32", [2])]
    const result = yield* session.run({ x: fed }, { y })
    assert.strictEqual(result["y"], y)
    assert.deepStrictEqual([...toNumbers(y)], [2, 4])
    assert.deepStrictEqual([...toNumbers(fed)], [1, 2])
  }))

  it.effect("keeps nothing of a run, and nothing once it is closed", () => Effect.gen(function*() {
    const tf = yield* Effect.promise(() => loadTfjs(["cpu"]))
    const before = tf.memory().numTensors
    yield* Effect.scoped(Effect.gen(function*() {
      const graph = new Graph()
      const y = o.softmax(o.conv(graph.input("x", [2, 3, 4, 4]), graph.constant(zeros("float32", [2, 3, 3, 3])), undefined, { pads: 1 }), 1)
      const session = yield* openSession({ y }, options)
      const held = tf.memory().numTensors
      for (let i = 0; i < 3; i++) yield* session.run({ x: zeros("float32", [2, 3, 4, 4]) })
      yield* Effect.flip(session.run({}))
      assert.strictEqual(tf.memory().numTensors, held)
    }))
    assert.strictEqual(tf.memory().numTensors, before)
  }))
})
