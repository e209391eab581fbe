import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Graph } from "../../src/tensor/graph.ts"
import { decodeModel } from "../../src/tensor/onnx/decode.ts"
import { encodeModel } from "../../src/tensor/onnx/encode.ts"
import { writeModel } from "../../src/tensor/onnx/schema.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { float32Of, tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { caseTitles, makeCase } from "./cases.ts"

describe("a model read back computes the same", () => {
  for (const title of caseTitles) {
    it(title, () => {
      const one = makeCase(title, 31, "float32")
      const { y: expected } = interpret({ y: one.output }, one.feeds)
      const model = decodeModel(encodeModel({ y: one.output }))
      const { y: actual } = interpret(model.outputs, one.feeds)
      assert.deepStrictEqual(actual, expected)
    })
  }
})

/** A classifier on four pixels whose batch is left open when it is saved. */
const classifier = (batch: number) => {
  const graph = new Graph()
  const x = graph.input("x", [batch, 1, 2, 2])
  const weights = graph.constant(tensor([1, 2, 3, 4, -1, -2, -3, -4], [2, 4]))
  return { logits: o.linear(o.relu(o.reshape(x, [batch, 4])), weights) }
}

describe("a saved model", () => {
  it("carries its metadata and the names of inputs and outputs", () => {
    const bytes = encodeModel(classifier(3), { metadata: { classes: "one,two", note: "π" } })
    const { metadata, inputs, outputs } = decodeModel(bytes)
    assert.deepStrictEqual(metadata, { classes: "one,two", note: "π" })
    assert.deepStrictEqual([Object.keys(inputs), Object.keys(outputs)], [["x"], ["logits"]])
    assert.deepStrictEqual([inputs["x"]?.shape, outputs["logits"]?.shape], [[3, 1, 2, 2], [3, 2]])
  })

  it("is the same bytes every time", () => {
    assert.deepStrictEqual(encodeModel(classifier(2)), encodeModel(classifier(2)))
  })

  it.effect("takes any batch along a dynamic axis, here and in onnxruntime", () => Effect.gen(function*() {
    const bytes = encodeModel(classifier(3), { dynamicAxes: { x: { 0: "batch" }, logits: { 0: "batch" } } })
    const model = decodeModel(bytes, { dimensions: { batch: 1 } })
    const { logits } = yield* Effect.flatMap(openSession(model.outputs), (session) => session.run({ x: tensor([1, -1, 2, 0], [1, 1, 2, 2]) }))
    assert.deepStrictEqual(logits === undefined ? [] : [...float32Of(logits)], [7, -7])
    const ort = yield* Effect.promise(() => import("onnxruntime-node"))
    const native = yield* Effect.promise(() => ort.InferenceSession.create(bytes))
    const result = yield* Effect.promise(() => native.run({ x: new ort.Tensor("float32", new Float32Array(20), [5, 1, 2, 2]) }))
    assert.deepStrictEqual(result["logits"]?.dims, [5, 2])
    yield* Effect.promise(() => native.release())
  }))

  it("says which symbolic dimension needs a size", () => {
    const bytes = encodeModel(classifier(3), { dynamicAxes: { x: { 0: "batch" } } })
    assert.throws(() => decodeModel(bytes), /input "x" has the symbolic dimension "batch"; give its size/)
  })

  it("leaves out what the outputs do not need", () => {
    const graph = new Graph()
    const [x, unused] = [graph.input("x", [2]), graph.input("unused", [2])]
    o.mul(unused, o.exp(x))
    assert.deepStrictEqual(Object.keys(decodeModel(encodeModel({ y: o.neg(x) })).inputs), ["x"])
  })

  it("refuses an output with the name of an input", () => {
    const x = new Graph().input("x", [])
    assert.throws(() => encodeModel({ x: o.neg(x) }), /output "x" has the name of an input/)
  })
})

describe("reading a foreign file", () => {
  it("names what it does not know", () => {
    assert.throws(() => decodeModel(new TextEncoder().encode("not a model")), /The file is not ONNX/)
    assert.throws(() => decodeModel(new Uint8Array()), /no ONNX graph/)
    const bytes = writeModel({ graph: { node: [{ name: "n7", op_type: "Loop", input: [], output: ["y"] }], output: [{ name: "y" }] } })
    assert.throws(() => decodeModel(bytes), /Node "n7" \(Loop\): the operator is not known/)
  })

  it("takes axes as attributes, as older operator sets have them, and weights in either form", () => {
    const type = { tensor_type: { elem_type: 1, shape: { dim: [{ dim_value: 2 }, { dim_value: 3 }] } } }
    const bytes = writeModel({
      graph: {
        node: [
          { op_type: "ReduceSum", input: ["x"], output: ["s"], attribute: [{ name: "axes", type: 7, ints: [1] }, { name: "keepdims", type: 2, i: 0 }] },
          { op_type: "Add", input: ["s", "w"], output: ["y"] }
        ],
        initializer: [{ name: "w", dims: [2], data_type: 1, float_data: [10, 20] }],
        input: [{ name: "x", type }],
        output: [{ name: "y" }]
      }
    })
    const { outputs } = decodeModel(bytes)
    const { y } = interpret(outputs, { x: tensor([1, 2, 3, 4, 5, 6], [2, 3]) })
    assert.deepStrictEqual(y === undefined ? [] : [...toNumbers(y)], [16, 35])
  })
})
