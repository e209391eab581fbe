/** Moving, repeating, cutting and choosing elements. */
import { axisOf, first, floatOf, intOf, intsOf, item, stringOf, type Attributes } from "../../../operator.ts"
import { at, type Shape, sizeOf, stridesOf, walk } from "../../../shape.ts"
import type { Tf, TfTensor } from "../library.ts"
import { copied, type Lowering, type Lowerings, NoForm, padded, picked, reordered, simple, sizes, unary } from "./lowering.ts"

/** Of every operator that only changes the shape: the node knows its result's. */
const reshape = unary((tf, x, _, node) => tf.reshape(x, sizes(first(node.outputs).shape)))

/** Positions that a slice takes along one axis, as ONNX counts bounds: negative ones from the end, clamped to what is there. */
const slicePositions = (size: number, from: number, to: number, step: number): ReadonlyArray<number> => {
  const clamp = (bound: number): number => {
    const positive = bound < 0 ? bound + size : bound
    return step > 0 ? Math.min(Math.max(positive, 0), size) : Math.min(Math.max(positive, -1), size - 1)
  }
  const [start, end] = [clamp(from), clamp(to)]
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step)
}

const slice = unary((tf, x, attributes, node) => {
  const { shape } = first(node.inputs)
  const starts = intsOf(attributes, "starts") ?? []
  const ends = intsOf(attributes, "ends") ?? []
  const axes = intsOf(attributes, "axes") ?? [...starts.keys()]
  const steps = intsOf(attributes, "steps") ?? starts.map(() => 1)
  return starts.reduce((value, start, i) => {
    const axis = axisOf(at(axes, i), shape)
    return picked(tf, value, axis, slicePositions(at(shape, axis), start, at(ends, i), at(steps, i)))
  }, x)
})

const split: Lowering = (tf, node) => ([x]) => {
  if (x === undefined) return []
  const axis = axisOf(intOf(node.attributes, "axis", 0), x.shape)
  let start = 0
  return node.outputs.map(({ shape }) => {
    const part = tf.slice(x, shape.map((_, i) => (i === axis ? start : 0)), sizes(shape))
    start += at(shape, axis)
    return part
  })
}

const padsOf = (shape: Shape, attributes: Attributes) => {
  const pads = intsOf(attributes, "pads") ?? []
  const axes = (intsOf(attributes, "axes") ?? [...shape.keys()]).map((axis) => axisOf(axis, shape))
  const of = (list: ReadonlyArray<number>) => shape.map((_, axis) => list[axes.indexOf(axis)] ?? 0)
  return { before: of(pads.slice(0, axes.length)), after: of(pads.slice(axes.length)) }
}

/** Where each element of an axis comes from when it is continued beyond its ends. */
const continued: Readonly<Record<string, (index: number, size: number) => number>> = {
  edge: (index, size) => Math.min(Math.max(index, 0), size - 1),
  wrap: (index, size) => ((index % size) + size) % size,
  reflect: (index, size) => {
    const period = Math.max(1, 2 * (size - 1))
    const folded = ((index % period) + period) % period
    return folded < size ? folded : period - folded
  }
}

const pad = unary((tf, x, attributes, node) => {
  const { before, after } = padsOf(x.shape, attributes)
  const mode = stringOf(attributes, "mode", "constant")
  if (mode === "constant") return padded(tf, x, before, after, floatOf(attributes, "constant_value", 0))
  const source = continued[mode]
  if (source === undefined) throw new NoForm(`padding of mode ${mode}`)
  return first(node.outputs).shape.reduce((value, size, axis) =>
    picked(tf, value, axis, Array.from({ length: size }, (_, i) => source(i - at(before, axis), at(x.shape, axis)))), x)
})

/** Indices counted from the front. */
const wrapped = (tf: Tf, indices: TfTensor, size: number): TfTensor => tf.add(indices, tf.mul(tf.cast(tf.less(indices, tf.scalar(0, "int32")), "int32"), tf.scalar(size, "int32")))

/** Offsets in the flattened data of the elements that indices along one axis lead to. */
const elementOffsets = (tf: Tf, shape: Shape, indices: TfTensor, axis: number): TfTensor => {
  const strides = stridesOf(shape)
  const others = new Int32Array(sizeOf(indices.shape))
  walk(indices.shape, [strides.map((stride, i) => (i === axis ? 0 : stride))], (position, offsets) => (others[position] = at(offsets, 0)))
  const along = tf.mul(wrapped(tf, indices, at(shape, axis)), tf.scalar(at(strides, axis), "int32"))
  return tf.reshape(tf.add(along, tf.tensor(others, indices.shape, "int32")), [-1])
}

