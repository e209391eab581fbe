/**
 * Resize and the older Upsample. Every axis is resampled by itself, by a constant matrix, whose transpose takes the gradient back.
 * (onnxruntime's CPU provider resizes float32 and small whole numbers, not float64.)
 */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, type Composition, constantNumbers, first, floatOf, intOf, intsOf, item, Misfit, type Operator, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { at, broadcastStrides, type Shape, walk } from "../shape.ts"
import { fromNumbers } from "../tensor.ts"
import { mapArray, mapAxis, transposed } from "./linear-map.ts"
import { axisMap, type AxisMap, type AxisResampling, type Resampling } from "./resize-coefficients.ts"

const attributes: Operator["attributes"] = {
  antialias: { kind: "int" }, axes: { kind: "ints" }, coordinate_transformation_mode: { kind: "string" }, cubic_coeff_a: { kind: "float" },
  exclude_outside: { kind: "int" }, extrapolation_value: { kind: "float" }, keep_aspect_ratio_policy: { kind: "string" }, mode: { kind: "string" },
  nearest_mode: { kind: "string" }, roi: { kind: "floats", input: 1 }, scales: { kind: "floats", input: 2, type: "float32" }, sizes: { kind: "ints", input: 3 }
}

const resamplingOf = (given: Attributes): Resampling => ({
  mode: stringOf(given, "mode", "nearest"),
  coordinates: stringOf(given, "coordinate_transformation_mode", "half_pixel"),
  nearest: stringOf(given, "nearest_mode", "round_prefer_floor"),
  cubic: floatOf(given, "cubic_coeff_a", -0.75),
  antialias: intOf(given, "antialias", 0) !== 0,
  excludeOutside: intOf(given, "exclude_outside", 0) !== 0
})

type ResizedAxis = AxisResampling & { readonly axis: number }

/** What is asked of each resized axis, from scales or sizes. */
const axesOf = (shape: Shape, given: Attributes): ReadonlyArray<ResizedAxis> => {
  const axes = (intsOf(given, "axes") ?? [...shape.keys()]).map((axis) => axisOf(axis, shape))
  const listOf = (name: string) => {
    const list = intsOf(given, name) ?? []
    if (list.length !== 0 && list.length !== axes.length) throw new Misfit(`${name} are to be ${axes.length} numbers, not ${list.length}`)
    return list.length === 0 ? undefined : list
  }
  const [scales, sizes] = [listOf("scales"), listOf("sizes")]
  const region = intsOf(given, "roi") ?? []
  const result = axes.map((axis, i): ResizedAxis => {
    const size = at(shape, axis)
    const scale = scales === undefined ? undefined : at(scales, i)
    const wanted = sizes === undefined ? undefined : at(sizes, i)
    if ((scale === undefined) === (wanted === undefined)) throw new Misfit("needs either scales or sizes")
    const bounds = [region[i] ?? 0, region[axes.length + i] ?? 1] as const
    return { axis, size, region: bounds, scale: scale ?? (wanted ?? size) / size, result: wanted ?? Math.floor(size * (scale ?? 1)) }
  })
  const policy = stringOf(given, "keep_aspect_ratio_policy", "stretch")
  if (sizes === undefined || policy === "stretch") return result
  const scale = policy === "not_larger" ? Math.min(...result.map((one) => one.scale)) : Math.max(...result.map((one) => one.scale))
  return result.map((one) => ({ ...one, scale, result: Math.floor(scale * one.size + 0.5) }))
}

export interface Step {
  readonly axis: number
  readonly map: AxisMap
}

/** What happens along each axis that changes, one after the other. */
export const stepsOf = (shape: Shape, given: Attributes): ReadonlyArray<Step> => {
  const resampling = resamplingOf(given)
  return axesOf(shape, given).map((axis): Step => ({ axis: axis.axis, map: axisMap(axis, resampling) }))
    .filter(({ axis, map: { matrix, outside } }) =>
      matrix.length !== shape[axis] || outside.includes(true) || matrix.some((row, i) => row[i] !== 1))
}

/** How often each element is repeated, when it is equally often along every axis and nothing else happens. */
const repetitions = (shape: Shape, steps: ReadonlyArray<Step>, given: Attributes): ReadonlyArray<number> | undefined => {
  if (stringOf(given, "mode", "nearest") !== "nearest") return undefined
  const factors = shape.map((size, axis) => (steps.find((step) => step.axis === axis)?.map.matrix.length ?? size) / size)
  const repeats = steps.every(({ axis, map }) => !map.outside.includes(true) && map.matrix.every((row, i) => row[Math.floor(i / at(factors, axis))] === 1))
  return repeats && factors.every(Number.isInteger) ? factors : undefined
}

