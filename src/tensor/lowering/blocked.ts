/**
 * Convolutions whose weights change, and what stands between them, in blocks of channels (see operators/blocked.ts): about a fifth faster
 * than onnxruntime's plain convolution, twice as fast on many channels and few pixels. Every rule turns an operator on values that
 * have just come out of blocks into the same operator inside, followed by the way out; ways out that nobody takes are not written.
 */
import type { Node, Value } from "../graph.ts"
import { first, intOf, intsOf, item } from "../operator.ts"
import type { BlockSize } from "../operators/blocked.ts"
import * as o from "../ops.ts"
import { at, sameShape, sizeOf } from "../shape.ts"
import { blocks } from "./blocks.ts"
import { imagesOfBlocks } from "./folded.ts"
import type { Rule } from "./lower.ts"
import { transposedByPhases } from "./phases.ts"

/** Below this many products for each result a convolution is not worth the reordering. */
const LEAST_PRODUCTS = 64
/** Larger kernels, and most with holes, are those of weight gradients, whose few results the blocked kernels are slow at. */
const LARGEST_KERNEL = 49

const UNARY = new Set(["Relu", "LeakyRelu", "HardSigmoid", "Sigmoid", "Tanh", "Softplus", "Neg", "Abs", "Exp", "Log", "Sqrt", "Erf"])
const BINARY = new Set(["Add", "Sub", "Mul", "Div", "Max", "Min"])

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

  const unary: Rule = ({ operator, attributes }, inputs, { uses }) => {
    const [value, ...rest] = inputs
    const x = inside(value)
    const bounded = operator.name === "Clip" && rest.every(({ shape }) => sizeOf(shape) === 1)
    if (value === undefined || x === undefined || !(UNARY.has(operator.name) || bounded)) return undefined
    const { node } = x
    if (operator.name === "Relu" && isConvolution(node) && node?.attributes["activation"] === undefined && uses(value) === 1) {
      return outOf(apply("Conv", node?.inputs ?? [], { ...node?.attributes, activation: "Relu" }))
    }
    return outOf(first(x.graph.apply(operator.name, [x, ...rest], attributes)))
  }

  const binary: Rule = ({ operator, outputs }, inputs) => {
    if (!BINARY.has(operator.name) || inputs.length !== 2) return undefined
    const within = inputs.map(inside)
    const [left, right] = within
    const { shape } = first(outputs)
    const build = (a: Value, b: Value): Value => first(a.graph.apply(operator.name, [a, b]))
    if (left !== undefined && right !== undefined && sameShape(left.shape, right.shape)) return outOf(build(left, right))
    const which = within.findIndex((value) => value !== undefined && sameShape(value.shape, shape))
    const x = within[which]
    if (x === undefined) return undefined
    const other = item(inputs, 1 - which)
    const place = (a: Value, b: Value): Value => (which === 0 ? build(a, b) : build(b, a))
    if (sizeOf(other.shape) === 1) return outOf(place(x, o.reshape(other, [])))
    const aligned = [...shape.slice(other.shape.length).map(() => 1), ...other.shape]
    if (aligned[2] !== 1 || aligned[3] !== 1) return undefined
    const channels = aligned[1] === 1 ? [1, 1, 1] : [at(aligned, 1) / block, 1, block]
    return outOf(o.reshape(place(laidOut(x), o.reshape(other, [at(aligned, 0), ...channels])), shape))
  }

  /** Sums over the plane, or over the plane and the samples, one after the other, which the runtime has fast loops for. */
  const reduction: Rule = ({ operator, attributes, outputs }, inputs) => {
    const x = inside(inputs[0])
    if (x === undefined) return undefined
    const plane = operator.name === "GlobalAveragePool" ? [2, 3] : (intsOf(attributes, "axes") ?? []).toSorted((a, b) => a - b)
    const whole = sameShape(plane, [0, 2, 3])
    if (!whole && !sameShape(plane, [2, 3])) return undefined
    const { shape } = first(outputs)
    if (operator.name === "ReduceSum") {
      const sums = o.reduceSum(laidOut(x), [2])
      return o.reshape(whole ? o.reduceSum(sums, [0]) : sums, shape)
    }
    return (operator.name === "GlobalAveragePool" || operator.name === "ReduceMean") && !whole ? o.reshape(o.reduceMean(laidOut(x), [2]), shape) : undefined
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

  return [imagesOfBlocks(block), convolution, transposedByPhases(block), unary, binary, reduction, channelsLast]
}

const isConvolution = (node: Node | undefined): boolean => node?.operator.name === "Conv" && node.operator.domain !== undefined

/** Whether a graph has convolutions that `blockedRules` are for. */
export const hasChangingConvolution = (values: ReadonlyArray<Value>): boolean =>
  values.some(({ node }) => node?.operator.name === "Conv" && node.inputs[1]?.constant === undefined)
