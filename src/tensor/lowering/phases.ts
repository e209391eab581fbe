/**
 * The transpose of a convolution with strides as one small convolution for every phase of its output: the pixels at distance
 * a + s i from the edge are reached by every s-th tap of the kernel only. The phases together cost as many products as the forward convolution,
 * at the blocked layout's speed, and interleave in runs of a whole block.
 */
import type { Value } from "../graph.ts"
import { intOf, intsOf } from "../operator.ts"
import type { BlockSize } from "../operators/blocked.ts"
import { type Window, transposedWindowOf } from "../operators/window.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { blocks } from "./blocks.ts"
import type { Rule } from "./lower.ts"

interface Phase {
  /** Taps of the reversed kernel: the first one, how many. */
  readonly start: number
  readonly taps: number
  readonly before: number
  readonly after: number
}

/**
 * Output pixel s i + a takes from input pixel o through tap k where s i + a + pad = s o + k. With a + pad = s q + r the taps are
 * r + s m, and input i + q - m meets tap m.
 */
const phasesAlong = ({ input, output, kernel, strides, begin }: Window, axis: number): ReadonlyArray<Phase> => {
  const [stride, size, pixels] = [at(strides, axis), at(kernel, axis), at(input, axis) / at(strides, axis)]
  return Array.from({ length: stride }, (_, offset) => {
    const rest = (offset + at(begin, axis)) % stride
    const shift = (offset + at(begin, axis) - rest) / stride
    const taps = Math.ceil((size - rest) / stride)
    return { start: size - 1 - rest - stride * (taps - 1), taps, before: taps - 1 - shift, after: pixels + shift - at(output, axis) }
  })
}

export const transposedByPhases = (block: BlockSize): Rule => ({ operator, attributes }, inputs) => {
  const { apply, into, outOf, filters } = blocks(block)
  const [x, weights] = inputs
  if (operator.name !== "ConvTranspose" || inputs.length !== 2 || x === undefined || weights === undefined) return undefined
  if (x.shape.length !== 4 || x.type !== "float32" || intOf(attributes, "group", 1) !== 1) return undefined
  const [outputs, channels] = [at(weights.shape, 0), at(weights.shape, 1)]
  if (outputs % block !== 0 || channels % block !== 0 || (intsOf(attributes, "dilations") ?? []).some((dilation) => dilation !== 1)) return undefined
  const window = transposedWindowOf(x.shape.slice(2), weights.shape.slice(2), attributes)
  const [vertical, horizontal] = [phasesAlong(window, 0), phasesAlong(window, 1)]
  const whole = window.input.every((size, axis) => size % at(window.strides, axis) === 0)
  const fits = [...vertical, ...horizontal].every(({ taps, before, after }) => taps > 0 && before >= 0 && after >= 0)
  if (!whole || !fits || vertical.length * horizontal.length === 1) return undefined

  const swapped = o.slice(o.transpose(weights, [1, 0, 2, 3]), [-1, -1], [Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER], [2, 3], [-1, -1])
  const [stepsDown, stepsAcross] = [vertical.length, horizontal.length]
  const source = into(x)
  const [rows, columns] = [at(window.input, 0) / stepsDown, at(window.input, 1) / stepsAcross]
  const phase = (down: Phase, across: Phase): Value => {
    const ends = [down.start + (down.taps - 1) * stepsDown + 1, across.start + (across.taps - 1) * stepsAcross + 1]
    const taps = o.slice(swapped, [down.start, across.start], ends, [2, 3], [stepsDown, stepsAcross])
    const pads = [down.before, across.before, down.after, across.after]
    const result = apply("Conv", [source, filters(taps)], { pads, kernel_shape: [down.taps, across.taps] })
    // A row of blocks: [samples, blocks and rows; phases down; columns; phases across; block].
    return o.reshape(result, [(at(x.shape, 0) * channels * rows) / block, 1, columns, 1, block])
  }
  const lines = vertical.map((down) => o.concat(horizontal.map((across) => phase(down, across)), 3))
  return outOf(o.reshape(o.concat(lines, 1), [at(x.shape, 0), channels, ...window.input]))
}

