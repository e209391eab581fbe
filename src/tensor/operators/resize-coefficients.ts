/**
 * Resampling of one axis as a matrix: for every place of the result, where it lies in the source and how much each source element counts.
 * After ONNX's reference implementation of Resize (onnx/reference/ops/op_resize.py).
 */
import { Misfit } from "../operator.ts"
import type { Matrix } from "./linear-map.ts"

export interface Resampling {
  readonly mode: string
  readonly coordinates: string
  readonly nearest: string
  readonly cubic: number
  readonly antialias: boolean
  readonly excludeOutside: boolean
}

export interface AxisResampling {
  readonly size: number
  readonly result: number
  readonly scale: number
  /** What part of the source is taken, as fractions of it: for tf_crop_and_resize. */
  readonly region: readonly [number, number]
}

/** Where an element of the result lies in the source, in elements from the first. */
const sourceOf = (x: number, { size, result, scale, region: [from, to] }: AxisResampling, coordinates: string): number => {
  const stretched = scale * size
  switch (coordinates) {
    case "half_pixel": return (x + 0.5) / scale - 0.5
    case "half_pixel_symmetric": return (size / 2) * (1 - result / stretched) + (x + 0.5) / scale - 0.5
    case "pytorch_half_pixel": return stretched === 1 ? -0.5 : (x + 0.5) / scale - 0.5
    case "align_corners": return stretched === 1 ? 0 : (x * (size - 1)) / (stretched - 1)
    case "asymmetric": return x / scale
    // Of opset 11 only.
    case "tf_half_pixel_for_nn": return (x + 0.5) / scale
    case "tf_crop_and_resize":
      return from * (size - 1) + (stretched === 1 ? ((to - from) * (size - 1)) / 2 : (x * (to - from) * (size - 1)) / (stretched - 1))
    default: throw new Misfit(`the coordinate transformation ${coordinates} is not known`)
  }
}

/** Keys's cubic convolution kernel. */
const cubicKernel = (distance: number, a: number): number => {
  const x = Math.abs(distance)
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
}

const integersFrom = (start: number, count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => start + i)

interface Tap {
  /** Elements from the one on the left. */
  readonly offset: number
  readonly weight: number
}

/** What counts around a place that lies `ratio` (of (0, 1]) to the right of an element. */
const tapsAt = (ratio: number, scale: number, { mode, nearest, cubic, antialias }: Resampling): ReadonlyArray<Tap> => {
  if (mode === "nearest") return [{ offset: nearestOffset(ratio, nearest), weight: 1 }]
  if (mode !== "linear" && mode !== "cubic") throw new Misfit(`the mode ${mode} is not known; nearest, linear and cubic are`)
  const shrink = antialias ? Math.min(scale, 1) : 1
  const reach = mode === "linear" ? 1 : 2
  const start = Math.floor(-reach / shrink) + 1
  const kernel = (distance: number): number => (mode === "linear" ? Math.max(0, 1 - Math.abs(distance)) : cubicKernel(distance, cubic))
  const taps = integersFrom(start, 2 - 2 * start).map((offset): Tap => ({ offset, weight: kernel((offset - ratio) * shrink) }))
  const total = antialias ? taps.reduce((sum, { weight }) => sum + weight, 0) : 1
  return taps.map(({ offset, weight }) => ({ offset, weight: weight / total }))
}

const nearestOffset = (ratio: number, mode: string): number => {
  if (ratio === 1) return 1
  switch (mode) {
    case "round_prefer_floor": return ratio <= 0.5 ? 0 : 1
    case "round_prefer_ceil": return ratio < 0.5 ? 0 : 1
    case "floor": return 0
    case "ceil": return 1
    default: throw new Misfit(`the nearest mode ${mode} is not known`)
  }
}

/** A place that is whole but for rounding. */
const snapped = (place: number): number => (Math.abs(place - Math.round(place)) < 1e-9 ? Math.round(place) : place)

export interface AxisMap {
  /** Says which map it is. */
  readonly key: string
  /** Coefficients, one row for each element of the result. */
  readonly matrix: Matrix
  /** Elements of the result that lie outside the source (tf_crop_and_resize gives them a fixed value). */
  readonly outside: ReadonlyArray<boolean>
}

export const axisMap = (axis: AxisResampling, resampling: Resampling): AxisMap => {
  const { size, scale } = axis
  const places = integersFrom(0, axis.result).map((x) => snapped(sourceOf(x, axis, resampling.coordinates)))
  const matrix = places.map((place) => {
    const row = new Float64Array(size)
    // An element that is met exactly counts as the right neighbour of the one before it.
    const left = Number.isInteger(place) ? place - 1 : Math.floor(place)
    const taps = tapsAt(place - left, scale, resampling)
      .map(({ offset, weight }) => ({ index: left + offset, weight }))
      .filter(({ index }) => !resampling.excludeOutside || (index >= 0 && index < size))
    const total = resampling.excludeOutside ? taps.reduce((sum, { weight }) => sum + weight, 0) : 1
    for (const { index, weight } of taps) {
      const inside = Math.min(Math.max(index, 0), size - 1)
      row[inside] = (row[inside] ?? 0) + weight / total
    }
    return row
  })
  return { key: JSON.stringify([axis, resampling]), matrix, outside: places.map((place) => resampling.coordinates === "tf_crop_and_resize" && (place < 0 || place > size - 1)) }
}
