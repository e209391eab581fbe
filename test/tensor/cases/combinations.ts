/**
 * Every combination of attributes that the engine claims for operators with many of them, on tensors as small as show them. All
 * combinations of a family lie in one graph, so that each check computes it once.
 */
import type { Value } from "../../../src/tensor/graph.ts"
import type { Attributes } from "../../../src/tensor/operator.ts"
import * as o from "../../../src/tensor/ops.ts"
import type { Shape } from "../../../src/tensor/shape.ts"
import type { Bench } from "./bench.ts"

export interface Combination {
  readonly title: string
  /** Floating-point operands. */
  readonly inputs: ReadonlyArray<Value>
  readonly output: Value
}

/** Every choice of one entry of each list. */
const product = <A extends Readonly<Record<string, ReadonlyArray<unknown>>>>(lists: A): ReadonlyArray<{ readonly [K in keyof A]: A[K][number] }> => {
  let all: ReadonlyArray<object> = [{}]
  for (const [name, list] of Object.entries(lists)) all = all.flatMap((one) => list.map((choice) => ({ ...one, [name]: choice })))
  return all.filter((one): one is { readonly [K in keyof A]: A[K][number] } => Object.keys(one).length === Object.keys(lists).length)
}

interface Call {
  readonly operator: string
  readonly shapes: ReadonlyArray<Shape>
  readonly attributes: Attributes
  /** Outputs to ask for (1); the first one counts. */
  readonly outputs?: number
}

/** The call on new inputs of the bench. */
const made = (bench: Bench, { attributes, operator, outputs = 1, shapes }: Call): Combination => {
  const inputs = shapes.map((shape) => bench.input(shape))
  const [output = o.callMany("Identity", inputs, {}, 1)[0]] = o.callMany(operator, inputs, attributes, outputs)
  if (output === undefined) throw new Error(`${operator} gave nothing`)
  return { title: `${operator} on ${shapes.map((shape) => shape.join("x")).join(" and ")} ${JSON.stringify(attributes)}`, inputs, output }
}

/** One number for each of some axes, the first another than the rest. */
const uneven = (axes: number, first: number, others: number): ReadonlyArray<number> => Array.from({ length: axes }, (_, axis) => (axis === 0 ? first : others))

const paddings = ["none", "uneven", "SAME_UPPER", "SAME_LOWER", "VALID"] as const
const padding = (kind: (typeof paddings)[number], axes: number): Attributes =>
  kind === "none" ? {} : kind === "uneven" ? { pads: [...uneven(axes, 1, 0), ...uneven(axes, 0, 1)] } : { auto_pad: kind }

const convolutions = (): ReadonlyArray<Call> =>
  product({ axes: [1, 2, 3], groups: [1, 2], strided: [false, true], dilated: [false, true], pads: paddings, bias: [false, true] })
    // onnxruntime has no rule for the sizes of SAME with dilations.
    .filter(({ bias, dilated, groups, pads }) => !(dilated && pads.startsWith("SAME")) && bias === (groups === 2))
    .map(({ axes, bias, dilated, groups, pads, strided }) => ({
      operator: "Conv",
      shapes: [[1, 2 * groups, ...uneven(axes, 5, 4)], [groups, 2, ...uneven(axes, 3, 2)], ...(bias ? [[groups]] : [])],
      attributes: {
        group: groups, kernel_shape: uneven(axes, 3, 2), ...(strided ? { strides: uneven(axes, 2, 3) } : {}), ...(dilated ? { dilations: uneven(axes, 2, 1) } : {}),
        ...padding(pads, axes)
      }
    }))

