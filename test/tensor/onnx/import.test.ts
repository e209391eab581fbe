import { assert, describe, it } from "vitest"
import { GraphError } from "../../../src/tensor/errors.ts"
import { grad } from "../../../src/tensor/differentiate.ts"
import { type ImportOptions, importModel } from "../../../src/tensor/import.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import * as o from "../../../src/tensor/ops.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { type Tensor, tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { Dice } from "../cases.ts"
import { file, type File, floats, info, ints, node } from "./files.ts"

/** The first output of a file for the given inputs. */
const run = (of: File, feeds: Readonly<Record<string, Tensor>> = {}, options: ImportOptions = {}): { shape: ReadonlyArray<number>; values: ReadonlyArray<number> } => {
  const { outputs } = importModel(file(of), options)
  const [result] = Object.values(interpret(outputs, feeds))
  if (result === undefined) throw new Error("no output")
  return { shape: result.shape, values: [...toNumbers(result)] }
}
const vector = (...values: ReadonlyArray<number>): Tensor => tensor(values, [values.length])
const y = [{ name: "y" }]

describe("sizes", () => {
  const net: File = {
    input: [info("x", ["batch", 3, "side", "side"]), info("mask", ["batch"])],
    node: [node("Flatten", ["x"], ["flat"]), node("ReduceSum", ["flat"], ["sums"], { keepdims: 0 }, {}), node("Mul", ["mask", "sums"], ["y"])],
    output: y
  }

  it("are given by the names of symbolic dimensions", () => {
    const { inputs } = importModel(file(net), { shapes: { batch: 2, side: 4 } })
    assert.deepStrictEqual([inputs["x"]?.shape, inputs["mask"]?.shape], [[2, 3, 4, 4], [2]])
  })

  it("follow from the shape of one input", () => {
    const { inputs } = importModel(file(net), { inputShapes: { x: [5, 3, 2, 2] } })
    assert.deepStrictEqual(inputs["mask"]?.shape, [5])
  })

  it("that are missing are all named at once", () => {
    assert.throws(() => importModel(file(net)), /input "x" has the symbolic dimensions "batch", "side", "side"; give its sizes: \{ batch: \.\.\./)
    assert.throws(() => importModel(file({ input: [info("x", [undefined, 3])], node: [node("Relu", ["x"], ["y"])], output: y })), /"x" \[\?, 3\] leaves the size of dimension 0 open/)
    assert.throws(() => importModel(file(net), { inputShapes: { z: [1] } }), /no input "z"; it has "x", "mask"/)
    assert.throws(() => importModel(file(net), { inputShapes: { x: [1] } }), /"x" has 4 dimensions; the shape given for it, \[1\], has 1/)
  })

  it("that the graph computes from shapes are folded", () => {
    // The way in which PyTorch writes x.view(x.size(0), -1), and x.expand(-1, 3).
    const view: File = {
      input: [info("x", ["n", 2, 3])],
      node: [
        node("Shape", ["x"], ["shape"]), node("Gather", ["shape", "first"], ["n"], { axis: 0 }), node("Unsqueeze", ["n", "axes"], ["rows"]),
        node("Concat", ["rows", "rest"], ["target"], { axis: 0 }), node("Reshape", ["x", "target"], ["y"])
      ],
      initializer: [ints("first", [0], []), ints("axes", [0]), ints("rest", [-1])],
      output: y
    }
    assert.deepStrictEqual(importModel(file(view), { shapes: { n: 4 } }).outputs["y"]?.shape, [4, 6])
    const expand: File = {
      input: [info("x", ["n", 1])],
      node: [
        node("ConstantOfShape", ["rank"], ["ones"], { value: { data_type: 7, dims: [1], int64_data: [1] } }), node("Mul", ["ones", "minus"], ["kept"]),
        node("Equal", ["wanted", "kept"], ["which"]), node("Where", ["which", "ones", "wanted"], ["shape"]), node("Expand", ["x", "shape"], ["y"])
      ],
      initializer: [ints("rank", [2]), ints("minus", [-1], []), ints("wanted", [-1, 3])],
      output: y
    }
    assert.deepStrictEqual(importModel(file(expand), { shapes: { n: 4 } }).outputs["y"]?.shape, [4, 3])
  })

  it("that depend on an input need that input fixed", () => {
    const of: File = { input: [info("x", [6]), info("shape", [2], 7)], node: [node("Reshape", ["x", "shape"], ["y"])], output: y }
    assert.throws(() => importModel(file(of)), /Node "Reshape of y" \(Reshape\): its shape is computed from the model's inputs.*\(constants\)/)
    assert.deepStrictEqual(importModel(file(of), { constants: { shape: tensor([2, 3], [2], "int64") } }).outputs["y"]?.shape, [2, 3])
  })

  it("of a file written for one sample can be for more", () => {
    const of: File = {
      input: [info("x", [1, 2, 2])],
      node: [node("Reshape", ["x", "flat"], ["f"]), node("Concat", ["f", "extra"], ["y"], { axis: 1 })],
      initializer: [ints("flat", [1, -1]), floats("extra", [1, 1], [9])],
      output: y
    }
    assert.deepStrictEqual(run(of, { x: tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]) }, { batch: 2 }), { shape: [2, 5], values: [1, 2, 3, 4, 9, 5, 6, 7, 8, 9] })
    const two = { ...of, initializer: [ints("flat", [1, -1]), floats("extra", [1, 2], [9, 8])] }
    assert.deepStrictEqual(run(two, { x: tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]) }, { batch: 2 }).values, [1, 2, 3, 4, 9, 8, 5, 6, 7, 8, 9, 8])
  })
})

