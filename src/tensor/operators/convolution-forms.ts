/**
 * The gradients of a convolution, each in several forms that compute the same. No form is the fastest everywhere.
 */
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, sameShape } from "../shape.ts"
import type { Window } from "./window.ts"

/** Gradient with respect to the input, from that of the output [N, K, ...] and the weights [K, C / groups, ...]. */
export const inputGradient = (gradient: Value, weights: Value, window: Window, groups: number): Value =>
  byTransposedConvolution(gradient, weights, window, groups)

/** Gradient with respect to the weights, from the input [N, C, ...] and the gradient of the output [N, K, ...]. */
export const weightGradient = (x: Value, gradient: Value, window: Window, groups: number): Value =>
  byConvolutionWithAxesSwapped(x, gradient, window, groups)

/** Works for every stride, dilation and group. */
const byTransposedConvolution = (gradient: Value, weights: Value, { input, output, kernel, strides, dilations, begin, end }: Window, groups: number): Value => {
  const outputPadding = input.map((size, axis) => {
    const reached = (at(output, axis) - 1) * at(strides, axis) + (at(kernel, axis) - 1) * at(dilations, axis) + 1
    return size - (reached - at(begin, axis) - at(end, axis))
  })
  return o.convTranspose(gradient, weights, { strides, dilations, pads: [...begin, ...end], groups, outputPadding })
}

/**
 * The weights' gradient is itself a convolution: of the input, batch and channels swapped, with the output's gradient, swapped too, as
 * weights, strides and dilations exchanged. Positions that the strides never reached are cut off.
 */
const byConvolutionWithAxesSwapped = (x: Value, gradient: Value, { kernel, strides, dilations, begin, end }: Window, groups: number): Value => {
  const spatial = [...x.shape.keys()].slice(2)
  const [samples, channels] = [at(x.shape, 0), at(x.shape, 1) / groups]
  const outputs = at(gradient.shape, 1)
  const grouped = (value: Value, order: ReadonlyArray<number>) => o.transpose(
    o.reshape(value, [samples, groups, at(value.shape, 1) / groups, ...value.shape.slice(2)]), [...order, ...spatial.map((axis) => axis + 1)]
  )
  const swappedX = o.reshape(grouped(x, [2, 1, 0]), [channels, groups * samples, ...x.shape.slice(2)])
  const swappedGradient = o.reshape(grouped(gradient, [1, 2, 0]), [outputs, samples, ...gradient.shape.slice(2)])
  const correlation = o.conv(swappedX, swappedGradient, undefined, { strides: dilations, dilations: strides, pads: [...begin, ...end], groups })
  const cut = sameShape(correlation.shape.slice(2), kernel) ? correlation : o.slice(correlation, kernel.map(() => 0), kernel, spatial)
  return o.transpose(cut, [1, 0, ...spatial])
}
