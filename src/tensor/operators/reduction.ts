/** Reductions over axes. Without axes they run over all; reduced axes stay with size 1 if `keepdims`. */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, type Composition, first, intOf, intsOf, item, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sameShape, type Shape, sizeOf, stridesOf, walk } from "../shape.ts"
import type { NdArray } from "../operator.ts"
import { constantNumber } from "./broadcasting.ts"

const reducedAxes = (shape: Shape, attributes: Attributes): ReadonlyArray<number> => {
  const axes = intsOf(attributes, "axes") ?? []
  if (axes.length > 0) return axes.map((axis) => axisOf(axis, shape))
  return intOf(attributes, "noop_with_empty_axes", 0) === 0 ? shape.map((_, axis) => axis) : []
}

const keptShape = (shape: Shape, axes: ReadonlyArray<number>): Array<number> => shape.map((size, axis) => (axes.includes(axis) ? 1 : size))

const resultShape = (shape: Shape, axes: ReadonlyArray<number>, keep: boolean): Shape =>
  keep ? keptShape(shape, axes) : shape.filter((_, axis) => !axes.includes(axis))

/** The elements that go into each result, in row-major order. */
const groups = ({ shape, data }: NdArray, axes: ReadonlyArray<number>): Array<Array<number>> => {
  const kept = keptShape(shape, axes)
  const result = Array.from({ length: sizeOf(kept) }, (): Array<number> => [])
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride))
  walk(shape, [strides], (position, offsets) => result[at(offsets, 0)]?.push(at(data, position)))
  return result
}

const reductionAttributes = { axes: { kind: "ints", input: 1 }, keepdims: { kind: "int" }, noop_with_empty_axes: { kind: "int" } } as const

interface Reduction {
  readonly name: string
  readonly apply: (group: ReadonlyArray<number>) => number
  /** Gradient with respect to x, given gradient and result with the reduced axes kept as size 1; `count` elements went into each. */
  readonly derivative: (gradient: Value, x: Value, y: Value, count: number) => Value
}

const reduction = ({ name, apply, derivative }: Reduction): Operator => ({
  name,
  inputs: [1, 1],
  attributes: reductionAttributes,
  infer: (inputs, attributes) => {
    const { type, shape } = first(inputs)
    return [{ type, shape: resultShape(shape, reducedAxes(shape, attributes), intOf(attributes, "keepdims", 1) !== 0) }]
  },
  evaluate: (inputs, attributes) => [Float64Array.from(groups(first(inputs), reducedAxes(first(inputs).shape, attributes)), apply)],
  derivative: ({ inputs, outputs, attributes, gradient }) => {
    const x = first(inputs)
    const axes = reducedAxes(x.shape, attributes)
    const kept = keptShape(x.shape, axes)
    const count = sizeOf(axes.map((axis) => at(x.shape, axis)))
    return [() => derivative(o.reshape(gradient, kept), x, o.reshape(first(outputs), kept), count)]
  },
  simplify: (inputs, attributes, output) => {
    const x = first(inputs)
    const axes = reducedAxes(x.shape, attributes)
    // Summing over axes of size 1, or over none, only drops them.
    const trivial = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"].includes(name) && axes.every((axis) => x.shape[axis] === 1)
    if (trivial) return o.reshape(x, output.shape)
    if (name !== "ReduceSum" && name !== "ReduceMean") return undefined
    if (isCentred(x, axes)) return o.full(x, output.shape, 0)
    const linear = withoutFactor(name, x, axes)
    return linear === undefined ? undefined : o.reshape(linear, output.shape)
  }
})

/** Whether x is a value minus its mean over these axes: what is left sums to 0. */
const isCentred = (x: Value, axes: ReadonlyArray<number>): boolean => {
  if (x.node?.operator.name !== "Sub") return false
  const [from, subtracted] = [first(x.node.inputs), item(x.node.inputs, 1)]
  const mean = subtracted.node?.operator.name === "Reshape" ? first(subtracted.node.inputs) : subtracted
  if (mean.node?.operator.name !== "ReduceMean" || first(mean.node.inputs) !== from || !sameShape(from.shape, x.shape)) return false
  const averaged = reducedAxes(from.shape, mean.node.attributes)
  return averaged.length === axes.length && averaged.every((axis) => axes.includes(axis)) &&
    sameShape(alignedShape(subtracted.shape, x.shape.length), keptShape(x.shape, axes))
}

/** A factor that is the same for all that is summed stands before the sum. */
const withoutFactor = (name: string, x: Value, axes: ReadonlyArray<number>): Value | undefined => {
  if (x.node?.operator.name !== "Mul") return undefined
  const pairs = [x.node.inputs, x.node.inputs.toReversed()]
  for (const pair of pairs) {
    const [factor, rest] = [first(pair), item(pair, 1)]
    const sizes = alignedShape(factor.shape, x.shape.length)
    if (!sameShape(rest.shape, x.shape) || axes.some((axis) => sizes[axis] !== 1)) continue
    const [sum] = o.callMany(name, [rest], { axes, keepdims: 1 }, 1)
    return sum === undefined || constantNumber(sum) === 0 ? sum : o.mul(sum, factor)
  }
  return undefined
}