describe("what is not known", () => {
  it("is named, every node of it, as far as the outputs need it", () => {
    const of: File = {
      input: [info("x", [2])],
      node: [
        node("Frobnicate", ["x"], ["a"]), node("Relu", ["a"], ["b"]), node("Defenestrate", ["b"], ["y"], {}, { domain: "org.example" }),
        node("Unused", ["x"], ["c"])
      ],
      output: y
    }
    assert.throws(
      () => importModel(file(of)),
      'Node "Frobnicate of a" (Frobnicate): the operator is not known to the tensor engine.\nNode "Defenestrate of y" (org.example.Defenestrate): the operator is not known to the tensor engine.'
    )
    assert.deepStrictEqual(Object.keys(importModel(file(of), { outputs: ["x"] }).outputs), ["x"])
  })

  it("in an attribute or a type names its node or value", () => {
    assert.throws(() => importModel(file({ input: [info("x", [2])], node: [node("Relu", ["x"], ["y"], { slope: 1 })], output: y })), /Node "Relu of y" \(Relu\): the attribute slope is not known/)
    assert.throws(() => importModel(file({ input: [info("x", [2], 8)], node: [node("Identity", ["x"], ["y"])], output: y })), /input "x" holds string/)
    assert.throws(() => importModel(file({ input: [info("x", [2])], node: [node("Add", ["x", "nowhere"], ["y"])], output: y })), /Node "Add of y" \(Add\): its inputs name "nowhere", which nothing before them computes/)
    assert.throws(() => importModel(file({ input: [info("x", [2]), info("z", [3])], node: [node("Add", ["x", "z"], ["y"])], output: y })), /Node "Add of y" \(Add\): .*do not broadcast/)
  })
})

describe("a broken file", () => {
  // Bytes of a file that uses much of the format, changed here and there.
  const whole = file({
    opset: 11, input: [info("x", ["n", 2, 3, 3])],
    initializer: [floats("w", [2, 2, 1, 1], [1, 2, 3, 4]), ints("axes", [0]), ints("rest", [-1])],
    node: [
      node("Conv", ["x", "w"], ["c"], { kernel_shape: [1, 1], strides: [1, 1] }), node("MaxPool", ["c"], ["p"], { kernel_shape: [2, 2] }),
      node("Shape", ["p"], ["s"]), node("Gather", ["s", "axes"], ["n"]), node("Concat", ["n", "rest"], ["t"], { axis: 0 }), node("Reshape", ["p", "t"], ["y"])
    ],
    output: y
  })

  it("is refused with a sentence, or read", () => {
    const dice = new Dice(7)
    let refused = 0
    for (let i = 0; i < 400; i++) {
      const bytes = whole.slice(0, dice.pick([whole.length, whole.length, dice.whole(1, whole.length)]))
      for (let change = dice.whole(1, 3); change > 0; change--) bytes[dice.whole(0, bytes.length - 1)] = dice.whole(0, 255)
      try {
        importModel(bytes, { shapes: { n: 2 } })
      } catch (error) {
        refused++
        assert.instanceOf(error, GraphError, String(error))
      }
    }
    assert.isAbove(refused, 100)
  })
})

