/** Reading images at places that the graph computes, and putting pooled values back: compositions of gathers and scatters, so that they have derivatives. */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { sizeOf } from "../shape.ts"
import { type Call, listAttribute, numberAttribute, numbersOf, operand, textAttribute } from "./call.ts"
import type { Composition } from "./compositions.ts"

/** A coordinate of -1 to 1 as a place among `size` elements; with corners aligned the outermost centres are -1 and 1, otherwise the edges. */
const placeOf = (coordinate: Value, size: number, corners: boolean): Value =>
  corners ? o.mul(o.add(coordinate, 1), (size - 1) / 2) : o.sub(o.mul(o.add(coordinate, 1), size / 2), 0.5)

/** Places beyond the image brought back into it: to the border, or mirrored at it. */
const brought = (place: Value, size: number, padding: string, corners: boolean): Value => {
  if (padding === "zeros") return place
  if (padding === "border") return o.clip(place, 0, size - 1)
  const [first, span] = corners ? [0, size - 1] : [-0.5, size]
  if (span === 0) return o.mul(place, 0)
  const distance = o.abs(o.sub(place, first))
  const [rest, turns] = [o.fmod(distance, span), o.floor(o.div(distance, span))]
  const isOdd = o.greater(o.fmod(turns, 2), 0.5)
  return o.clip(o.add(o.where(isOdd, o.sub(span, rest), rest), first), 0, size - 1)
}

/** The elements of x [N, C, H W] at whole places [N, 1, P]; 0 beyond the image. */
const elementsAt = (x: Value, row: Value, column: Value, [rows, columns]: readonly [number, number]): Value => {
  const inside = o.and(
    o.and(o.greaterOrEqual(row, 0), o.lessOrEqual(row, rows - 1)), o.and(o.greaterOrEqual(column, 0), o.lessOrEqual(column, columns - 1))
  )
  const index = o.add(o.mul(o.clip(row, 0, rows - 1), columns), o.clip(column, 0, columns - 1))
  const [n = 0, channels = 0] = x.shape
  const everywhere = o.expand(o.cast(index, "int64"), [n, channels, index.shape[2] ?? 0])
  return o.mul(o.gatherElements(x, everywhere, 2), o.cast(inside, x.type))
}

/** x [N, C, H, W] at places [N, H', W', (column, row)] of -1 to 1. */
const gridSample: Composition = (call) => {
  const [x, grid] = [operand(call, 0), operand(call, 1)]
  const [n, channels, rows, columns] = x.shape
  const [, height = 0, width = 0] = grid.shape
  if (n === undefined || channels === undefined || rows === undefined || columns === undefined || x.shape.length !== 4) {
    throw new GraphError({ message: `${call.where}: it takes images [N, C, H, W].` })
  }
  const mode = textAttribute(call, "mode") ?? "linear"
  if (!["linear", "bilinear", "nearest"].includes(mode)) throw new GraphError({ message: `${call.where}: the mode ${mode} is not supported; linear and nearest are.` })
  const [padding, corners] = [textAttribute(call, "padding_mode") ?? "zeros", (numberAttribute(call, "align_corners") ?? 0) !== 0]
  const coordinate = (axis: number, size: number): Value =>
    brought(placeOf(o.reshape(o.slice(grid, [axis], [axis + 1], [3]), [n, 1, height * width]), size, corners), size, padding, corners)
  const [column, row] = [coordinate(0, columns), coordinate(1, rows)]
  const flat = o.reshape(x, [n, channels, rows * columns])
  const read = (atRow: Value, atColumn: Value): Value => elementsAt(flat, atRow, atColumn, [rows, columns])
  const sampled = mode === "nearest" ? read(o.round(row), o.round(column)) : between(read, row, column)
  return [o.reshape(sampled, [n, channels, height, width])]
}

/** Between the four neighbours, by how near they are. */
const between = (read: (row: Value, column: Value) => Value, row: Value, column: Value): Value => {
  const [top, left] = [o.floor(row), o.floor(column)]
  const [down, right] = [o.sub(row, top), o.sub(column, left)]
  const mixed = (from: Value): Value => o.add(o.mul(read(from, left), o.sub(1, right)), o.mul(read(from, o.add(left, 1)), right))
  return o.add(o.mul(mixed(top), o.sub(1, down)), o.mul(mixed(o.add(top, 1)), down))
}

/** The maxima of a pooling at the places they came from, zeros elsewhere; places count through the whole tensor. */
const maxUnpool: Composition = (call) => {
  const [x, places, size] = [operand(call, 0), operand(call, 1), call.inputs[2]]
  const pooled = pooledFrom(call, x)
  const shape = size === undefined ? pooled : numbersOf(size, "output shape", call)
  // Places were counted in the pool's input; where a larger result is asked for, rows and columns keep their numbers.
  const source = sizeOf(shape) === sizeOf(pooled) ? places : renumbered(places, pooled, shape)
  const flat = o.scatterElements(o.full(x, [sizeOf(shape)], 0), o.reshape(source, [-1]), o.reshape(x, [-1]))
  return [o.reshape(flat, shape)]
}

/** The shape that a pooling with these windows came from. */
const pooledFrom = (call: Call, { shape }: Value): ReadonlyArray<number> => {
  const kernel = listAttribute(call, "kernel_shape") ?? []
  const [strides, pads] = [listAttribute(call, "strides") ?? kernel.map(() => 1), listAttribute(call, "pads") ?? [...kernel, ...kernel].map(() => 0)]
  const spatial = kernel.map((k, axis) => ((shape[axis + 2] ?? 1) - 1) * (strides[axis] ?? 1) + k - (pads[axis] ?? 0) - (pads[axis + kernel.length] ?? 0))
  return [...shape.slice(0, 2), ...spatial]
}

const renumbered = (places: Value, from: ReadonlyArray<number>, to: ReadonlyArray<number>): Value => {
  let [rest, result, stride] = [places, o.mul(places, 0), 1]
  for (const axis of [...from.keys()].toReversed()) {
    const size = places.graph.constant(from[axis] ?? 1, "int64")
    result = o.add(result, o.mul(o.mod(rest, size), stride))
    rest = o.div(rest, size)
    stride *= to[axis] ?? 1
  }
  return result
}

export const samplings: ReadonlyArray<readonly [string, Composition]> = [["GridSample", gridSample], ["MaxUnpool", maxUnpool]]
