/**
 * What onnxruntime's CPU provider runs faster in another form. Measured on one and two cores, 0.1 to 2 million elements; figures in
 * docs/differentiation.md.
 */
import type { Node, Value } from "../graph.ts"
import type { Rule } from "./lower.ts"
import { pixelsFirst } from "./reduction.ts"
import { scatterInOrder } from "./scatter.ts"
import { first, floatOf, intOf, intsOf, item } from "../operator.ts"
import * as o from "../ops.ts"
import { constantNumber } from "../operators/broadcasting.ts"
import { at, sameShape, sizeOf } from "../shape.ts"

/** Nearly the greatest float32: what it takes beyond 1 is every number but 0 and the last few subnormal ones. */
const HUGE = Math.fround(3e38)

const made = (value: Value | undefined, op: string): Node | undefined => (value?.node?.operator.name === op ? value.node : undefined)

const stopGradient: Rule = ({ operator }, inputs) => (operator.name === "StopGradient" ? first(inputs) : undefined)

/** The comparison with 0 as a number takes one pass instead of two: a line so steep that it jumps from 0 to 1. */
const positiveMask: Rule = ({ operator, outputs }, inputs) => {
  const comparison = operator.name === "Cast" && first(outputs).type === "float32" ? made(first(inputs), "Greater") : undefined
  if (comparison === undefined) return undefined
  const x = first(comparison.inputs)
  return x.type === "float32" && sameShape(x.shape, first(outputs).shape) && constantNumber(item(comparison.inputs, 1)) === 0
    ? o.hardSigmoid(x, HUGE, 0)
    : undefined
}

/** The runtime's Sign runs on one core, element by element; its Clip is vectorised. */
const sign: Rule = ({ operator }, inputs) =>
  operator.name === "Sign" && first(inputs).type === "float32" ? o.clip(o.mul(first(inputs), HUGE), -1, 1) : undefined

/** A sign times a step is the same Clip at other bounds. */
const scaledSign: Rule = ({ operator }, inputs) => {
  if (operator.name !== "Mul") return undefined
  for (const [i, input] of inputs.entries()) {
    const clip = made(input, "Clip")
    const product = made(clip?.inputs[0], "Mul")
    const step = constantNumber(item(inputs, 1 - i))
    if (clip === undefined || product === undefined || step === undefined || !(step > 0 && step <= 1)) continue
    const isSign = product.inputs.some((factor) => constantNumber(factor) === HUGE) &&
      constantNumber(item(clip.inputs, 1)) === -1 && constantNumber(item(clip.inputs, 2)) === 1
    if (isSign) return o.clip(first(clip.inputs), -step, step)
  }
  return undefined
}

/** What a cross-entropy's gradient needs of the logarithms, where nothing else needs them (in an attack's steps): one pass instead of two. */
const softmax: Rule = ({ operator }, inputs, { uses }) => {
  const logarithm = operator.name === "Exp" ? made(first(inputs), "LogSoftmax") : undefined
  return logarithm === undefined || uses(first(inputs)) !== 1 ? undefined : o.softmax(first(logarithm.inputs), intOf(logarithm.attributes, "axis", -1))
}

/** A product added to a scaled matrix (an update's momentum) starts from that matrix, two passes less over it. */
const accumulate: Rule = ({ operator }, inputs, { uses }) => {
  if (operator.name !== "Add") return undefined
  for (const [i, input] of inputs.entries()) {
    const gemm = made(input, "Gemm")
    if (gemm === undefined || gemm.inputs.length !== 2 || uses(input) !== 1) continue
    const other = item(inputs, 1 - i)
    if (!sameShape(other.shape, input.shape)) continue
    const scaled = made(other, "Mul")
    const factors = scaled === undefined ? [] : [scaled.inputs, scaled.inputs.toReversed()]
    const [base, beta] = factors.map(([matrix, factor]) => [matrix, factor === undefined ? undefined : constantNumber(factor)] as const)
      .find(([matrix, factor]) => matrix !== undefined && factor !== undefined && sameShape(matrix.shape, input.shape)) ?? [other, 1]
    if (base === undefined || beta === undefined) continue
    const { transA, transB } = gemm.attributes
    return o.gemm(first(gemm.inputs), item(gemm.inputs, 1), base, {
      alpha: floatOf(gemm.attributes, "alpha", 1), beta, transA: transA === 1, transB: transB === 1
    })
  }
  return undefined
}

/** Axes of size 1 and axes that move together only slow a transpose down: it is fast for three axes of which one moves. */
const compactTranspose: Rule = ({ operator, attributes, outputs }, inputs) => {
  const order = operator.name === "Transpose" ? intsOf(attributes, "perm") : undefined
  const x = first(inputs)
  if (order === undefined || sizeOf(x.shape) === 0) return undefined
  // Runs of input axes that stay together, in the output's order.
  const runs: Array<Array<number>> = []
  for (const axis of order.filter((one) => x.shape[one] !== 1)) {
    const run = runs.at(-1)
    const between = run === undefined ? [] : x.shape.slice((run.at(-1) ?? 0) + 1, axis)
    if (run !== undefined && axis > (run.at(-1) ?? 0) && between.every((size) => size === 1)) run.push(axis)
    else runs.push([axis])
  }
  if (runs.length === order.length) return undefined
  const inInput = runs.toSorted((a, b) => first(a) - first(b))
  const compact = o.reshape(x, inInput.map((run) => sizeOf(run.map((axis) => at(x.shape, axis)))))
  return o.reshape(o.transpose(compact, runs.map((run) => inInput.indexOf(run))), first(outputs).shape)
}

export const cpuRules: ReadonlyArray<Rule> = [stopGradient, positiveMask, sign, scaledSign, softmax, accumulate, compactTranspose, pixelsFirst, scatterInOrder]
