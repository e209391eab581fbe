/**
 * Convolution in the layout that onnxruntime's CPU provider computes fastest in: channels in blocks of as many as fit a vector register,
 * innermost ([N, C / block, H, W, block], "NCHWc"). The runtime takes it by itself only for constant weights; these operators of its own
 * domain make it usable in training. Shapes are written as [N, C, H, W] while the elements lie in blocks. Which block a machine has is
 * found out when a session opens, so these operators never stand in a saved file, and there is one of each for every size.
 */
import { type Attributes, first, item, Misfit, type NdArray, type Operator, stringOf } from "../operator.ts"
import { at, type Shape, sizeOf, stridesOf, walk } from "../shape.ts"
import type { TensorType } from "../tensor.ts"
import { convolutions } from "./convolution.ts"
import { windowAttributes } from "./window.ts"

const DOMAIN = "com.microsoft.nchwc"

/** Elements of a tensor of `shape`, its axes in another order. */
const permuted = (data: Float64Array, shape: Shape, order: ReadonlyArray<number>): Float64Array => {
  const strides = stridesOf(shape)
  const result = new Float64Array(data.length)
  walk(order.map((axis) => at(shape, axis)), [order.map((axis) => at(strides, axis))], (position, offsets) => {
    result[position] = at(data, at(offsets, 0))
  })
  return result
}

const sizes = ({ shape }: TensorType): readonly [number, number, number, number] => [at(shape, 0), at(shape, 1), at(shape, 2), at(shape, 3)]

export const intoBlocks = (x: NdArray, block: number): Float64Array => {
  const [n, c, h, w] = sizes(x)
  return permuted(x.data, [n, c / block, block, h, w], [0, 1, 3, 4, 2])
}

export const outOfBlocks = (x: NdArray, block: number): Float64Array => {
  const [n, c, h, w] = sizes(x)
  return permuted(x.data, [n, c / block, h, w, block], [0, 1, 4, 2, 3])
}

/** Filters lie as [K / block, C / block, kh, kw, block of C, block of K], those on a few plain channels as [K / block, C, kh, kw, block]. */
const plainFilters = (w: NdArray, block: number): Float64Array => {
  const [k, c, h, v] = sizes(w)
  return c < block
    ? permuted(w.data, [k / block, c, h, v, block], [0, 4, 1, 2, 3])
    : permuted(w.data, [k / block, c / block, h, v, block, block], [0, 5, 1, 4, 2, 3])
}

const plainConvolution = (): Operator => {
  const operator = convolutions.find(({ name }) => name === "Conv")
  if (operator === undefined) throw new Misfit("needs the operator Conv")
  return operator
}

/** What the runtime's convolution can apply to its result on the way. */
const activated = (data: Float64Array, attributes: Attributes): Float64Array => {
  const activation = stringOf(attributes, "activation", "")
  if (activation === "") return data
  if (activation !== "Relu") throw new Misfit(`the activation ${activation} is not supported`)
  return data.map((x) => Math.max(x, 0))
}

const withoutActivation = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== "activation"))

const reorder = (name: string, block: number, move: (x: NdArray, block: number) => Float64Array, attributes: Operator["attributes"]): Operator => ({
  name,
  domain: DOMAIN,
  inputs: [1, 1],
  ...(attributes === undefined ? {} : { attributes }),
  infer: (inputs) => {
    const { type, shape } = first(inputs)
    if (shape.length !== 4 || at(shape, 1) % block !== 0) throw new Misfit(`takes [N, C, H, W] with C a multiple of ${block}`)
    return [{ type, shape }]
  },
  evaluate: (inputs) => [move(first(inputs), block)]
})

const convolution = (block: number): Operator => ({
  name: "Conv",
  domain: DOMAIN,
  inputs: [2, 3],
  attributes: { ...windowAttributes, group: { kind: "int" }, activation: { kind: "string" } },
  infer: (inputs, attributes) => {
    const channels = at(first(inputs).shape, 1)
    if (at(item(inputs, 1).shape, 0) % block !== 0 || (channels >= block && channels % block !== 0)) throw new Misfit(`takes channels in blocks of ${block}`)
    return plainConvolution().infer(inputs, withoutActivation(attributes))
  },
  evaluate: (inputs, attributes, outputs) => {
    const [x, w] = [first(inputs), item(inputs, 1)]
    const plain = [
      { ...x, data: at(x.shape, 1) < block ? x.data : outOfBlocks(x, block) },
      { ...w, data: plainFilters(w, block) },
      ...inputs.slice(2)
    ]
    const [result = new Float64Array(sizeOf(first(outputs).shape))] = plainConvolution().evaluate(plain, withoutActivation(attributes), outputs)
    return [activated(intoBlocks({ ...first(outputs), data: result }, block), attributes)]
  }
})

/** Sizes of a block: 8 floats with AVX and on ARM, 16 with AVX-512. */
export const BLOCK_SIZES = [8, 16] as const
export type BlockSize = (typeof BLOCK_SIZES)[number]

export const blockedName = (operator: "ReorderInput" | "ReorderOutput" | "Conv", block: BlockSize): string => `${operator}/${block}`

/** The operators by the names under which a graph knows them. */
export const blockedOperators: ReadonlyArray<readonly [string, Operator]> = BLOCK_SIZES.flatMap((block) => [
  [blockedName("ReorderInput", block), reorder("ReorderInput", block, intoBlocks, undefined)] as const,
  [blockedName("ReorderOutput", block), reorder("ReorderOutput", block, outOfBlocks, { channels: { kind: "int" } })] as const,
  [blockedName("Conv", block), convolution(block)] as const
])
