/**
 * Resize and the older Upsample: every axis is resampled by itself, by a constant matrix (linear, cubic), by gathering (nearest), or, where
 * every element is repeated equally often, by repeating.
 */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, type Composition, first, floatOf, intOf, intsOf, item, Misfit, stringOf, constantNumbers } from "../operator.ts"
import * as o from "../ops.ts"
import { at, type Shape } from "../shape.ts"
import { fromNumbers } from "../tensor.ts"
import { mapAxis } from "./linear-map.ts"
import { axisMap, type AxisMap, type AxisResampling, type Resampling } from "./resize-coefficients.ts"

const indexOfOne = (row: ArrayLike<number>): number => Array.from(row).indexOf(1)

const apply = (x: Value, axis: number, { matrix }: AxisMap, mode: string): Value => {
  const size = at(x.shape, axis)
  if (mode !== "nearest") {
    const unchanged = matrix.length === size && matrix.every((row, i) => row[i] === 1)
    return unchanged ? x : mapAxis(x, axis, matrix)
  }
  const sources = matrix.map(indexOfOne)
  const factor = matrix.length / size
  if (sources.every((source, i) => source === Math.floor(i / factor))) {
    const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)]
    const repeated = o.expand(o.reshape(x, [...before, size, 1, ...after]), [...before, size, factor, ...after])
    return Number.isInteger(factor) ? o.reshape(repeated, x.shape.with(axis, matrix.length)) : gathered(x, sources, axis)
  }
  return gathered(x, sources, axis)
}

const gathered = (x: Value, sources: ReadonlyArray<number>, axis: number): Value =>
  o.gather(x, x.graph.constant(fromNumbers(sources, { type: "int64", shape: [sources.length] })), axis)

/** What is asked of each resized axis, from scales or sizes. */
const axesOf = (shape: Shape, attributes: Attributes): ReadonlyArray<AxisResampling & { readonly axis: number }> => {
  const axes = (intsOf(attributes, "axes") ?? [...shape.keys()]).map((axis) => axisOf(axis, shape))
  const given = (name: string) => {
    const list = intsOf(attributes, name) ?? []
    if (list.length !== 0 && list.length !== axes.length) throw new Misfit(`${name} are to be ${axes.length} numbers, not ${list.length}`)
    return list.length === 0 ? undefined : list
  }
  const [scales, sizes] = [given("scales"), given("sizes")]
  const region = intsOf(attributes, "roi") ?? []
  const result = axes.map((axis, i) => {
    const size = at(shape, axis)
    const scale = scales === undefined ? undefined : at(scales, i)
    const wanted = sizes === undefined ? undefined : at(sizes, i)
    if ((scale === undefined) === (wanted === undefined)) throw new Misfit("needs either scales or sizes")
    const bounds = [region[i] ?? 0, region[axes.length + i] ?? 1] as const
    return { axis, size, region: bounds, scale: scale ?? (wanted ?? size) / size, result: wanted ?? Math.floor(size * (scale ?? 1)) }
  })
  const policy = stringOf(attributes, "keep_aspect_ratio_policy", "stretch")
  if (sizes === undefined || policy === "stretch") return result
  const scale = policy === "not_larger" ? Math.min(...result.map((one) => one.scale)) : Math.max(...result.map((one) => one.scale))
  return result.map((one) => ({ ...one, scale, result: Math.floor(scale * one.size + 0.5) }))
}

const resampled = (x: Value, axes: ReturnType<typeof axesOf>, resampling: Resampling, beyond: number): Value => {
  const maps = axes.map((axis) => ({ axis: axis.axis, map: axisMap(axis, resampling) }))
  const result = maps.reduce((value, { axis, map }) => apply(value, axis, map, resampling.mode), x)
  return maps.filter(({ map }) => map.outside.includes(true)).reduce((value, { axis, map }) => {
    const shape = value.shape.map((size, i) => (i === axis ? size : 1))
    const outside = x.graph.constant(fromNumbers(map.outside.map(Number), { type: "bool", shape }))
    return o.where(outside, beyond, value)
  }, result)
}

export const resizes: ReadonlyArray<Composition> = [
  {
    name: "Resize",
    inputs: [1, 1],
    attributes: {
      antialias: { kind: "int" }, axes: { kind: "ints" }, coordinate_transformation_mode: { kind: "string" }, cubic_coeff_a: { kind: "float" },
      exclude_outside: { kind: "int" }, extrapolation_value: { kind: "float" }, keep_aspect_ratio_policy: { kind: "string" }, mode: { kind: "string" },
      nearest_mode: { kind: "string" }, roi: { kind: "floats", input: 1 }, scales: { kind: "floats", input: 2 }, sizes: { kind: "ints", input: 3 }
    },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      const resampling: Resampling = {
        mode: stringOf(attributes, "mode", "nearest"),
        coordinates: stringOf(attributes, "coordinate_transformation_mode", "half_pixel"),
        nearest: stringOf(attributes, "nearest_mode", "round_prefer_floor"),
        cubic: floatOf(attributes, "cubic_coeff_a", -0.75),
        antialias: intOf(attributes, "antialias", 0) !== 0,
        excludeOutside: intOf(attributes, "exclude_outside", 0) !== 0
      }
      return [resampled(x, axesOf(x.shape, attributes), resampling, floatOf(attributes, "extrapolation_value", 0))]
    }
  },
  {
    // Of opsets 7 to 9, where the result's first element lies on the source's.
    name: "Upsample",
    inputs: [2, 2],
    attributes: { mode: { kind: "string" } },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      const mode = stringOf(attributes, "mode", "nearest")
      const scales = constantNumbers(item(inputs, 1), "scales")
      const resampling: Resampling = { mode, coordinates: "asymmetric", nearest: "floor", cubic: -0.75, antialias: false, excludeOutside: false }
      return [resampled(x, axesOf(x.shape, { scales }), resampling, 0)]
    }
  }
]
