/** Builders that choose, order and place elements. */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import { fromNumbers } from "../tensor.ts"
import { call, callMany, wholeAxis } from "./call.ts"

/** The k greatest elements along an axis, greatest first, and their indices (int64). Gradients go back to where they came from. */
export const topK = (x: Value, k: number, { axis = -1, largest = true } = {}): { readonly values: Value; readonly indices: Value } => {
  const [values, indices] = callMany("TopK", [x], { k: [k], axis: wholeAxis("TopK", x, axis), largest: largest ? 1 : 0, sorted: 1 }, 2)
  if (values === undefined || indices === undefined) throw new GraphError({ message: "TopK gave fewer than two outputs." })
  return { values, indices }
}
/** Index (int64) of the least element, the first one of equals. */
export const argMin = (x: Value, axis = -1, keepDims = false): Value => call("ArgMin", [x], { axis, keepdims: keepDims ? 1 : 0 })

/** Sums of all elements up to each one along an axis: without itself if exclusive, from the end if reverse. */
export const cumSum = (x: Value, axis: number, { exclusive = false, reverse = false } = {}): Value =>
  call("CumSum", [x], { axis: wholeAxis("CumSum", x, axis), ...(exclusive ? { exclusive: 1 } : {}), ...(reverse ? { reverse: 1 } : {}) })

/** A new last axis of `depth` with 1 at each index and 0 elsewhere, in the type of `like`. */
export const oneHot = (indices: Value, depth: number, like: Value): Value => {
  const { graph } = indices
  const values = graph.constant(fromNumbers([0, 1], { type: like.type, shape: [2] }))
  return call("OneHot", [indices, graph.constant(depth, "int64"), values])
}

/** Elements at index tuples, which lie along the last axis of `indices`. */
export const gatherND = (x: Value, indices: Value, batchAxes = 0): Value =>
  call("GatherND", [x, indices], batchAxes === 0 ? {} : { batch_dims: batchAxes })

/** Parts of the given sizes along an axis. */
export const split = (x: Value, sizes: ReadonlyArray<number>, axis = 0): ReadonlyArray<Value> =>
  callMany("Split", [x], { split: sizes, axis: wholeAxis("Split", x, axis) }, sizes.length)
/** Repeats the whole of x so often along each axis. */
export const tile = (x: Value, repeats: ReadonlyArray<number>): Value => call("Tile", [x], { repeats })
/** New axes of size 1, at these places of the result. */
export const unsqueeze = (x: Value, axes: ReadonlyArray<number>): Value => call("Unsqueeze", [x], { axes })
/** Without the given axes of size 1, or without all of them. */
export const squeeze = (x: Value, axes?: ReadonlyArray<number>): Value => call("Squeeze", [x], { axes })
/** A matrix: the axes before `axis` as rows, the others as columns. */
export const flatten = (x: Value, axis = 1): Value => call("Flatten", [x], { axis })
/** Keeps the elements of the last two axes on and above (or on and below) a diagonal, k places to the right of the main one. */
export const triangle = (x: Value, which: "upper" | "lower", k = 0): Value => call("Trilu", [x], { upper: which === "upper" ? 1 : 0, k })

/** Adds elements around x that mirror it, repeat its border, or go round; for zeros or another number see `pad`. */
export const padWith = (x: Value, before: ReadonlyArray<number>, after: ReadonlyArray<number>, mode: "reflect" | "edge" | "wrap"): Value =>
  call("Pad", [x], { pads: [...before, ...after], mode })

/** Channels [N, C b b, H, W] as blocks of pixels [N, C, H b, W b]; "DCR" takes the block's place from the slow channels, "CRD" from the fast ones. */
export const depthToSpace = (x: Value, block: number, mode: "DCR" | "CRD" = "DCR"): Value => call("DepthToSpace", [x], { blocksize: block, mode })
/** The inverse of depthToSpace ("DCR"). */
export const spaceToDepth = (x: Value, block: number): Value => call("SpaceToDepth", [x], { blocksize: block })
