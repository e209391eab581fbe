/**
 * Convolutions of 3 x 3 taps without stride, and both their gradients, by minimal filtering (A. Lavin and S. Gray, Fast Algorithms for
 * Convolutional Neural Networks, 2015): a quarter of the multiplications, or a little more. A tile of 4 x 4 results takes 6 x 6
 * products, each of which is a product of matrices over samples, tiles and channels.
 *
 * With S, G and R for what sources, filters and results have to do with the products, y = R' [(G w G') * (S x S')] R, where * multiplies the matrices of every product and
 * ' transposes. S and R hold all tiles of an axis, the padding included, so that each side of a picture is one product with a constant matrix; these products also bring
 * the channels to where the product over channels wants them, and nothing is copied. The gradients are the same with the roles exchanged: what R makes of the gradient of y serves both. What
 * S makes of x and G of w is made again for them, which takes a fiftieth of the time; kept from the forward pass, it would take several times the memory of x and w.
 */
import type { Value } from "../graph.ts"
import { intOf } from "../operator.ts"
import { convolutionGradient } from "../operators/convolution-forms.ts"
import { type Matrix, sharedConstant } from "../operators/linear-map.ts"
import { type Window, windowOf } from "../operators/window.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import type { Rule } from "./lower.ts"
import { minimalFiltering, MOST_OUTPUTS, type MinimalFiltering } from "./minimal-filtering.ts"

const TAPS = 3
/** Fewer channels than this leave the products too thin. */
const LEAST_CHANNELS = 32
/**
 * What things cost, in multiplications of a direct convolution, as measured on one core with AVX-512 for 32 to 512 channels of 4 x 4 to 32 x 32 pixels: a
 * multiplication in the products over channels and in those with constant matrices, an element that goes through the latter, a weight.
 */
const COST = { product: 1.5, transform: 1.35, element: 52, weight: 640 } as const

/** How one axis is cut into tiles. */
interface Axis {
  readonly filtering: MinimalFiltering
  readonly tiles: number
  /** Points times tiles. */
  readonly rows: number
  readonly input: number
  readonly output: number
  readonly begin: number
}

/** The tiles that need the fewest products; the smaller ones of equals, which are more exact. */
const axisOf = (window: Window, axis: number): Axis => {
  const [input, output, begin] = [at(window.input, axis), at(window.output, axis), at(window.begin, axis)]
  const candidates = Array.from({ length: MOST_OUTPUTS - 1 }, (_, i) => {
    const tiles = Math.ceil(output / (i + 2))
    return { outputs: i + 2, tiles, rows: tiles * (i + 2 + TAPS - 1) }
  })
  const best = candidates.reduce((best, one) => (one.rows < best.rows ? one : best))
  return { filtering: minimalFiltering(best.outputs, TAPS), tiles: best.tiles, rows: best.rows, input, output, begin }
}

/** Rows for every point and, within it, every tile; a row holds what the point takes of (or gives to) the pixels of the whole axis. */
const alongAxis = ({ filtering, tiles }: Axis, rows: ReadonlyArray<ReadonlyArray<number>>, pixels: number, before: number): Matrix =>
  rows.flatMap((row) => Array.from({ length: tiles }, (_, tile) =>
    Float64Array.from({ length: pixels }, (_, pixel) => row[pixel + before - tile * filtering.outputs] ?? 0)))

type Side = "source" | "result"
/** For which pass. Each has constants of its own, for equal operations on equal values would be done once, and what they give kept. */
type Pass = "forward" | "backward"

const matrixOf = (graph: Value["graph"], axis: Axis, side: Side, pass: Pass): Value => {
  const [pixels, before] = side === "source" ? [axis.input, axis.begin] : [axis.output, 0]
  const key = `winograd ${side} ${axis.filtering.outputs} ${before} ${pass}`
  return sharedConstant(graph, key, { type: "float32", shape: [axis.rows, pixels] }, () => alongAxis(axis, axis.filtering[side], pixels, before).flatMap((row) => [...row]))
}

const lastTwoSwapped = (value: Value): Value => {
  const rank = value.shape.length
  return o.transpose(value, [...value.shape.keys()].slice(0, rank - 2).concat(rank - 1, rank - 2))
}

