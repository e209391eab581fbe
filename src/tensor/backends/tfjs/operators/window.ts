/**
 * Matrix products, convolutions and pooling. TensorFlow.js's convolutions keep channels last and know one padding for both ends: images are
 * transposed around them and padded before. Pooling is said by its definition, one shifted view for each element of the window.
 */
import type { Node } from "../../../graph.ts"
import { first, floatOf, intOf, intsOf, item } from "../../../operator.ts"
import { covered, transposedWindowOf, type Window, windowOf } from "../../../operators/window.ts"
import { at, type Shape, sizeOf, walk } from "../../../shape.ts"
import type { Tf, TfImage, TfTensor, TfVolume } from "../library.ts"
import { type Lowering, type Lowerings, NoForm, padded, picked, reordered, simple, sizes, unshared } from "./lowering.ts"

const toLast = (tf: Tf, x: TfTensor): TfTensor => reordered(tf, x, [0, ...[...x.shape.keys()].slice(2), 1])
const fromLast = (tf: Tf, x: TfTensor): TfTensor => reordered(tf, x, [0, x.rank - 1, ...[...x.shape.keys()].slice(1, -1)])

/** Zeros between the elements along each spatial axis: a kernel with its holes filled. */
const stuffed = (tf: Tf, w: TfTensor, factors: ReadonlyArray<number>): TfTensor =>
  factors.reduce((value, factor, i) => {
    if (factor === 1) return value
    const axis = i + 2
    const { shape } = value
    const size = at(shape, axis)
    const split = tf.reshape(value, [...shape.slice(0, axis), size, 1, ...shape.slice(axis + 1)])
    const wide = padded(tf, split, split.shape.map(() => 0), split.shape.map((_, k) => (k === axis + 1 ? factor - 1 : 0)))
    const joined = tf.reshape(wide, [...shape.slice(0, axis), size * factor, ...shape.slice(axis + 1)])
    return padded(tf, joined, joined.shape.map(() => 0), joined.shape.map((_, k) => (k === axis ? 1 - factor : 0)))
  }, w)

/** Two spatial axes at least: one is taken as an image of one row. */
const asImage = (tf: Tf, x: TfTensor): TfTensor => (x.rank === 3 ? tf.expandDims(x, 2) : x)
const imageStrides = (strides: ReadonlyArray<number>): Array<number> => (strides.length === 1 ? [1, ...strides] : [...strides])

const checkAxes = ({ inputs }: Node): void => {
  const axes = first(inputs).shape.length - 2
  if (axes < 1 || axes > 3) throw new NoForm(`${axes} spatial axes`)
}

const isImage = (x: TfTensor): x is TfImage => x.rank === 4
const isVolume = (x: TfTensor): x is TfVolume => x.rank === 5

/** Convolves [N, spatial ..., C] with weights [M, C, spatial ...] without padding. */
const convolved = (tf: Tf, x: TfTensor, w: TfTensor, strides: ReadonlyArray<number>): TfTensor => {
  const spatial = [...w.shape.keys()].slice(2)
  const filter = unshared(tf, reordered(tf, w, [...spatial, 1, 0]))
  const [depth = 1, height = 1, width = 1] = strides.length === 3 ? strides : [1, ...strides]
  if (isImage(x) && isImage(filter)) return tf.conv2d(x, filter, [height, width], "valid")
  if (isVolume(x) && isVolume(filter)) return tf.conv3d(x, filter, [depth, height, width], "valid")
  throw new NoForm("these spatial axes")
}

/** The transpose of that: from [N, spatial ..., C] with weights [C, M, spatial ...] to the given sizes. */
const deconvolved = (tf: Tf, x: TfTensor, w: TfTensor, strides: ReadonlyArray<number>, result: Shape): TfTensor => {
  const spatial = [...w.shape.keys()].slice(2)
  if (isImage(x)) {
    const filter = unshared(tf, reordered(tf, w, [...spatial, 1, 0]))
    const [height = 1, width = 1] = strides
    if (isImage(filter)) return tf.conv2dTranspose(x, filter, [at(x.shape, 0), at(result, 0), at(result, 1), at(w.shape, 1)], [height, width], "valid")
  }
  // In three dimensions (where the WASM kernel is wrong) by definition: zeros between the elements and around them, the kernel turned around.
  const around = spatial.map((axis) => at(w.shape, axis) - 1)
  const spread = toLast(tf, padded(tf, stuffed(tf, fromLast(tf, x), strides), [0, 0, ...around], [0, 0, ...around]))
  return convolved(tf, spread, reordered(tf, tf.reverse(w, spatial), [1, 0, ...spatial]), strides.map(() => 1))
}

const part = (tf: Tf, x: TfTensor, axis: number, index: number, parts: number): TfTensor => {
  const size = at(x.shape, axis) / parts
  return parts === 1 ? x : tf.slice(x, x.shape.map((_, i) => (i === axis ? index * size : 0)), x.shape.map((all, i) => (i === axis ? size : all)))
}

/** Does `one` for each group of channels of the data [N, spatial ..., C] and of the weights' first axis. */
const grouped = (tf: Tf, x: TfTensor, w: TfTensor, groups: number, one: (x: TfTensor, w: TfTensor) => TfTensor): TfTensor => {
  const results = Array.from({ length: groups }, (_, i) => one(part(tf, x, x.rank - 1, i, groups), part(tf, w, 0, i, groups)))
  return results.length === 1 ? first(results) : tf.concat(results, x.rank - 1)
}

const withBias = (tf: Tf, y: TfTensor, bias: TfTensor | undefined): TfTensor => (bias === undefined ? y : tf.add(y, bias))

