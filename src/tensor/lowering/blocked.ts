/**
 * Convolutions whose weights change, in blocks of channels (see operators/blocked.ts): about a fifth faster than onnxruntime's plain
 * convolution, twice as fast on many channels and few pixels. A convolution of what has just come out of blocks starts from there; ways out that nobody
 * takes are not written. Sums and products stay outside: something near them nearly always needs the plain layout, and every value would be
 * moved by itself.
 */
import type { Value } from "../graph.ts"
import { first, intOf, intsOf } from "../operator.ts"
import type { BlockSize } from "../operators/blocked.ts"
import * as o from "../ops.ts"
import { at, sameShape } from "../shape.ts"
import { blocks } from "./blocks.ts"
import { imagesOfBlocks } from "./folded.ts"
import type { Rule } from "./lower.ts"
import { transposedByPhases } from "./phases.ts"

/** Below this many products for each result a convolution is not worth the reordering. */
const LEAST_PRODUCTS = 64
/** Larger kernels, and most with holes, are those of weight gradients, whose few results the blocked kernels are slow at. */
const LARGEST_KERNEL = 49

export const blockedRules = (block: BlockSize): ReadonlyArray<Rule> => {
  const { apply, inside, into, outOf, laidOut, filters } = blocks(block)

  const convolution: Rule = ({ operator, attributes }, inputs) => {
    const [x, weights, ...bias] = inputs
    if (operator.name !== "Conv" || x === undefined || weights === undefined || x.shape.length !== 4 || x.type !== "float32") return undefined
    const [outputs, channels] = [at(weights.shape, 0), at(weights.shape, 1)]
    const kernel = at(weights.shape, 2) * at(weights.shape, 3)
    const fits = outputs % block === 0 && (channels % block === 0 || (channels < block && inside(x) === undefined))
    // With constant weights the runtime does all this by itself.
    if (!fits || weights.constant !== undefined || intOf(attributes, "group", 1) !== 1) return undefined
    if (kernel > LARGEST_KERNEL || (intsOf(attributes, "dilations") ?? []).some((dilation) => dilation > 1)) return undefined
    if (channels >= block && channels * kernel < LEAST_PRODUCTS) return undefined
    return outOf(apply("Conv", [channels < block ? x : into(x), filters(weights), ...bias], attributes))
  }

  /** The blocked convolution applies ReLU to what it writes. */
  const rectified: Rule = ({ operator }, inputs, { uses }) => {
    const [value] = inputs
    const node = inside(value)?.node
    if (operator.name !== "Relu" || value === undefined || node === undefined || uses(value) !== 1) return undefined
    if (node.operator.name !== "Conv" || node.attributes["activation"] !== undefined) return undefined
    return outOf(apply("Conv", node.inputs, { ...node.attributes, activation: "Relu" }))
  }

  /** From blocks to channels last (the image of a weight gradient) without the detour over planes. */
  const channelsLast: Rule = ({ operator, attributes, outputs }, inputs) => {
    const order = operator.name === "Transpose" ? intsOf(attributes, "perm") : undefined
    const value = first(inputs)
    const x = inside(value.node?.operator.name === "Reshape" ? value.node.inputs[0] : value)
    if (order === undefined || x === undefined) return undefined
    const [n, c, h, w] = [at(x.shape, 0), at(x.shape, 1), at(x.shape, 2), at(x.shape, 3)]
    const kept = value.shape.flatMap((size, axis) => (size === 1 ? [] : [axis]))
    const [samples, channels, rows, columns] = kept
    const sameAxes = sameShape(kept.map((axis) => at(value.shape, axis)), [n, c, h, w])
    const moved = order.filter((axis) => value.shape[axis] !== 1)
    if (!sameAxes || samples === undefined || channels === undefined || rows === undefined || columns === undefined) return undefined
    if (!sameShape(moved, [samples, rows, columns, channels])) return undefined
    return o.reshape(o.transpose(laidOut(x), [0, 2, 1, 3]), first(outputs).shape)
  }

  return [imagesOfBlocks, convolution, transposedByPhases(block), rectified, channelsLast]
}

/** Whether a graph has convolutions that `blockedRules` are for. */
export const hasChangingConvolution = (values: ReadonlyArray<Value>): boolean =>
  values.some(({ node }) => node?.operator.name === "Conv" && node.inputs[1]?.constant === undefined)
