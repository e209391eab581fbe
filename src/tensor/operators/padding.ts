/** Adding elements around a tensor, or taking some away where a size is negative. */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, first, floatOf, intsOf, Misfit, type Operator, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { at, type Shape, sizeOf, stridesOf } from "../shape.ts"
import { mapAxis } from "./linear-map.ts"

interface Pads {
  /** One number for each axis of the tensor. */
  readonly before: ReadonlyArray<number>
  readonly after: ReadonlyArray<number>
}

const padsOf = (shape: Shape, attributes: Attributes): Pads => {
  const pads = intsOf(attributes, "pads") ?? []
  const axes = (intsOf(attributes, "axes") ?? [...shape.keys()]).map((axis) => axisOf(axis, shape))
  if (pads.length !== 2 * axes.length) throw new Misfit(`pads are to be ${2 * axes.length} numbers, not ${pads.length}`)
  const of = (list: ReadonlyArray<number>): ReadonlyArray<number> => shape.map((_, axis) => list[axes.indexOf(axis)] ?? 0)
  return { before: of(pads.slice(0, axes.length)), after: of(pads.slice(axes.length)) }
}

const modes: ReadonlyArray<string> = ["constant", "edge", "reflect", "wrap"]

const modeOf = (attributes: Attributes): string => {
  const mode = stringOf(attributes, "mode", "constant")
  if (!modes.includes(mode)) throw new Misfit(`the mode ${mode} is not known; ${modes.join(", ")} are`)
  return mode
}

/** Where a padded index lies in the source, or undefined in the padding. */
const sourceIndex = (index: number, size: number, mode: string): number | undefined => {
  if (index >= 0 && index < size) return index
  if (mode === "edge") return index < 0 ? 0 : size - 1
  if (mode === "wrap") return ((index % size) + size) % size
  if (mode !== "reflect") return undefined
  const period = 2 * (size - 1)
  const folded = period === 0 ? 0 : ((index % period) + period) % period
  return folded < size ? folded : period - folded
}

/** The gradient of elements that padding repeats: every copy's gradient goes back to its source, one axis after the other. */
const gathered = (gradient: Value, shape: Shape, { before }: Pads, mode: string): Value =>
  shape.reduce((value, size, axis) => {
    const padded = at(value.shape, axis)
    if (padded === size && at(before, axis) === 0) return value
    const sources = Array.from({ length: padded }, (_, i) => sourceIndex(i - at(before, axis), size, mode))
    const matrix = Array.from({ length: size }, (_, row) => Float64Array.from(sources, (source) => (source === row ? 1 : 0)))
    return mapAxis(value, axis, `unpad ${mode} ${at(before, axis)} ${padded} ${size}`, matrix)
  }, gradient)

export const paddings: ReadonlyArray<Operator> = [{
  name: "Pad",
  inputs: [1, 1],
  attributes: {
    mode: { kind: "string" }, pads: { kind: "ints", input: 1 }, constant_value: { kind: "float", input: 2 }, axes: { kind: "ints", input: 3 }
  },
  infer: (inputs, attributes) => {
    const { type, shape } = first(inputs)
    const { before, after } = padsOf(shape, attributes)
    modeOf(attributes)
    return [{ type, shape: shape.map((size, axis) => size + at(before, axis) + at(after, axis)) }]
  },
  evaluate: (inputs, attributes, outputs) => {
    const x = first(inputs)
    const { shape } = first(outputs)
    const { before } = padsOf(x.shape, attributes)
    const mode = modeOf(attributes)
    const [from, to] = [stridesOf(x.shape), stridesOf(shape)]
    return [Float64Array.from({ length: sizeOf(shape) }, (_, position) => {
      let offset = 0
      for (let axis = 0; axis < shape.length; axis++) {
        const index = Math.floor(position / at(to, axis)) % at(shape, axis) - at(before, axis)
        const source = sourceIndex(index, at(x.shape, axis), mode)
        if (source === undefined) return floatOf(attributes, "constant_value", 0)
        offset += source * at(from, axis)
      }
      return at(x.data, offset)
    })]
  },
  derivative: ({ inputs, attributes, gradient }) => {
    const { shape } = first(inputs)
    const pads = padsOf(shape, attributes)
    const mode = modeOf(attributes)
    return [() => {
      if (mode !== "constant") return gathered(gradient, shape, pads, mode)
      const { before, after } = pads
      if ([...before, ...after].some((size) => size < 0)) return o.pad(gradient, before.map((size) => -size), after.map((size) => -size))
      return o.slice(gradient, before, shape.map((size, axis) => at(before, axis) + size))
    }]
  },
  simplify: (inputs, attributes) => ((intsOf(attributes, "pads") ?? []).every((size) => size === 0) ? first(inputs) : undefined)
}]