const transposedConvolutions = (): ReadonlyArray<Call> =>
  product({ axes: [1, 2, 3], groups: [1, 2], strided: [false, true], dilated: [false, true], pads: paddings, extra: ["none", "output_padding", "output_shape"], bias: [false, true] })
    // A result of a given size leaves no room for another rule; what is added at the end must be less than a step.
    .filter(({ bias, dilated, extra, groups, pads, strided }) => bias === (groups === 2) && !(dilated && pads.startsWith("SAME")) &&
      (extra === "none" || (strided && (extra === "output_padding" ? !pads.startsWith("SAME") : pads !== "uneven" && pads !== "VALID"))))
    .map(({ axes, bias, dilated, extra, groups, pads, strided }) => ({
      operator: "ConvTranspose",
      shapes: [[1, 2 * groups, ...uneven(axes, 3, 2)], [2 * groups, 1, ...uneven(axes, 3, 2)], ...(bias ? [[groups]] : [])],
      attributes: {
        group: groups, kernel_shape: uneven(axes, 3, 2), ...(strided ? { strides: uneven(axes, 2, 3) } : {}), ...(dilated ? { dilations: uneven(axes, 2, 1) } : {}),
        ...padding(pads, axes), ...(extra === "output_padding" ? { output_padding: uneven(axes, 1, 2) } : {}),
        ...(extra === "output_shape" ? { output_shape: uneven(axes, 6, 5) } : {})
      }
    }))

const pools = (): ReadonlyArray<Call> =>
  product({ operator: ["AveragePool", "MaxPool"], axes: [1, 2, 3], strided: [false, true], dilated: [false, true], pads: paddings, ceil: [0, 1], counted: [0, 1] })
    // Only one of the two has each of these, and SAME leaves nothing to round.
    .filter(({ ceil, counted, dilated, operator, pads }) =>
      (operator === "AveragePool" || counted === 0) && (operator === "MaxPool" || !dilated) && !(pads !== "none" && pads !== "uneven" && (ceil === 1 || counted === 1 || dilated)))
    .map(({ axes, ceil, counted, dilated, operator, pads, strided }) => ({
      operator,
      outputs: operator === "MaxPool" ? 2 : 1,
      shapes: [[1, 2, ...uneven(axes, 6, 4)]],
      attributes: {
        kernel_shape: uneven(axes, 3, 2), ...(strided ? { strides: uneven(axes, 2, 3) } : {}), ...(dilated ? { dilations: uneven(axes, 2, 1) } : {}),
        ...padding(pads, axes), ...(ceil === 1 ? { ceil_mode: 1 } : {}), ...(counted === 1 ? { count_include_pad: 1 } : {})
      }
    }))

const resamplings = (): ReadonlyArray<Call> => {
  const sizes = [{ sizes: [1, 1, 5, 3] }, { sizes: [1, 1, 2, 7] }, { scales: [1, 1, 1.6, 0.75] }] as const
  const coordinates = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners"] as const
  const nearest = product({ size: sizes, coordinates, nearest_mode: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] })
    .map(({ coordinates: mode, nearest_mode, size }) => ({ mode: "nearest", coordinate_transformation_mode: mode, nearest_mode, ...size }))
  const linear = product({ size: sizes, coordinates, antialias: [0, 1] })
    .map(({ antialias, coordinates: mode, size }) => ({ mode: "linear", coordinate_transformation_mode: mode, antialias, ...size }))
  const cubic = product({ size: sizes, coordinates, antialias: [0, 1], exclude_outside: [0, 1], a: [-0.75, -0.5] })
    .filter(({ a, exclude_outside }) => (a === -0.5) === (exclude_outside === 1))
    .map(({ a, antialias, coordinates: mode, exclude_outside, size }) =>
      ({ mode: "cubic", coordinate_transformation_mode: mode, antialias, cubic_coeff_a: a, exclude_outside, ...size }))
  return [...nearest, ...linear, ...cubic].map((attributes) => ({ operator: "Resize", shapes: [[1, 1, 3, 4]], attributes }))
}

