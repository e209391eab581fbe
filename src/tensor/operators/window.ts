/** Windows sliding over spatial axes: what convolution and pooling share. Tensors are [N, C, spatial ...]. */
import { type Attributes, intOf, intsOf, Misfit, stringOf } from "../operator.ts"
import { at, type Shape, sizeOf, walk } from "../shape.ts"

export interface Window {
  /** All lists have one entry for each spatial axis. */
  readonly input: Shape
  readonly output: Shape
  readonly kernel: Shape
  readonly strides: ReadonlyArray<number>
  readonly dilations: ReadonlyArray<number>
  readonly begin: ReadonlyArray<number>
  readonly end: ReadonlyArray<number>
}

export const windowAttributes = {
  auto_pad: { kind: "string" }, kernel_shape: { kind: "ints" }, strides: { kind: "ints" }, dilations: { kind: "ints" }, pads: { kind: "ints" }
} as const

const listOf = (attributes: Attributes, name: string, rank: number, fallback: number): ReadonlyArray<number> => {
  const list = intsOf(attributes, name) ?? Array.from({ length: rank }, () => fallback)
  if (list.length !== rank) throw new Misfit(`${name} are to be ${rank} numbers, not ${list.length}`)
  return list
}

/** How far a kernel reaches, with its holes. */
const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1

/** The window of an operator on an input of spatial sizes `input`. */
export const windowOf = (input: Shape, kernel: Shape, attributes: Attributes): Window => {
  const rank = input.length
  if (kernel.length !== rank) throw new Misfit(`a kernel of ${kernel.length} axes for ${rank} spatial axes`)
  const strides = listOf(attributes, "strides", rank, 1)
  const dilations = listOf(attributes, "dilations", rank, 1)
  const extents = kernel.map((size, axis) => reach(size, at(dilations, axis)))
  const { begin, end } = paddingOf(input, extents, strides, attributes)
  const ceil = intOf(attributes, "ceil_mode", 0) !== 0
  const output = input.map((size, axis) => {
    const room = size + at(begin, axis) + at(end, axis) - at(extents, axis)
    const steps = room / at(strides, axis)
    if (room < 0) throw new Misfit(`the kernel reaches over ${at(extents, axis)}, the padded input has ${room + at(extents, axis)}`)
    // With ceil_mode a last window must still start inside the input or its left padding.
    const count = ceil ? Math.ceil(steps) + 1 : Math.floor(steps) + 1
    return ceil && (count - 1) * at(strides, axis) >= size + at(begin, axis) ? count - 1 : count
  })
  return { input, output, kernel, strides, dilations, begin, end }
}

const paddingOf = (input: Shape, extents: Shape, strides: ReadonlyArray<number>, attributes: Attributes): Pick<Window, "begin" | "end"> => {
  const mode = stringOf(attributes, "auto_pad", "NOTSET")
  if (mode === "SAME_UPPER" || mode === "SAME_LOWER") {
    const total = input.map((size, axis) =>
      Math.max(0, (Math.ceil(size / at(strides, axis)) - 1) * at(strides, axis) + at(extents, axis) - size))
    const small = total.map((size) => Math.floor(size / 2))
    const large = total.map((size, axis) => size - at(small, axis))
    return mode === "SAME_UPPER" ? { begin: small, end: large } : { begin: large, end: small }
  }
  const pads = mode === "VALID" ? listOf({}, "pads", 2 * input.length, 0) : listOf(attributes, "pads", 2 * input.length, 0)
  return { begin: pads.slice(0, input.length), end: pads.slice(input.length) }
}

/** The window of a transposed convolution from `output` (its input) back to `input` (its result). */
export const transposedWindowOf = (output: Shape, kernel: Shape, attributes: Attributes): Window => {
  const rank = output.length
  if (kernel.length !== rank) throw new Misfit(`a kernel of ${kernel.length} axes for ${rank} spatial axes`)
  const strides = listOf(attributes, "strides", rank, 1)
  const dilations = listOf(attributes, "dilations", rank, 1)
  const extra = listOf(attributes, "output_padding", rank, 0)
  const full = output.map((size, axis) => (size - 1) * at(strides, axis) + reach(at(kernel, axis), at(dilations, axis)) + at(extra, axis))
  const { begin, end } = transposedPaddingOf(output, full, strides, attributes)
  return { input: full.map((size, axis) => size - at(begin, axis) - at(end, axis)), output, kernel, strides, dilations, begin, end }
}

/** Given, or what brings the full result to the size that is asked for; the odd one goes to the end for SAME_UPPER, to the begin otherwise. */
const transposedPaddingOf = (output: Shape, full: Shape, strides: ReadonlyArray<number>, attributes: Attributes): Pick<Window, "begin" | "end"> => {
  const mode = stringOf(attributes, "auto_pad", "NOTSET")
  const same = mode === "SAME_UPPER" || mode === "SAME_LOWER"
  const wanted = intsOf(attributes, "output_shape")?.slice(-output.length) ?? (same ? output.map((size, axis) => size * at(strides, axis)) : undefined)
  if (wanted === undefined) return paddingOf(output, full, strides, attributes)
  const total = full.map((size, axis) => Math.max(0, size - at(wanted, axis)))
  const small = total.map((size) => Math.floor(size / 2))
  const large = total.map((size, axis) => size - at(small, axis))
  return mode === "SAME_UPPER" ? { begin: small, end: large } : { begin: large, end: small }
}

/**
 * Visits every pair of output and kernel positions, as offsets within a plane; `input` is the offset of the input element they meet
 * at, or undefined in the padding.
 */
export const slide = (window: Window, visit: (output: number, input: number | undefined, kernel: number) => void): void => {
  const { input, output, kernel, strides, dilations, begin } = window
  const rank = input.length
  const none = output.map(() => 0)
  walk(output, [none], (outputOffset) => {
    walk(kernel, [none], (kernelOffset) => {
      let offset = 0
      let [o, k, inside] = [outputOffset, kernelOffset, true]
      let stride = 1
      for (let axis = rank - 1; axis >= 0; axis--) {
        const position = (o % at(output, axis)) * at(strides, axis) + (k % at(kernel, axis)) * at(dilations, axis) - at(begin, axis)
        inside &&= position >= 0 && position < at(input, axis)
        offset += position * stride
        stride *= at(input, axis)
        o = Math.floor(o / at(output, axis))
        k = Math.floor(k / at(kernel, axis))
      }
      visit(outputOffset, inside ? offset : undefined, kernelOffset)
    })
  })
}

/** The spatial sizes that all windows together cover. */
export const covered = ({ output, kernel, strides, dilations }: Window): Shape =>
  output.map((size, axis) => (size - 1) * at(strides, axis) + reach(at(kernel, axis), at(dilations, axis)))

export const planeSize = (shape: Shape): number => sizeOf(shape.slice(2))
