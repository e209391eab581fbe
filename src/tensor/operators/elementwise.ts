/** Arithmetic and elementary functions, element by element. */
import type { Value } from "../graph.ts"
import { type DerivativeContext, first, type InputGradient, item, Misfit, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { sameShape, sizeOf } from "../shape.ts"
import { isFloat, type TensorType } from "../tensor.ts"
import { commonShape, constantNumber, inferCommon, mapElements, withoutExpand } from "./broadcasting.ts"

interface Binary {
  readonly name: string
  readonly apply: (a: number, b: number) => number
  /** Gradients with respect to both operands before broadcasting is undone. */
  readonly partials: (a: Value, b: Value, gradient: Value, result: Value) => readonly [InputGradient, InputGradient]
  readonly simplify?: (a: Value, b: Value, output: TensorType) => Value | undefined
  /** Types and shapes where they are not simply those of both operands. */
  readonly infer?: Operator["infer"]
}

const binary = ({ name, apply, partials, simplify, infer = inferCommon }: Binary): Operator => ({
  name,
  inputs: [2, 2],
  infer,
  evaluate: (inputs, _, outputs) => {
    const { shape, type } = first(outputs)
    const rounded = isFloat(type) ? apply : (a: number, b: number) => Math.trunc(apply(a, b))
    return [mapElements(inputs, shape, rounded)]
  },
  derivative: ({ inputs, outputs, gradient }) => {
    const [a, b] = [first(inputs), item(inputs, 1)]
    const [left, right] = partials(a, b, gradient, first(outputs))
    return [() => o.sumTo(left(), a.shape), () => o.sumTo(right(), b.shape)]
  },
  simplify: (inputs, attributes, output) => simplify?.(first(inputs), item(inputs, 1), output) ?? withoutExpand(name)(inputs, attributes, output)
})

/** `value` if it has the output's shape already. */
const unchanged = (value: Value, output: TensorType): Value | undefined => (sameShape(value.shape, output.shape) ? value : undefined)

const isNegation = (value: Value): Value | undefined => (value.node?.operator.name === "Neg" ? first(value.node.inputs) : undefined)

/** A product's scale is better put on a factor that is smaller than the product. */
const scaledInside = (product: Value, scale: (factor: Value) => Value): Value | undefined => {
  if (product.node?.operator.name !== "Mul") return undefined
  const [a, b] = [first(product.node.inputs), item(product.node.inputs, 1)]
  const [small, large] = sizeOf(a.shape) < sizeOf(b.shape) ? [a, b] : [b, a]
  return sizeOf(small.shape) < sizeOf(product.shape) && sameShape(large.shape, product.shape) ? o.mul(scale(small), large) : undefined
}

interface Unary {
  readonly name: string
  readonly apply: (x: number) => number
  /** Gradient times derivative; undefined where the derivative is 0 everywhere. */
  readonly derivative?: (gradient: Value, x: Value, y: Value) => Value
  readonly floatOnly?: boolean
  readonly simplify?: (x: Value) => Value | undefined
}

export const unary = ({ name, apply, derivative, floatOnly = true, simplify }: Unary): Operator => ({
  name,
  inputs: [1, 1],
  infer: (inputs) => {
    const { type, shape } = first(inputs)
    if (floatOnly && !isFloat(type)) throw new Misfit("takes floating-point numbers; cast first")
    return [{ type, shape }]
  },
  evaluate: (inputs) => [first(inputs).data.map((x) => apply(x))],
  derivative: ({ inputs, outputs, gradient }: DerivativeContext) =>
    [derivative === undefined ? undefined : () => derivative(gradient, first(inputs), first(outputs))],
  ...(simplify === undefined ? {} : { simplify: (inputs: ReadonlyArray<Value>) => simplify(first(inputs)) })
})

/** Max and Min: a gradient goes to the operands that are the extreme, in equal shares (as PyTorch's maximum does). */
const extreme = (name: string, apply: (...of: Array<number>) => number): Operator => ({
  name,
  inputs: [1, Number.MAX_SAFE_INTEGER],
  infer: inferCommon,
  evaluate: (inputs, _, outputs) => [mapElements(inputs, first(outputs).shape, apply)],
  derivative: ({ inputs, outputs, gradient }) => {
    const hits = inputs.map((input) => () => o.cast(o.equal(input, first(outputs)), gradient.type))
    const share = () => o.div(gradient, hits.map((hit) => hit()).reduce((a, b) => o.add(a, b)))
    return inputs.map((input, i) => () => o.sumTo(o.mul(share(), item(hits, i)()), input.shape))
  },
  simplify: (inputs, attributes, output) => (inputs.length === 1 ? first(inputs) : withoutExpand(name)(inputs, attributes, output))
})

/** Halves to even, as ONNX and IEEE do. */
const roundToEven = (x: number): number => {
  const below = Math.floor(x)
  const rest = x - below
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1
}

export const elementwise: ReadonlyArray<Operator> = [
  binary({
    name: "Add",
    apply: (a, b) => a + b,
    partials: (_a, _b, g) => [() => g, () => g],
    simplify: (a, b, output) => {
      if (constantNumber(a) === 0) return unchanged(b, output)
      if (constantNumber(b) === 0) return unchanged(a, output)
      if (a === b) return o.mul(a, 2)
      const [minusA, minusB] = [isNegation(a), isNegation(b)]
      return minusB !== undefined ? o.sub(a, minusB) : minusA !== undefined ? o.sub(b, minusA) : undefined
    }
  }),
  binary({
    name: "Sub",
    apply: (a, b) => a - b,
    partials: (_a, _b, g) => [() => g, () => o.neg(g)],
    simplify: (a, b, output) => {
      if (constantNumber(b) === 0) return unchanged(a, output)
      const minusB = isNegation(b)
      return minusB === undefined ? undefined : o.add(a, minusB)
    }
  }),
  binary({
    name: "Mul",
    apply: (a, b) => a * b,
    partials: (a, b, g) => [() => o.mul(g, b), () => o.mul(g, a)],
    simplify: (a, b, output) => {
      const [x, y] = [constantNumber(a), constantNumber(b)]
      if (x === 1) return unchanged(b, output)
      if (y === 1) return unchanged(a, output)
      if (x === -1 && sameShape(b.shape, output.shape)) return o.neg(b)
      if (y === -1 && sameShape(a.shape, output.shape)) return o.neg(a)
      if (x !== undefined) return scaledInside(b, (part) => o.mul(part, a))
      return y === undefined ? undefined : scaledInside(a, (part) => o.mul(part, b))
    }
  }),
  binary({
    name: "Div",
    apply: (a, b) => a / b,
    partials: (_a, b, g, y) => [() => o.div(g, b), () => o.neg(o.div(o.mul(g, y), b))],
    simplify: (a, b, output) => (constantNumber(b) === 1 ? unchanged(a, output) : undefined)
  }),
  binary({
    name: "Pow",
    // The exponent may have another type: the base's is the result's.
    infer: (inputs) => [{ type: first(inputs).type, shape: commonShape(inputs) }],
    apply: (a, b) => a ** b,
    partials: (a, b, g, y) => {
      const exponent = constantNumber(b)
      return [
        () => o.mul(g, exponent === undefined ? o.mul(b, o.pow(a, o.sub(b, 1))) : o.mul(o.pow(a, exponent - 1), exponent)),
        // Where the base is not positive the power is not smooth in the exponent: no gradient (as PyTorch gives for base 0).
        () => o.mul(g, o.mul(y, o.where(o.greater(a, 0), o.log(o.where(o.greater(a, 0), a, one(a))), zero(a))))
      ]
    },
    simplify: (a, b, output) => {
      if (a.type !== b.type && isFloat(a.type)) return o.pow(a, o.cast(b, a.type))
      const exponent = constantNumber(b)
      if (exponent === 1) return unchanged(a, output)
      if (exponent === 2 && sameShape(a.shape, output.shape)) return o.mul(a, a)
      if (exponent === 0.5 && sameShape(a.shape, output.shape)) return o.sqrt(a)
      if (exponent === -1 && sameShape(a.shape, output.shape)) return o.reciprocal(a)
      return exponent === 0 ? o.full(a, output.shape, 1) : undefined
    }
  }),
  extreme("Max", Math.max),
  extreme("Min", Math.min),
  unary({ name: "Neg", floatOnly: false, apply: (x) => -x, derivative: (g) => o.neg(g), simplify: (x) => isNegation(x) ?? scaledInside(x, o.neg) }),
  unary({ name: "Abs", floatOnly: false, apply: Math.abs, derivative: (g, x) => o.mul(g, o.sign(x)) }),
  unary({ name: "Sign", floatOnly: false, apply: Math.sign }),
  unary({ name: "Floor", apply: Math.floor }),
  unary({ name: "Ceil", apply: Math.ceil }),
  unary({ name: "Round", apply: roundToEven }),
  unary({ name: "Exp", apply: Math.exp, derivative: (g, _, y) => o.mul(g, y) }),
  unary({ name: "Log", apply: Math.log, derivative: (g, x) => o.div(g, x) }),
  unary({ name: "Sqrt", apply: Math.sqrt, derivative: (g, _, y) => o.div(o.mul(g, 0.5), y) }),
  unary({ name: "Reciprocal", apply: (x) => 1 / x, derivative: (g, _, y) => o.neg(o.mul(g, o.mul(y, y))) }),
  unary({ name: "Sin", apply: Math.sin, derivative: (g, x) => o.mul(g, o.cos(x)) }),
  unary({ name: "Cos", apply: Math.cos, derivative: (g, x) => o.neg(o.mul(g, o.sin(x))) })
]

const one = (like: Value): Value => like.graph.constant(1, like.type)
const zero = (like: Value): Value => like.graph.constant(0, like.type)
