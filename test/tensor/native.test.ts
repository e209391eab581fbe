/**
 * Operators that the engine builds of others, and forms that ONNX's vectors do not have, against onnxruntime's own operators: a file with
 * one node runs in onnxruntime as it stands, and imported in the interpreter.
 */
import { assert, describe, it } from "vitest"
import { decodeModel } from "../../src/tensor/onnx/decode.ts"
import type { TensorProto } from "../../src/tensor/onnx/schema.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { sizeOf } from "../../src/tensor/shape.ts"
import { fromNumbers, type Tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { apart, Dice } from "./cases.ts"
import { file, floats, info, ints, node } from "./onnx/files.ts"

interface Form {
  /** Shapes of random inputs, or constants, in order; undefined for one that is left out. */
  readonly inputs: ReadonlyArray<ReadonlyArray<number> | TensorProto | undefined>
  readonly attributes?: Parameters<typeof node>[3]
  readonly opset?: number
  readonly outputs?: number
  readonly low?: number
  /** Relative, and absolute below 1. */
  readonly tolerance?: number
}

const dice = new Dice(3)
const isShape = (input: ReadonlyArray<number> | TensorProto): input is ReadonlyArray<number> => Array.isArray(input)

const modelOf = (op: string, { inputs, attributes, opset = 20, outputs = 1, low = -2 }: Form) => {
  const names = inputs.map((input, i) => (input === undefined ? "" : `x${i}`))
  const feeds: Record<string, Tensor> = {}
  const initializer: Array<TensorProto> = []
  inputs.forEach((input, i) => {
    if (input === undefined) return
    if (!isShape(input)) return void initializer.push({ ...input, name: `x${i}` })
    feeds[`x${i}`] = fromNumbers(apart(dice, sizeOf(input), low, 2), { type: "float32", shape: input })
  })
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`)
  const bytes = file({
    opset, initializer, node: [node(op, names, results, attributes)],
    input: Object.entries(feeds).map(([name, { shape }]) => info(name, shape)),
    output: results.map((name, i) => ({ name, type: { tensor_type: { elem_type: op === "TopK" && i === 1 ? 7 : 1 } } }))
  })
  return { bytes, feeds, results }
}

const runNatively = async (bytes: Uint8Array, feeds: Readonly<Record<string, Tensor>>) => {
  const ort = await import("onnxruntime-node")
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 })
  const fed = Object.fromEntries(Object.entries(feeds).map(([name, { type, data, shape }]) => [name, new ort.Tensor(type, data, shape)]))
  const results = await session.run(fed)
  await session.release()
  return results
}

const check = (op: string, forms: ReadonlyArray<Form>): void => {
  it(op, async () => {
    for (const form of forms) {
      const { bytes, feeds, results } = modelOf(op, form)
      const expected = await runNatively(bytes, feeds)
      const actual = interpret(decodeModel(bytes).outputs, feeds)
      for (const name of results) {
        const [ours, theirs] = [actual[name], expected[name]]
        assert.deepStrictEqual(ours?.shape, theirs?.dims, JSON.stringify(form))
        const numbers = ours === undefined ? [] : toNumbers(ours)
        const others = theirs?.data ?? []
        for (let i = 0; i < others.length; i++) {
          const number = Number(others[i])
          assert.closeTo(numbers[i] ?? NaN, number, (form.tolerance ?? 2e-5) * Math.max(1, Math.abs(number)), `${name}[${i}] of ${JSON.stringify(form)}`)
        }
      }
    }
  })
}

const X = [1, 2, 4, 5]
const resize = (sizes: ReadonlyArray<number>, attributes: Form["attributes"]): Form =>
  ({ inputs: [X, undefined, undefined, ints("", sizes)], opset: 19, ...(attributes === undefined ? {} : { attributes }) })
const scaled = (scales: ReadonlyArray<number>, attributes: Form["attributes"]): Form =>
  ({ inputs: [X, undefined, floats("", [4], scales)], opset: 19, ...(attributes === undefined ? {} : { attributes }) })
const einsum = (equation: string, ...inputs: ReadonlyArray<ReadonlyArray<number>>): Form => ({ inputs, attributes: { equation } })

describe("onnxruntime's own operators agree", () => {
  check("Resize", [
    ...["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"].flatMap((coordinate_transformation_mode) => [
      ...["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].map((nearest_mode) =>
        resize([1, 2, 7, 4], { mode: "nearest", coordinate_transformation_mode, nearest_mode })),
      resize([1, 2, 7, 3], { mode: "linear", coordinate_transformation_mode }), resize([1, 2, 3, 9], { mode: "cubic", coordinate_transformation_mode })
    ]),
    resize([1, 2, 8, 10], { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }),
    scaled([1, 1, 0.6, 2.5], { mode: "linear" }), scaled([1, 1, 1.7, 0.8], { mode: "nearest" }), scaled([1, 1, 0.6, 1.3], { mode: "cubic", cubic_coeff_a: -0.5, exclude_outside: 1 }),
    resize([1, 2, 2, 3], { mode: "linear", antialias: 1 }), resize([1, 2, 3, 2], { mode: "cubic", antialias: 1 }),
    { inputs: [X, undefined, undefined, ints("", [6, 12])], attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_larger" }, opset: 19 },
    { inputs: [X, undefined, undefined, ints("", [6, 12])], attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller", mode: "linear" }, opset: 19 },
    {
      inputs: [X, floats("", [8], [0, 0, 0.2, -0.4, 1, 1, 0.7, 1.3]), undefined, ints("", [1, 2, 3, 6])], opset: 19,
      attributes: { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: 0.5 }
    }
  ])
  check("Upsample", [{ inputs: [X, floats("", [4], [1, 1, 2, 3])], opset: 9 }, { inputs: [X, floats("", [4], [1, 1, 2, 3])], attributes: { mode: "linear" }, opset: 9 }])
  check("DFT", [
    { inputs: [[2, 6, 1]] }, { inputs: [[2, 7, 2]] }, { inputs: [[2, 8, 1]], attributes: { onesided: 1 } }, { inputs: [[2, 5, 2]], attributes: { inverse: 1 } },
    { inputs: [[3, 4, 2], undefined, ints("", [0], [])] }, { inputs: [[2, 6, 1], ints("", [9], [])] }, { inputs: [[2, 6, 1], ints("", [4], []), ints("", [1], [])] },
    // The runtime's own rounding grows with the length.
    { inputs: [[1, 1024, 1]], tolerance: 1e-3 }, { inputs: [[1, 600, 2]], attributes: { inverse: 1 }, tolerance: 1e-3 }
  ])
  check("Einsum", [
    einsum("bij,bjk->bik", [2, 3, 4], [2, 4, 2]), einsum("bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, 5, 4]), einsum("ij,ij->", [3, 4], [3, 4]), einsum("i,j->ij", [3], [4]),
    einsum("bii->bi", [2, 3, 3]), einsum("...ij,...jk->...ik", [2, 3, 4], [2, 4, 2]), einsum("ba,cb", [2, 3], [4, 2]), einsum("ij,jk,kl->il", [2, 3], [3, 4], [4, 2])
  ])
  check("GroupNormalization", [
    { inputs: [[2, 6, 4, 3], [6], [6]], attributes: { num_groups: 3, epsilon: 0.01 }, opset: 21 }, { inputs: [[2, 6, 5], [6], [6]], attributes: { num_groups: 1 }, opset: 21 }
  ])
  check("LayerNormalization", [{ inputs: [[2, 3, 4], [4], [4]], outputs: 3 }, { inputs: [[2, 3, 4], [3, 4]], attributes: { axis: 1, epsilon: 0.01 } }])
  check("InstanceNormalization", [{ inputs: [[2, 3, 4], [3], [3]] }])
  check("LpNormalization", [{ inputs: [[2, 3, 4]], attributes: { p: 1, axis: 1 } }, { inputs: [[2, 3, 4]] }])
  check("LRN", [{ inputs: [[2, 6, 3, 2]], attributes: { size: 3, alpha: 0.3, beta: 0.6, bias: 1.5 } }])
  check("LpPool", [
    { inputs: [[1, 2, 6, 7]], attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] } }, { inputs: [[1, 2, 6, 7]], attributes: { kernel_shape: [2, 2], p: 3 } },
    { inputs: [[1, 2, 6, 7]], attributes: { kernel_shape: [2, 3], p: 1, dilations: [2, 2] }, opset: 18 }
  ])
  check("GlobalLpPool", [{ inputs: [[2, 3, 4, 5]] }, { inputs: [[2, 3, 4]], attributes: { p: 1 } }])
  check("ConvTranspose", [
    { inputs: [[1, 2, 3, 4], [2, 2, 3, 3]], attributes: { strides: [3, 2], output_shape: [10, 8] } }, { inputs: [[1, 2, 3, 4], [2, 1, 3, 3]], attributes: { auto_pad: "SAME_UPPER", strides: [2, 2], group: 2 } },
    { inputs: [[1, 2, 3, 4], [2, 1, 3, 3], [1]], attributes: { auto_pad: "SAME_LOWER", strides: [2, 2] } }, { inputs: [[1, 2, 3, 4], [2, 1, 2, 3]], attributes: { auto_pad: "VALID", dilations: [2, 1] } }
  ])
  check("Pad", ["reflect", "edge", "wrap"].flatMap((mode): ReadonlyArray<Form> => [
    { inputs: [[2, 3, 4], ints("", [0, 1, 2, 1, 2, 3])], attributes: { mode }, opset: 19 },
    { inputs: [[2, 3, 4], ints("", [1, 2, 2, 0]), undefined, ints("", [-1, 1])], attributes: { mode }, opset: 19 }
  ]))
  check("ScatterElements", ["add", "mul", "max", "min"].map((reduction): Form =>
    ({ inputs: [[3, 4], ints("", [0, 2, 1, 1, 0, 2, -1, 1], [2, 4]), [2, 4]], attributes: { reduction }, opset: 18 })))
  check("ScatterND", ["add", "mul", "max", "min"].map((reduction): Form => ({ inputs: [[4, 3], ints("", [1, 3, 1], [3, 1]), [3, 3]], attributes: { reduction }, opset: 18 })))
  check("GatherND", [{ inputs: [[2, 3, 4], ints("", [1, 0, 2, -3], [2, 2, 1])], attributes: { batch_dims: 1 } }, { inputs: [[2, 3, 4], ints("", [0, 3, 1, 0, 2, -1], [2, 3, 1])], attributes: { batch_dims: 2 } }])
  check("TopK", [{ inputs: [[3, 6], ints("", [4])], outputs: 2 }, { inputs: [[3, 6, 2], ints("", [2])], attributes: { axis: 1, largest: 0 }, outputs: 2 }])
  check("CumSum", [{ inputs: [[3, 4], ints("", [1], [])], attributes: { exclusive: 1, reverse: 1 } }, { inputs: [[3, 4], ints("", [-2], [])] }])
  check("Trilu", [{ inputs: [[2, 3, 5], ints("", [1], [])], attributes: { upper: 0 } }, { inputs: [[4, 3], ints("", [-1], [])] }])
  check("DepthToSpace", [{ inputs: [[2, 8, 2, 3]], attributes: { blocksize: 2, mode: "CRD" } }, { inputs: [[2, 8, 2, 3]], attributes: { blocksize: 2 } }])
  check("SpaceToDepth", [{ inputs: [[2, 3, 4, 6]], attributes: { blocksize: 2 } }])
  check("Gelu", [{ inputs: [[3, 4]] }, { inputs: [[3, 4]], attributes: { approximate: "tanh" } }])
  check("PRelu", [{ inputs: [[2, 3, 4], [3, 1]] }])
  check("Mod", [{ inputs: [[3, 4], [4]], attributes: { fmod: 1 } }])
  for (const op of ["Elu", "Celu"]) check(op, [{ inputs: [[3, 4]] }, { inputs: [[3, 4]], attributes: { alpha: 0.25 } }])
  check("ThresholdedRelu", [{ inputs: [[3, 4]], attributes: { alpha: 0.25 } }])
  for (const op of ["Selu", "Softsign", "Mish", "HardSwish", "Tan", "Atan", "Sinh", "Cosh", "Asinh"]) check(op, [{ inputs: [[3, 4]] }])
  for (const op of ["ReduceLogSum", "ReduceL2", "ReduceProd"]) check(op, [{ inputs: [[3, 4, 2], ints("", [0, -1])], low: 0.3 }, { inputs: [[3, 4], undefined], attributes: { noop_with_empty_axes: 0 }, low: 0.3 }])
})