const repeated = (x: Value, factors: ReadonlyArray<number>): Value => {
  const split = x.shape.flatMap((size, axis) => (at(factors, axis) === 1 ? [size] : [size, 1]))
  const wide = x.shape.flatMap((size, axis) => (at(factors, axis) === 1 ? [size] : [size, at(factors, axis)]))
  return o.reshape(o.expand(o.reshape(x, split), wide), x.shape.map((size, axis) => size * at(factors, axis)))
}

const outsideShape = (shape: Shape, axis: number): Shape => shape.map((size, i) => (i === axis ? size : 1))

/** x with another value wherever an axis lies beyond the source. */
const whereOutside = (x: Value, steps: ReadonlyArray<Step>, value: number): Value =>
  steps.filter(({ map }) => map.outside.includes(true)).reduce((rest, { axis, map }) => {
    const flags = fromNumbers(map.outside.map(Number), { type: "bool", shape: outsideShape(rest.shape, axis) })
    return o.where(rest.graph.constant(flags), value, rest)
  }, x)

/**
 * Forms that the runtime computes otherwise than ONNX's reference: for the corners it takes the result's whole size, not the size before it is
 * rounded down; and it leaves an axis alone whose size stays, although another part of the source was asked for.
 */
const runtimeDiffers = (shape: Shape, given: Attributes, mode: string): boolean =>
  axesOf(shape, given).some(({ region: [from, to], result, scale, size }) =>
    (mode === "align_corners" && Math.abs(scale * size - result) > 1e-6) ||
    (mode === "tf_crop_and_resize" && size === result && (from !== 0 || to !== 1)))

const resize: Operator = {
  name: "Resize",
  inputs: [1, 1],
  attributes,
  infer: (inputs, given) => {
    const { type, shape } = first(inputs)
    stepsOf(shape, given)
    const axes = axesOf(shape, given)
    return [{ type, shape: shape.map((size, axis) => axes.find((one) => one.axis === axis)?.result ?? size) }]
  },
  evaluate: (inputs, given) => {
    let { data, shape } = first(inputs)
    const steps = stepsOf(shape, given)
    for (const { axis, map } of steps) {
      data = mapArray(data, shape, axis, map.matrix)
      shape = shape.with(axis, map.matrix.length)
    }
    for (const { axis, map } of steps) {
      walk(shape, [broadcastStrides(outsideShape(shape, axis), shape)], (position, offsets) => {
        if (map.outside[at(offsets, 0)] === true) data[position] = floatOf(given, "extrapolation_value", 0)
      })
    }
    return [data]
  },
  derivative: ({ inputs, attributes: given, gradient }) => {
    const { shape } = first(inputs)
    const steps = stepsOf(shape, given)
    return [() => steps.toReversed().reduce((value, { axis, map }) =>
      mapAxis(value, axis, `back ${map.key}`, transposed(map.matrix, at(shape, axis))), whereOutside(gradient, steps, 0))]
  },
  simplify: (inputs, given) => {
    const x = first(inputs)
    const steps = stepsOf(x.shape, given)
    if (steps.length === 0) return x
    const factors = repetitions(x.shape, steps, given)
    return factors === undefined ? undefined : repeated(x, factors)
  },
  compose: (inputs, given) => {
    const x = first(inputs)
    const mode = stringOf(given, "coordinate_transformation_mode", "half_pixel")
    // The other is of opset 11 only, no longer to be written.
    if (mode !== "tf_half_pixel_for_nn" && !runtimeDiffers(x.shape, given, mode)) return undefined
    const steps = stepsOf(x.shape, given)
    const resampled = steps.reduce((value, { axis, map }) => mapAxis(value, axis, map.key, map.matrix), x)
    return [whereOutside(resampled, steps, floatOf(given, "extrapolation_value", 0))]
  }
}

/** Of opsets 7 to 9, where the result's first element lies on the source's. */
const upsample: Composition = {
  name: "Upsample",
  inputs: [2, 2],
  attributes: { mode: { kind: "string" } },
  compose: (inputs, given) => {
    const x = first(inputs)
    const scales = constantNumbers(item(inputs, 1), "scales")
    const mode = stringOf(given, "mode", "nearest")
    return x.graph.apply("Resize", [x], { scales, mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" })
  }
}

export const resizes: ReadonlyArray<Operator | Composition> = [resize, upsample]
