/** Nonlinearities of neural networks, element by element. */
import { first, floatOf, item, Misfit, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { sizeOf } from "../shape.ts"
import { isFloat } from "../tensor.ts"
import { unary } from "./elementwise.ts"
import { mapElements, sameTypes } from "./broadcasting.ts"

/** 2 / sqrt(pi) */
const TWO_OVER_ROOT_PI = 1.1283791670955126

/**
 * The error function to about 1e-15: its Taylor series near 0, the continued fraction of erfc farther out
 * (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
export const erf = (x: number): number => {
  const size = Math.abs(x)
  if (size > 6) return Math.sign(x)
  if (size < 2.5) {
    let term = size
    let sum = size
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (2 * size * size) / (2 * n + 1)
      sum += term
    }
    return Math.sign(x) * TWO_OVER_ROOT_PI * Math.exp(-size * size) * sum
  }
  let fraction = size
  for (let n = 60; n > 0; n--) fraction = size + n / 2 / fraction
  return Math.sign(x) * (1 - (Math.exp(-size * size) * TWO_OVER_ROOT_PI) / 2 / fraction)
}

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

export const activations: ReadonlyArray<Operator> = [
  unary({
    name: "Relu",
    apply: (x) => Math.max(x, 0),
    // Where the result is positive: the operand is then needed no more, and the runtime can fuse the two.
    derivative: (g, _, y) => o.mul(g, o.cast(o.greater(y, 0), g.type))
  }),
  {
    name: "LeakyRelu",
    inputs: [1, 1],
    attributes: { alpha: { kind: "float" } },
    infer: (inputs) => {
      if (!isFloat(first(inputs).type)) throw new Misfit("takes floating-point numbers; cast first")
      return [first(inputs)]
    },
    evaluate: (inputs, attributes) => {
      const slope = floatOf(attributes, "alpha", 0.01)
      return [first(inputs).data.map((x) => (x > 0 ? x : slope * x))]
    },
    derivative: ({ inputs, attributes, gradient }) => {
      const x = first(inputs)
      const constant = (value: number) => x.graph.constant(value, x.type)
      return [() => o.mul(gradient, o.where(o.greater(x, 0), constant(1), constant(floatOf(attributes, "alpha", 0.01))))]
    },
    simplify: (inputs, attributes) => (floatOf(attributes, "alpha", 0.01) === 0 ? o.relu(first(inputs)) : undefined)
  },
  {
    name: "HardSigmoid",
    inputs: [1, 1],
    attributes: { alpha: { kind: "float" }, beta: { kind: "float" } },
    infer: (inputs) => {
      if (!isFloat(first(inputs).type)) throw new Misfit("takes floating-point numbers; cast first")
      return [first(inputs)]
    },
    evaluate: (inputs, attributes) => {
      const [slope, offset] = [floatOf(attributes, "alpha", 0.2), floatOf(attributes, "beta", 0.5)]
      return [first(inputs).data.map((x) => Math.min(Math.max(slope * x + offset, 0), 1))]
    },
    derivative: ({ outputs, attributes, gradient }) => {
      const y = first(outputs)
      const inside = o.cast(o.and(o.greater(y, 0), o.less(y, 1)), y.type)
      return [() => o.mul(gradient, o.mul(inside, floatOf(attributes, "alpha", 0.2)))]
    }
  },
  unary({ name: "Sigmoid", apply: logistic, derivative: (g, _, y) => o.mul(g, o.mul(y, o.sub(1, y))) }),
  unary({ name: "Tanh", apply: Math.tanh, derivative: (g, _, y) => o.mul(g, o.sub(1, o.mul(y, y))) }),
  unary({
    name: "Softplus",
    apply: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    derivative: (g, x) => o.mul(g, o.sigmoid(x))
  }),
  unary({ name: "Erf", apply: erf, derivative: (g, x) => o.mul(g, o.mul(o.exp(o.neg(o.mul(x, x))), TWO_OVER_ROOT_PI)) }),
  {
    name: "Clip",
    inputs: [3, 3],
    infer: (inputs) => {
      sameTypes(inputs)
      if (inputs.slice(1).some(({ shape }) => sizeOf(shape) !== 1)) throw new Misfit("the bounds are to be single numbers")
      return [first(inputs)]
    },
    evaluate: (inputs, _, outputs) => [mapElements(inputs, first(outputs).shape, (x, low, high) => Math.min(Math.max(x, low), high))],
    // At a bound the gradient still flows to x, as in PyTorch's clamp.
    derivative: ({ inputs, gradient }) => {
      const [x, low, high] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      const masked = (mask: ReturnType<typeof o.less>) => o.mul(gradient, o.cast(mask, gradient.type))
      return [
        () => masked(o.and(o.greaterOrEqual(x, low), o.lessOrEqual(x, high))),
        () => o.sumTo(masked(o.less(x, low)), low.shape),
        () => o.sumTo(masked(o.greater(x, high)), high.shape)
      ]
    }
  }
]