/** One convolution: [N, C, h, w] with weights [K, C, 3, 3], all as the window says. */
export const winograd = (window: Window, samples: number, pass: Pass) => {
  const [down, across] = [axisOf(window, 0), axisOf(window, 1)]

  /** Pictures [N, C, h, w] at all points: [points across, tiles across, points down, tiles down and N, C]. */
  const toPoints = (pictures: Value, side: Side): Value => {
    const [channels, height, width] = [at(pictures.shape, 1), at(pictures.shape, 2), at(pictures.shape, 3)]
    const lines = o.gemm(matrixOf(pictures.graph, across, side, pass), o.reshape(pictures, [-1, width]), undefined, { transB: true })
    const planes = o.matMul(o.reshape(matrixOf(pictures.graph, down, side, pass), [1, down.rows, height]), lastTwoSwapped(o.reshape(lines, [across.rows, samples * channels, height])))
    return o.reshape(planes, [across.filtering.points, across.tiles, down.filtering.points, down.tiles * samples, channels])
  }

  /** The transpose of `toPoints`. */
  const fromPoints = (products: Value, side: Side): Value => {
    const channels = at(products.shape, 4)
    const [height, width] = side === "source" ? [down.input, across.input] : [down.output, across.output]
    const planes = lastTwoSwapped(o.reshape(products, [across.rows, down.rows, samples * channels]))
    const lines = o.matMul(planes, o.reshape(matrixOf(products.graph, down, side, pass), [1, down.rows, height]))
    const pixels = o.gemm(o.reshape(lines, [across.rows, -1]), matrixOf(products.graph, across, side, pass), undefined, { transA: true })
    return o.reshape(pixels, [samples, channels, height, width])
  }

  /** What every product takes of the nine weights: [points across and down, 9]. */
  const filterMatrix = (graph: Value["graph"]): Value => {
    const products = across.filtering.filter.flatMap((right) => down.filtering.filter.flatMap((below) => below.flatMap((a) => right.map((b) => a * b))))
    const key = `winograd filter ${across.filtering.outputs} ${down.filtering.outputs} ${pass}`
    return sharedConstant(graph, key, { type: "float32", shape: [products.length / TAPS ** 2, TAPS ** 2] }, () => products)
  }

  /** Weights at all points: [points across, 1, points down, K, C]. */
  const filtersAtPoints = (weights: Value): Value => {
    const products = o.gemm(filterMatrix(weights.graph), o.reshape(weights, [-1, TAPS ** 2]), undefined, { transB: true })
    return o.reshape(products, [across.filtering.points, 1, down.filtering.points, at(weights.shape, 0), at(weights.shape, 1)])
  }

  return {
    forward: (x: Value, weights: Value): Value => fromPoints(o.matMul(toPoints(x, "source"), lastTwoSwapped(filtersAtPoints(weights))), "result"),
    inputGradient: (gradient: Value, weights: Value): Value => fromPoints(o.matMul(toPoints(gradient, "result"), filtersAtPoints(weights)), "source"),
    weightGradient: (x: Value, gradient: Value): Value => {
      const ofTiles = o.matMul(lastTwoSwapped(toPoints(gradient, "result")), toPoints(x, "source"))
      const products = across.tiles === 1 ? ofTiles : o.reduceSum(ofTiles, [1])
      const points = across.filtering.points * down.filtering.points
      const weights = o.gemm(o.reshape(products, [points, -1]), filterMatrix(x.graph), undefined, { transA: true })
      return o.reshape(weights, [at(gradient.shape, 1), at(x.shape, 1), TAPS, TAPS])
    }
  }
}

/** Whether it pays, counted for each sample. */
const pays = (window: Window, samples: number, inputs: number, outputs: number): boolean => {
  const { dilations, kernel, strides } = window
  if (kernel.length !== 2 || ![...strides, ...dilations].every((step) => step === 1) || !kernel.every((size) => size === TAPS)) return false
  if (inputs < LEAST_CHANNELS || outputs < LEAST_CHANNELS) return false
  const [down, across] = [axisOf(window, 0), axisOf(window, 1)]
  const products = down.rows * across.rows * inputs * outputs
  const transform = (channels: number, height: number, width: number) =>
    channels * height * (COST.element * width + COST.transform * across.rows * (width + down.rows))
  const transforms = transform(inputs, down.input, across.input) + transform(outputs, down.output, across.output)
  const weights = (inputs * outputs) / samples
  return COST.product * products + transforms + COST.weight * weights < sizeOf(window.output) * TAPS ** 2 * inputs * outputs
}

export const byMinimalFiltering: Rule = ({ operator, attributes, outputs }, inputs, { lowered }) => {
  const [output] = outputs
  const gradient = output === undefined ? undefined : convolutionGradient(output)
  if (gradient !== undefined && gradient.groups === 1 && output?.type === "float32") {
    const { window } = gradient
    const arriving = lowered(gradient.gradient)
    const [samples, channels] = [at(arriving.shape, 0), at(arriving.shape, 1)]
    const other = lowered(gradient.of === "input" ? gradient.weights : gradient.x)
    if (!pays(window, samples, at(other.shape, 1), channels)) return undefined
    const form = winograd(window, samples, "backward")
    return gradient.of === "input" ? form.inputGradient(arriving, other) : form.weightGradient(other, arriving)
  }
  const [x, weights, bias] = inputs
  if (operator.name !== "Conv" || operator.domain !== undefined || x === undefined || weights === undefined || x.type !== "float32") return undefined
  // With constant weights the runtime keeps whole networks in blocks of channels.
  if (weights.constant !== undefined || intOf(attributes, "group", 1) !== 1) return undefined
  const window = windowOf(x.shape.slice(2), weights.shape.slice(2), attributes)
  if (!pays(window, at(x.shape, 0), at(weights.shape, 1), at(weights.shape, 0))) return undefined
  const y = winograd(window, at(x.shape, 0), "forward").forward(x, weights)
  return bias === undefined ? y : o.add(y, o.reshape(bias, [-1, 1, 1]))
}