/** Rows of the data, which its first axes count, that index tuples lead to. */
const tupleRows = (tf: Tf, shape: Shape, indices: TfTensor): { readonly rows: TfTensor; readonly count: number; readonly inner: number } => {
  const depth = at(indices.shape, indices.shape.length - 1)
  const outer = shape.slice(0, depth)
  const tuples = tf.reshape(indices, [-1, depth])
  const rows = stridesOf(outer).map((stride, i) =>
    tf.mul(wrapped(tf, tf.reshape(tf.slice(tuples, [0, i], [-1, 1]), [-1]), at(outer, i)), tf.scalar(stride, "int32")))
  return { rows: rows.reduce((a, b) => tf.add(a, b)), count: sizeOf(outer), inner: sizeOf(shape.slice(depth)) }
}

/** Puts updates [n, inner] at rows of the data [count, inner], or adds them. */
const scattered = (tf: Tf, data: TfTensor, rows: TfTensor, updates: TfTensor, reduction: string): TfTensor => {
  const places = tf.reshape(rows, [-1, 1])
  // (The kernel in JavaScript writes into the data it is given.)
  if (reduction === "none") return tf.tensorScatterUpdate(copied(tf, data), places, updates)
  return tf.add(data, tf.scatterND(places, updates, [at(data.shape, 0), at(data.shape, 1)]))
}

const scatterReduction = (attributes: Attributes): string => {
  const reduction = stringOf(attributes, "reduction", "none")
  if (reduction !== "none" && reduction !== "add") throw new NoForm(`scattering with the reduction ${reduction}`)
  return reduction
}

const scatterElements: Lowering = (tf, { attributes }) => {
  const reduction = scatterReduction(attributes)
  return (inputs) => {
    const [x, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
    const rows = elementOffsets(tf, x.shape, indices, axisOf(intOf(attributes, "axis", 0), x.shape))
    return [tf.reshape(scattered(tf, tf.reshape(x, [-1, 1]), rows, tf.reshape(updates, [-1, 1]), reduction), x.shape)]
  }
}

const scatterND: Lowering = (tf, { attributes }) => {
  const reduction = scatterReduction(attributes)
  return (inputs) => {
    const [x, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
    const { rows, count, inner } = tupleRows(tf, x.shape, indices)
    return [tf.reshape(scattered(tf, tf.reshape(x, [count, inner]), rows, tf.reshape(updates, [-1, inner]), reduction), x.shape)]
  }
}

export const layout: Lowerings = {
  Identity: unary((tf, x) => tf.clone(x)), StopGradient: unary((tf, x) => tf.clone(x)),
  Reshape: reshape, Flatten: reshape, Squeeze: reshape, Unsqueeze: reshape,
  Transpose: unary((tf, x, attributes) => reordered(tf, x, intsOf(attributes, "perm") ?? [...x.shape.keys()].reverse())),
  Expand: unary((tf, x, _, node) => tf.broadcastTo(x, sizes(first(node.outputs).shape))),
  Slice: slice, Split: split, Pad: pad,
  Concat: simple((tf, inputs, attributes) => tf.concat([...inputs], axisOf(intOf(attributes, "axis", 0), first(inputs).shape))),
  Tile: unary((tf, x, attributes) => tf.tile(x, [...(intsOf(attributes, "repeats") ?? [])])),
  Gather: simple((tf, inputs, attributes) => {
    const x = first(inputs)
    const axis = axisOf(intOf(attributes, "axis", 0), x.shape)
    return tf.gather(x, wrapped(tf, item(inputs, 1), at(x.shape, axis)), axis)
  }),
  GatherElements: simple((tf, inputs, attributes) => {
    const [x, indices] = [first(inputs), item(inputs, 1)]
    const offsets = elementOffsets(tf, x.shape, indices, axisOf(intOf(attributes, "axis", 0), x.shape))
    return tf.reshape(tf.gather(tf.reshape(x, [-1]), offsets), indices.shape)
  }),
  GatherND: simple((tf, inputs, _, node) => {
    const x = first(inputs)
    const { rows, count, inner } = tupleRows(tf, x.shape, item(inputs, 1))
    return tf.reshape(tf.gather(tf.reshape(x, [count, inner]), rows), sizes(first(node.outputs).shape))
  }),
  ScatterElements: scatterElements, ScatterND: scatterND
}