describe("control flow", () => {
  const branch = (op: string): object => ({ node: [node(op, ["x"], ["r"])], output: [{ name: "r" }] })

  it("with a known condition is the branch that it takes, whatever the other holds", () => {
    const of: File = {
      input: [info("x", [2])], initializer: [{ name: "c", dims: [], data_type: 9, int32_data: [1] }],
      node: [node("If", ["c"], ["y"], { then_branch: branch("Neg"), else_branch: branch("Frobnicate") })], output: y
    }
    assert.deepStrictEqual(run(of, { x: vector(1, 2) }).values, [-1, -2])
  })

  it("with a computed condition chooses between both branches, also in the gradient", () => {
    const of: File = {
      input: [info("x", [2]), info("c", [], 9)], node: [node("If", ["c"], ["y"], { then_branch: branch("Neg"), else_branch: branch("Exp") })], output: y
    }
    const { inputs, outputs } = importModel(file(of))
    const [result, x] = [outputs["y"], inputs["x"]]
    if (result === undefined || x === undefined) throw new Error("no values")
    const [slope] = grad(o.reduceSum(result), [x])
    if (slope === undefined) throw new Error("no gradient")
    const slopes = (c: number) => [...toNumbers(interpret({ slope }, { x: vector(0, 1), c: tensor([c], [], "bool") })["slope"] ?? vector())]
    assert.deepStrictEqual(slopes(1), [-1, -1])
    assert.closeTo(slopes(0)[1] ?? 0, Math.E, 1e-6)
  })

  it("with a known number of rounds is unrolled", () => {
    const body = {
      input: [info("i", [], 7), info("going", [], 9), info("state", [2])],
      node: [node("Identity", ["going"], ["go"]), node("Add", ["state", "x"], ["next"]), node("Mul", ["next", "next"], ["square"])],
      output: [{ name: "go" }, { name: "next" }, { name: "square" }]
    }
    const of: File = { input: [info("x", [2])], initializer: [ints("n", [3], [])], node: [node("Loop", ["n", "", "x"], ["last", "y"], { body })], output: y }
    assert.deepStrictEqual(run(of, { x: vector(1, -1) }), { shape: [3, 2], values: [4, 4, 9, 9, 16, 16] })
  })

  it("over a sequence is unrolled, backwards too", () => {
    const body = { input: [info("sum", [1]), info("one", [1])], node: [node("Add", ["sum", "one"], ["total"]), node("Identity", ["total"], ["seen"])], output: [{ name: "total" }, { name: "seen" }] }
    const scan = (directions: ReadonlyArray<number>): File => ({
      input: [info("x", [3, 1])], initializer: [floats("zero", [1], [0])],
      node: [node("Scan", ["zero", "x"], ["end", "y"], { body, num_scan_inputs: 1, scan_input_directions: directions })], output: y
    })
    assert.deepStrictEqual(run(scan([0]), { x: tensor([1, 2, 3], [3, 1]) }).values, [1, 3, 6])
    assert.deepStrictEqual(run(scan([1]), { x: tensor([1, 2, 3], [3, 1]) }).values, [3, 5, 6])
  })

  it("calls the functions of the file, with their attributes and defaults", () => {
    const leaky = node("LeakyRelu", ["a"], ["b"], {}, { attribute: [{ name: "alpha", type: 1, ref_attr_name: "slope" }] })
    const of: File = {
      domains: ["local"],
      functions: [{
        name: "Twice", domain: "local", input: ["a"], output: ["c"], attribute_proto: [{ name: "slope", type: 1, f: 0.5 }],
        node: [leaky, node("Add", ["b", "b"], ["c"])], opset_import: [{ domain: "", version: 17 }]
      }],
      input: [info("x", [1])],
      node: [node("Twice", ["x"], ["h"], {}, { domain: "local" }), node("Twice", ["h"], ["y"], { slope: 0.25 }, { domain: "local" })],
      output: y
    }
    assert.deepStrictEqual(run(of, { x: vector(-2) }).values, [-1])
  })
})