/** What there is besides: a part of the image, some axes only, sizes that keep the image's proportions. */
const otherResamplings = (): ReadonlyArray<Call> => [
  ...product({
    mode: ["nearest", "linear", "cubic"], sizes: [[1, 1, 4, 5], [1, 1, 3, 5]], roi: [[0, 0, 0.1, -0.3, 1, 1, 0.8, 1.2], [0, 0, 0.2, 0, 1, 1, 0.9, 1]], extrapolation_value: [0, 2.5]
  }).map((attributes) => ({ ...attributes, coordinate_transformation_mode: "tf_crop_and_resize" })),
  ...(["stretch", "not_larger", "not_smaller"] as const).map((keep_aspect_ratio_policy) => ({ mode: "linear", keep_aspect_ratio_policy, axes: [2, 3], sizes: [6, 6] })),
  { mode: "linear", axes: [3, 2], sizes: [7, 2] }
].map((attributes) => ({ operator: "Resize", shapes: [[1, 1, 3, 4]], attributes }))

const paddingsOf = (): ReadonlyArray<Call> => [
  ...product({ mode: ["constant", "edge", "reflect", "wrap"], pads: [[1, 2, 0, 1], [2, 0, 1, 2]] }).map(({ mode, pads }) => ({ mode, pads })),
  { pads: [-1, 2, 1, -2], constant_value: 1.5 }, { pads: [2, 1], axes: [1] }, { pads: [1, 0, 0, 2], axes: [-1, 0], mode: "edge" }
].map((attributes) => ({ operator: "Pad", shapes: [[3, 4]], attributes }))

const reductions = (): ReadonlyArray<Call> =>
  product({
    operator: ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"],
    axes: [undefined, [], [1], [0, -1]], keepdims: [0, 1], noop_with_empty_axes: [0, 1]
  })
    // The reference takes a reduction over no axes for no reduction; onnxruntime still squares or takes magnitudes.
    .filter(({ axes, noop_with_empty_axes }) => noop_with_empty_axes === 0 || axes === undefined || axes.length === 0)
    .filter(({ noop_with_empty_axes, operator }) => noop_with_empty_axes === 0 || ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"].includes(operator))
    .map(({ axes, operator, ...rest }) => ({ operator, shapes: [[2, 3, 2]], attributes: { ...rest, ...(axes === undefined ? {} : { axes }) } }))

const running = (): ReadonlyArray<Call> =>
  product({ axis: [0, 1, -1], exclusive: [0, 1], reverse: [0, 1] }).map((attributes) => ({ operator: "CumSum", shapes: [[2, 3, 2]], attributes }))

const transforms = (): ReadonlyArray<Call> =>
  product({ axis: [0, 1], length: [1, 4, 5], parts: [1, 2], inverse: [0, 1], onesided: [0, 1] })
    // Half of the frequencies stand for all only where the signal is real.
    .filter(({ inverse, onesided, parts }) => onesided === 0 || (parts === 1 && inverse === 0))
    .map(({ axis, inverse, length, onesided, parts }) => ({
      operator: "DFT", shapes: [[2, length, parts].with(axis, length).with(1 - axis, 2)], attributes: { axis, inverse, onesided }
    }))

const products = (): ReadonlyArray<Call> =>
  product({ transA: [0, 1], transB: [0, 1], alpha: [1, 0.5], beta: [1, -2], c: [undefined, [], [4], [2, 1], [2, 4]] })
    .filter(({ beta, c }) => c !== undefined || beta === 1)
    .map(({ c, ...attributes }) => ({
      operator: "Gemm", shapes: [attributes.transA === 1 ? [3, 2] : [2, 3], attributes.transB === 1 ? [4, 3] : [3, 4], ...(c === undefined ? [] : [c])], attributes
    }))

const families: Readonly<Record<string, () => ReadonlyArray<Call>>> = {
  "convolutions": convolutions,
  "transposed convolutions": transposedConvolutions,
  "pools": pools,
  "resampling": resamplings,
  "resampling of parts and axes": otherResamplings,
  "padding": paddingsOf,
  "reductions": reductions,
  "running sums": running,
  "Fourier transforms": transforms,
  "matrix products": products
}

export const familyTitles: ReadonlyArray<string> = Object.keys(families)

/** The combinations of a family, all on the bench's graph. */
export const combinationsOf = (title: string, bench: Bench): ReadonlyArray<Combination> => (families[title]?.() ?? []).map((call) => made(bench, call))