const conv: Lowering = (tf, node) => {
  checkAxes(node)
  const { begin, end, strides, dilations } = windowOf(first(node.inputs).shape.slice(2), item(node.inputs, 1).shape.slice(2), node.attributes)
  const groups = intOf(node.attributes, "group", 1)
  return (inputs) => {
    const x = toLast(tf, asImage(tf, padded(tf, first(inputs), [0, 0, ...begin], [0, 0, ...end])))
    const w = asImage(tf, stuffed(tf, item(inputs, 1), dilations))
    const y = grouped(tf, x, w, groups, (a, b) => convolved(tf, a, b, imageStrides(strides)))
    return [tf.reshape(fromLast(tf, withBias(tf, y, inputs[2])), sizes(first(node.outputs).shape))]
  }
}

const convTranspose: Lowering = (tf, node) => {
  checkAxes(node)
  const window = transposedWindowOf(first(node.inputs).shape.slice(2), item(node.inputs, 1).shape.slice(2), node.attributes)
  const { begin, strides, dilations, input } = window
  const groups = intOf(node.attributes, "group", 1)
  const full = covered(window)
  const after = full.map((size, axis) => at(input, axis) + at(begin, axis) - size)
  return (inputs) => {
    const x = toLast(tf, asImage(tf, first(inputs)))
    const w = asImage(tf, stuffed(tf, item(inputs, 1), dilations))
    const y = fromLast(tf, grouped(tf, x, w, groups, (a, b) => deconvolved(tf, a, b, imageStrides(strides), full.length === 1 ? [1, ...full] : full)))
    const result = padded(tf, tf.reshape(y, [...y.shape.slice(0, 2), ...full]), [0, 0, ...begin.map((size) => -size)], [0, 0, ...after])
    const bias = inputs[2]
    return [bias === undefined ? result : tf.add(result, tf.reshape(bias, [-1, ...input.map(() => 1)]))]
  }
}

/** Views of the data, one for each position of the window, all of the output's shape; `beyond` stands in the padding. */
const views = (tf: Tf, x: TfTensor, window: Window, beyond: number): ReadonlyArray<TfTensor> => {
  const { begin, input, output, kernel, strides, dilations } = window
  const after = covered(window).map((size, axis) => size - at(input, axis) - at(begin, axis))
  const wide = padded(tf, x, [0, 0, ...begin], [0, 0, ...after], beyond)
  const result: Array<TfTensor> = []
  walk(kernel, kernel.map((_, axis) => kernel.map((__, i) => (i === axis ? 1 : 0))), (_, offsets) => {
    const starts = offsets.map((offset, axis) => offset * at(dilations, axis))
    result.push(starts.reduce((view, start, axis) =>
      picked(tf, view, axis + 2, Array.from({ length: at(output, axis) }, (__, i) => start + i * at(strides, axis))), wide))
  })
  return result
}

const poolWindow = ({ inputs, attributes }: Node): Window => windowOf(first(inputs).shape.slice(2), intsOf(attributes, "kernel_shape") ?? [], attributes)

const maxPool: Lowering = (tf, node) => {
  const window = poolWindow(node)
  const wantsPlaces = node.outputs.length > 1
  return (inputs) => {
    const x = first(inputs)
    const values = views(tf, x, window, -Infinity)
    if (!wantsPlaces) return [values.reduce((a, b) => tf.maximum(a, b))]
    const numbered = tf.reshape(tf.range(0, sizeOf(x.shape), 1, "int32"), x.shape)
    const places = views(tf, numbered, window, 0)
    return values.slice(1).reduce<readonly [TfTensor, TfTensor]>(([best, place], value, i) => {
      const better = tf.greater(value, best)
      return [tf.where(better, value, best), tf.where(better, item(places, i + 1), place)]
    }, [first(values), first(places)])
  }
}

const averagePool: Lowering = (tf, node) => {
  const window = poolWindow(node)
  const { begin, end, input } = window
  const countsPadding = intOf(node.attributes, "count_include_pad", 0) !== 0
  return (inputs) => {
    const ones = tf.ones([1, 1, ...input])
    // Padding that was asked for counts where it is to; what ceil_mode adds beyond it never does.
    const counted = countsPadding ? padded(tf, ones, [0, 0, ...begin], [0, 0, ...end], 1) : ones
    const wide = countsPadding ? { ...window, input: counted.shape.slice(2), begin: begin.map(() => 0) } : window
    const total = (of: ReadonlyArray<TfTensor>): TfTensor => of.reduce((a, b) => tf.add(a, b))
    return [tf.div(total(views(tf, first(inputs), window, 0)), total(views(tf, counted, wide, 0)))]
  }
}

const gemm = simple((tf, inputs, attributes) => {
  const [a, b, c] = [first(inputs), item(inputs, 1), inputs[2]]
  const scaled = (x: TfTensor, factor: number): TfTensor => (factor === 1 ? x : tf.mul(x, factor))
  const product = scaled(tf.matMul(a, unshared(tf, b), intOf(attributes, "transA", 0) !== 0, intOf(attributes, "transB", 0) !== 0), floatOf(attributes, "alpha", 1))
  return c === undefined ? product : tf.add(product, scaled(c, floatOf(attributes, "beta", 1)))
})

/** A vector counts as a row on the left and as a column on the right. */
const matMul = simple((tf, inputs, _, node) => {
  const [a, b] = [first(inputs), item(inputs, 1)]
  const product = tf.matMul(a.rank === 1 ? tf.expandDims(a, 0) : a, unshared(tf, b.rank === 1 ? tf.expandDims(b, 1) : b))
  return tf.reshape(product, sizes(first(node.outputs).shape))
})

export const windows: Lowerings = { MatMul: matMul, Gemm: gemm, Conv: conv, ConvTranspose: convTranspose, MaxPool: maxPool, AveragePool: averagePool }
