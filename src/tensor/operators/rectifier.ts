/**
 * Rectifiers and their smooth relatives. onnxruntime's CPU provider has none of the kernels that they end in for float64 (Elu, Selu,
 * Softsign, ThresholdedRelu, PRelu, HardSigmoid, Softplus, Erf); the interpreter has.
 */
import type { Value } from "../graph.ts"
import { type Attributes, type Composition, first, floatOf, item, Misfit, type Operator, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { broadcastShapes, sameShape } from "../shape.ts"
import { isFloat } from "../tensor.ts"
import { mapElements, sameTypes } from "./broadcasting.ts"

interface Rectifier {
  readonly name: string
  /** Parameters with ONNX's defaults. */
  readonly defaults: Readonly<Record<string, number>>
  readonly apply: (x: number, parameter: (name: string) => number) => number
  /** The derivative, from operand and result. */
  readonly slope: (x: Value, y: Value, parameter: (name: string) => number) => Value
}

const rectifier = ({ name, defaults, apply, slope }: Rectifier): Operator => {
  const parameters = (attributes: Attributes) => (parameter: string) => floatOf(attributes, parameter, Math.fround(defaults[parameter] ?? NaN))
  return {
    name,
    inputs: [1, 1],
    attributes: Object.fromEntries(Object.keys(defaults).map((parameter) => [parameter, { kind: "float" }])),
    infer: (inputs) => {
      const { type, shape } = first(inputs)
      if (!isFloat(type)) throw new Misfit("takes floating-point numbers; cast first")
      return [{ type, shape }]
    },
    evaluate: (inputs, attributes) => [first(inputs).data.map((x) => apply(x, parameters(attributes)))],
    derivative: ({ inputs, outputs, attributes, gradient }) =>
      [() => o.mul(gradient, slope(first(inputs), first(outputs), parameters(attributes)))]
  }
}

const composition = (name: string, compose: (x: Value, attributes: Attributes) => Value, attributes: Composition["attributes"] = {}): Composition => ({
  name,
  inputs: [1, 1],
  attributes,
  compose: (inputs, given) => [compose(first(inputs), given)]
})

const isPositive = (x: Value): Value => o.greater(x, 0)

export const rectifiers: ReadonlyArray<Operator | Composition> = [
  rectifier({
    name: "Elu",
    defaults: { alpha: 1 },
    apply: (x, p) => (x > 0 ? x : p("alpha") * Math.expm1(x)),
    slope: (x, y, p) => o.where(isPositive(x), 1, o.add(y, p("alpha")))
  }),
  rectifier({
    name: "Selu",
    defaults: { alpha: 1.6732632423543772, gamma: 1.0507009873554805 },
    apply: (x, p) => p("gamma") * (x > 0 ? x : p("alpha") * Math.expm1(x)),
    slope: (x, y, p) => o.where(isPositive(x), p("gamma"), o.add(y, p("gamma") * p("alpha")))
  }),
  rectifier({
    name: "ThresholdedRelu",
    defaults: { alpha: 1 },
    apply: (x, p) => (x > p("alpha") ? x : 0),
    slope: (x, _, p) => o.cast(o.greater(x, p("alpha")), x.type)
  }),
  rectifier({
    name: "Softsign",
    defaults: {},
    apply: (x) => x / (1 + Math.abs(x)),
    // 1 / (1 + |x|) is 1 - |y|.
    slope: (_, y) => o.square(o.sub(1, o.abs(y)))
  }),
  {
    name: "PRelu",
    inputs: [2, 2],
    infer: (inputs) => {
      sameTypes(inputs)
      const [x, slope] = [first(inputs), item(inputs, 1)]
      const common = broadcastShapes([x.shape, slope.shape])
      if (common === undefined || !sameShape(common, x.shape)) throw new Misfit("the slope is to broadcast to the operand")
      return [{ type: x.type, shape: x.shape }]
    },
    evaluate: (inputs) => [mapElements(inputs, first(inputs).shape, (x, slope) => (x < 0 ? slope * x : x))],
    derivative: ({ inputs, gradient }) => {
      const [x, slope] = [first(inputs), item(inputs, 1)]
      const isNegative = o.less(x, 0)
      return [
        () => o.mul(gradient, o.where(isNegative, slope, 1)),
        () => o.sumTo(o.mul(gradient, o.mul(x, o.cast(isNegative, x.type))), slope.shape)
      ]
    }
  },
  composition("Celu", (x, given) => {
    const alpha = floatOf(given, "alpha", 1)
    return o.mul(o.elu(o.div(x, alpha)), alpha)
  }, { alpha: { kind: "float" } }),
  // The runtime fuses the exact form again.
  composition("Gelu", (x, given) => {
    if (stringOf(given, "approximate", "none") === "none") return o.gelu(x)
    const inner = o.mul(o.add(x, o.mul(o.mul(x, o.square(x)), 0.044715)), Math.sqrt(2 / Math.PI))
    return o.mul(o.mul(x, 0.5), o.add(o.tanh(inner), 1))
  }, { approximate: { kind: "string" } }),
  composition("HardSwish", (x) => o.mul(x, o.hardSigmoid(x, 1 / 6, 0.5))),
  composition("Mish", (x) => o.mul(x, o.tanh(o.softplus(x))))
]