describe("weights", () => {
  const net: File = {
    input: [info("x", [1, 2, 1, 1]), info("w", [2, 2])], // a weight among the inputs, as old files have it
    initializer: [floats("w", [2, 2], [1, 2, 3, 4]), floats("bias", [2], [0.5, -0.5]), floats("mean", [2], [1, 1]), floats("var", [2], [1, 1]), floats("one", [], [1])],
    node: [
      node("Constant", [], ["scale"], { value: floats("", [2], [2, 2]) }), node("BatchNormalization", ["x", "scale", "bias", "mean", "var"], ["n"], { epsilon: 1e-5 }),
      node("Flatten", ["n"], ["f"]), node("MatMul", ["f", "w"], ["m"]), node("Mul", ["m", "one"], ["y"])
    ],
    output: y
  }

  it("are constants unless asked for, and inputs then, statistics and single numbers excepted", () => {
    assert.deepStrictEqual(Object.keys(importModel(file(net), { outputs: ["f"] }).inputs), ["x"])
    const { weights } = importModel(file(net), { trainable: true })
    assert.deepStrictEqual([...weights.keys()].sort(), ["bias", "scale", "w"])
    assert.deepStrictEqual([...toNumbers(weights.get("scale")?.initial ?? vector())], [2, 2])
    assert.deepStrictEqual([...importModel(file(net), { trainable: ["w"] }).weights.keys()], ["w"])
    assert.throws(() => importModel(file(net), { trainable: ["w", "v"] }), /no weights of floating-point numbers named "v"/)
  })

  it("that are inputs have gradients", () => {
    const { outputs, weights } = importModel(file({ ...net, node: net.node?.slice(2).map((one, i) => (i === 0 ? node("Flatten", ["x"], ["f"]) : one)) ?? [] }), { trainable: true })
    const [result, w] = [outputs["y"], weights.get("w")]
    if (result === undefined || w === undefined) throw new Error("no values")
    const [slope] = grad(o.reduceSum(result), [w.value])
    if (slope === undefined) throw new Error("no gradient")
    assert.deepStrictEqual([...toNumbers(interpret({ slope }, { x: tensor([5, 7], [1, 2, 1, 1]), w: w.initial })["slope"] ?? vector())], [5, 5, 7, 7])
  })

  it("may lie beside the model", () => {
    const external_data = [{ key: "location", value: "net.data" }, { key: "offset", value: "4" }, { key: "length", value: "8" }]
    const of: File = { input: [info("x", [2])], initializer: [{ name: "w", dims: [2], data_type: 1, external_data, data_location: 1 }], node: [node("Add", ["x", "w"], ["y"])], output: y }
    const beside = new Uint8Array(Float32Array.of(9, 10, 20).buffer)
    assert.deepStrictEqual(run(of, { x: vector(1, 2) }, { externalData: () => beside }).values, [11, 22])
    assert.throws(() => importModel(file(of)), /"w" lies in the file "net.data" beside the model/)
    assert.throws(() => importModel(file(of), { externalData: () => beside.subarray(0, 8) }), /"w" is to be at 4 to 12 of "net.data", which has 8 bytes/)
  })
})

describe("earlier ways of writing", () => {
  it("of Softmax run over everything from their axis on", () => {
    const of: File = { opset: 11, input: [info("x", [1, 2, 2])], node: [node("Softmax", ["x"], ["y"])], output: y }
    assert.deepStrictEqual(run(of, { x: tensor([0, 0, 0, 0], [1, 2, 2]) }).values, [0.25, 0.25, 0.25, 0.25])
    assert.deepStrictEqual(run({ ...of, opset: 13 }, { x: tensor([0, 0, 0, 0], [1, 2, 2]) }).values, [0.5, 0.5, 0.5, 0.5])
  })

  it("of Clip, Pad, Squeeze and Slice have their settings as attributes", () => {
    const one = (opset: number, op: string, attributes: Parameters<typeof node>[3], shape: ReadonlyArray<number> = [3]): File =>
      ({ opset, input: [info("x", shape)], node: [node(op, ["x"], ["y"], attributes)], output: y })
    assert.deepStrictEqual(run(one(6, "Clip", { max: 1.5 }), { x: vector(-5, 1, 2) }).values, [-5, 1, 1.5])
    assert.deepStrictEqual(run(one(2, "Pad", { pads: [1, 0], value: 0.5 }), { x: vector(1, 2, 3) }).values, [0.5, 1, 2, 3])
    assert.deepStrictEqual(run(one(11, "Squeeze", { axes: [0] }, [1, 2]), { x: tensor([1, 2], [1, 2]) }).shape, [2])
    assert.deepStrictEqual(run(one(9, "Slice", { starts: [1], ends: [2 ** 31 - 1] }), { x: vector(1, 2, 3) }).values, [2, 3])
  })

  it("to the end of an axis survive being written again", () => {
    const of: File = {
      input: [info("x", [3])], initializer: [ints("from", [1]), { name: "to", dims: [1], data_type: 7, raw_data: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127) }],
      node: [node("Slice", ["x", "from", "to"], ["y"])], output: y
    }
    const again = importModel(encodeModel(importModel(file(of)).outputs))
    assert.deepStrictEqual([...toNumbers(interpret(again.outputs, { x: vector(1, 2, 3) })["y"] ?? vector())], [2, 3])
  })

  it("of broadcasting name the axis", () => {
    const of: File = {
      opset: 6, input: [info("x", [2, 2, 1]), info("b", [2])], output: y,
      node: [node("Add", ["x", "b"], ["y"], { broadcast: 1, axis: 1 })]
    }
    assert.deepStrictEqual(run(of, { x: tensor([0, 0, 0, 0], [2, 2, 1]), b: vector(1, 2) }).values, [1, 2, 1, 2])
  })
})
