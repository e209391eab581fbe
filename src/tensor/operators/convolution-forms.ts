/**
 * The gradients of a convolution in the forms that run fastest, all of them standard operators. docs/differentiation.md derives them and
 * gives the measurements behind the choices.
 */
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import type { Window } from "./window.ts"

/** Which gradient of which convolution a value is. */
export type ConvolutionGradient = {
  /** With respect to the convolution's output. */
  readonly gradient: Value
  readonly window: Window
  readonly groups: number
} & ({ readonly of: "input"; readonly weights: Value } | { readonly of: "weights"; readonly x: Value })

const known = new WeakMap<Value, ConvolutionGradient>()

/** What a value was made as by the functions below, for backends that compute it in another form. */
export const convolutionGradient = (value: Value): ConvolutionGradient | undefined => known.get(value)

/** Gradient with respect to the input, from that of the output [N, K, ...] and the weights [K, C / groups, ...]. */
export const inputGradient = (gradient: Value, weights: Value, window: Window, groups: number): Value => {
  const build = window.strides.every((stride) => stride === 1) && flippedPads(window).every((pad) => pad >= 0) ? byFlippedConvolution : byTransposedConvolution
  const result = build(gradient, weights, window, groups)
  known.set(result, { of: "input", gradient, weights, window, groups })
  return result
}

/** Without strides the gradient is a convolution too, with the weights' channels swapped and their axes reversed. */
const byFlippedConvolution = (gradient: Value, weights: Value, window: Window, groups: number): Value => {
  const { kernel, dilations } = window
  const spatial = kernel.map((_, axis) => axis + 2)
  const [outputs, inputs] = [at(weights.shape, 0) / groups, at(weights.shape, 1)]
  const reversed = o.slice(weights, kernel.map(() => -1), kernel.map(() => Number.MIN_SAFE_INTEGER), spatial, kernel.map(() => -1))
  const swapped = o.transpose(o.reshape(reversed, [groups, outputs, inputs, ...kernel]), [0, 2, 1, ...spatial.map((axis) => axis + 1)])
  return o.conv(gradient, o.reshape(swapped, [groups * inputs, outputs, ...kernel]), undefined, { dilations, pads: flippedPads(window), groups })
}

/** What the padding leaves of the kernel's reach. */
const flippedPads = ({ kernel, dilations, begin, end }: Window): ReadonlyArray<number> =>
  [begin, end].flatMap((pads) => pads.map((pad, axis) => (at(kernel, axis) - 1) * at(dilations, axis) - pad))

/** Works for every stride. */
const byTransposedConvolution = (gradient: Value, weights: Value, window: Window, groups: number): Value => {
  const { input, output, kernel, strides, dilations, begin, end } = window
  const outputPadding = input.map((size, axis) => {
    const reached = (at(output, axis) - 1) * at(strides, axis) + (at(kernel, axis) - 1) * at(dilations, axis) + 1
    return size - (reached - at(begin, axis) - at(end, axis))
  })
  return o.convTranspose(gradient, weights, { strides, dilations, pads: [...begin, ...end], groups, outputPadding })
}

/**
 * Gradient with respect to the weights, from the input [N, C, ...] and the gradient of the output [N, K, ...].
 *
 * It is a convolution of the input with the output's gradient as weights and the samples as channels, strides and dilations exchanged. With
 * the channels folded into the last spatial axis of an image [1, N, H, W C], in which a step of one pixel is a step of C,
 * all kernel positions and channels come out of one convolution, [1, K, kh, kw C]: a product of [K, N H W] and
 * [N H W, kh kw C] whose second factor the runtime gathers in the cache, in runs of kw C elements.
 */
export const weightGradient = (x: Value, gradient: Value, window: Window, groups: number): Value => {
  const result = byFoldedConvolution(x, gradient, window, groups)
  known.set(result, { of: "weights", x, gradient, window, groups })
  return result
}

const byFoldedConvolution = (x: Value, gradient: Value, window: Window, groups: number): Value => {
  const { kernel, strides, dilations, begin } = window
  const rank = kernel.length
  const last = rank - 1
  const axes = kernel.map((_, axis) => axis)
  const [samples, channels, outputs] = [at(x.shape, 0), at(x.shape, 1) / groups, at(gradient.shape, 1) / groups]
  // Steps of the kernel's last axis cannot skip pixels in the folded axis: the positions between are computed too.
  const positions = kernel.with(last, (at(kernel, last) - 1) * at(dilations, last) + 1)
  const steps = dilations.with(last, 1)
  // What the windows reach beyond the input is padding; what they never reach is cut off.
  const beyond = axes.map((axis) =>
    (at(positions, axis) - 1) * at(steps, axis) + (at(window.output, axis) - 1) * at(strides, axis) + 1 - at(window.input, axis) - at(begin, axis))
  const cut = o.slice(x, axes.map(() => 0), axes.map((axis) => at(window.input, axis) + Math.min(0, at(beyond, axis))), axes.map((axis) => axis + 2))
  const sizes = cut.shape.slice(2)
  const folded = (list: ReadonlyArray<number>): ReadonlyArray<number> => list.with(last, at(list, last) * channels)
  const image = o.reshape(
    o.transpose(o.reshape(cut, [samples, groups, channels, ...sizes]), [1, 0, ...axes.map((axis) => axis + 3), 2]),
    [1, groups * samples, ...folded(sizes)]
  )
  const filters = o.reshape(
    o.transpose(o.reshape(gradient, [samples, groups, outputs, ...window.output]), [1, 2, 0, ...axes.map((axis) => axis + 3)]),
    [groups * outputs, samples, ...window.output]
  )
  const pads = [...folded(begin), ...folded(beyond.map((size) => Math.max(0, size)))]
  const all = o.conv(image, filters, undefined, { strides: steps, dilations: folded(strides), pads, groups })
  const taps = o.reshape(all, [groups * outputs, ...positions, channels])
  const wanted = o.slice(taps, [0], [at(positions, last)], [rank], [at(dilations, last)])
  return o.transpose(wanted, [0, rank + 1, ...axes.map((axis) => axis + 1)])
}