/** A shape with axes of size 1 in front, up to a rank. */
const alignedShape = (shape: Shape, rank: number): Shape => [...Array.from({ length: rank - shape.length }, () => 1), ...shape]

const sum = (group: ReadonlyArray<number>): number => group.reduce((total, x) => total + x, 0)

/** Gradient to the extreme elements in equal shares (as PyTorch's amax). */
const toExtremes = (gradient: Value, x: Value, y: Value): Value => {
  const hits = o.cast(o.equal(x, y), x.type)
  const axes = x.shape.flatMap((size, axis) => (y.shape[axis] === size ? [] : [axis]))
  return o.mul(o.div(gradient, axes.length === 0 ? hits : o.reduceSum(hits, axes, true)), hits)
}

/** To each factor the product of the others: with one zero among them only the zero gets any, with more nothing does. */
const toFactors = (gradient: Value, x: Value, y: Value): Value => {
  const isZero = o.equal(x, 0)
  const others = o.where(isZero, 1, x)
  const axes = x.shape.flatMap((size, axis) => (y.shape[axis] === size ? [] : [axis]))
  const zeros = o.reduceSum(o.cast(isZero, x.type), axes, true)
  const ofZero = o.where(o.and(isZero, o.equal(zeros, 1)), o.reduceProd(others, axes, true), 0)
  return o.mul(gradient, o.where(o.equal(zeros, 0), o.div(y, others), ofZero))
}

/** Where the greatest or least element of each line is. */
const argExtreme = (name: string, better: (a: number, b: number) => number): Operator => ({
  name,
  inputs: [1, 1],
  attributes: { axis: { kind: "int" }, keepdims: { kind: "int" }, select_last_index: { kind: "int" } },
  infer: (inputs, attributes) => {
    const { shape } = first(inputs)
    return [{ type: "int64", shape: resultShape(shape, [axisOf(intOf(attributes, "axis", 0), shape)], intOf(attributes, "keepdims", 1) !== 0) }]
  },
  evaluate: (inputs, attributes) => {
    const { shape } = first(inputs)
    const last = intOf(attributes, "select_last_index", 0) !== 0
    const find = (group: ReadonlyArray<number>): number => {
      const best = group.reduce(better)
      return last ? group.lastIndexOf(best) : group.indexOf(best)
    }
    return [Float64Array.from(groups(first(inputs), [axisOf(intOf(attributes, "axis", 0), shape)]), find)]
  },
  derivative: () => [undefined]
})

export const reductions: ReadonlyArray<Operator | Composition> = [
  reduction({ name: "ReduceSum", apply: sum, derivative: (g, x) => o.expand(g, x.shape) }),
  reduction({ name: "ReduceMean", apply: (group) => sum(group) / group.length, derivative: (g, x, _, count) => o.expand(o.mul(g, 1 / count), x.shape) }),
  reduction({ name: "ReduceMax", apply: (group) => group.reduce((a, b) => Math.max(a, b), -Infinity), derivative: toExtremes }),
  reduction({ name: "ReduceMin", apply: (group) => group.reduce((a, b) => Math.min(a, b), Infinity), derivative: toExtremes }),
  reduction({ name: "ReduceProd", apply: (group) => group.reduce((a, b) => a * b, 1), derivative: toFactors }),
  reduction({ name: "ReduceL1", apply: (group) => sum(group.map(Math.abs)), derivative: (g, x) => o.mul(g, o.sign(x)) }),
  reduction({ name: "ReduceL2", apply: (group) => Math.hypot(...group), derivative: (g, x, y) => o.mul(o.div(g, y), x) }),
  reduction({ name: "ReduceSumSquare", apply: (group) => sum(group.map((x) => x * x)), derivative: (g, x) => o.mul(o.mul(g, 2), x) }),
  reduction({
    name: "ReduceLogSumExp",
    apply: (group) => {
      const top = group.reduce((a, b) => Math.max(a, b), -Infinity)
      return top + Math.log(sum(group.map((x) => Math.exp(x - top))))
    },
    derivative: (g, x, y) => o.mul(g, o.exp(o.sub(x, y)))
  }),
  {
    name: "ReduceLogSum",
    inputs: [1, 1],
    attributes: reductionAttributes,
    compose: (inputs, attributes) => [o.log(first(o.callMany("ReduceSum", inputs, attributes, 1)))]
  },
  argExtreme("ArgMax", (a, b) => Math.max(a, b)),
  argExtreme("ArgMin", (a, b) => Math.min(a, b))
]
