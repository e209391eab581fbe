/** Element by element: arithmetic, functions, comparisons, logic, choice and change of type. */
import { first, floatOf, intOf, item } from "../../../operator.ts"
import { isFloat } from "../../../tensor.ts"
import type { Tf, TfTensor } from "../library.ts"
import { type Lowering, type Lowerings, NoForm, simple, sizes, storedAs, unary } from "./lowering.ts"

const binary = (apply: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Lowering => simple((tf, inputs) => apply(tf, first(inputs), item(inputs, 1)))

/** On whole numbers, towards zero. */
const divide = binary((tf, a, b) =>
  a.dtype === "int32" ? tf.cast(tf.mul(tf.mul(tf.sign(a), tf.sign(b)), tf.floorDiv(tf.abs(a), tf.abs(b))), "int32") : tf.div(a, b))

/** The remainder of a division towards zero (fmod), or of one downwards. */
const remainder = simple((tf, inputs, attributes) => {
  const [a, b] = [first(inputs), item(inputs, 1)]
  return intOf(attributes, "fmod", 0) === 0 ? tf.mod(a, b) : tf.mul(tf.sign(a), tf.mod(tf.abs(a), tf.abs(b)))
})

const where = (tf: Tf, condition: TfTensor, a: TfTensor | number, b: TfTensor | number): TfTensor =>
  tf.where(condition, typeof a === "number" ? tf.scalar(a) : a, typeof b === "number" ? tf.scalar(b) : b)

const elu = (tf: Tf, x: TfTensor, alpha: number): TfTensor => where(tf, tf.greater(x, 0), x, tf.mul(tf.expm1(x), alpha))

const cast = unary((tf, x, _, node) => {
  const target = storedAs[first(node.outputs).type]
  if (target === undefined) throw new NoForm("TensorFlow.js has no float64")
  return target === "bool" ? tf.notEqual(x, 0) : tf.cast(x, target)
})

const isInfinite = unary((tf, x, attributes) => {
  const [above, below] = [intOf(attributes, "detect_positive", 1) !== 0, intOf(attributes, "detect_negative", 1) !== 0]
  if (above && below) return tf.isInf(x)
  return above ? tf.equal(x, Infinity) : below ? tf.equal(x, -Infinity) : tf.zeros(x.shape, "bool")
})

export const elementwise: Lowerings = {
  Add: binary((tf, a, b) => tf.add(a, b)), Sub: binary((tf, a, b) => tf.sub(a, b)), Mul: binary((tf, a, b) => tf.mul(a, b)), Div: divide,
  Pow: binary((tf, a, b) => tf.pow(a, tf.cast(b, a.dtype))), Mod: remainder,
  Max: simple((tf, inputs) => inputs.reduce((a, b) => tf.maximum(a, b))), Min: simple((tf, inputs) => inputs.reduce((a, b) => tf.minimum(a, b))),
  Neg: unary((tf, x) => tf.neg(x)), Abs: unary((tf, x) => tf.abs(x)), Sign: unary((tf, x) => tf.sign(x)),
  Floor: unary((tf, x) => tf.floor(x)), Ceil: unary((tf, x) => tf.ceil(x)), Round: unary((tf, x) => tf.round(x)),
  Exp: unary((tf, x) => tf.exp(x)), Log: unary((tf, x) => tf.log(x)), Sqrt: unary((tf, x) => tf.sqrt(x)), Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Sin: unary((tf, x) => tf.sin(x)), Cos: unary((tf, x) => tf.cos(x)), Tan: unary((tf, x) => tf.tan(x)),
  Asin: unary((tf, x) => tf.asin(x)), Acos: unary((tf, x) => tf.acos(x)), Atan: unary((tf, x) => tf.atan(x)),
  Sinh: unary((tf, x) => tf.sinh(x)), Cosh: unary((tf, x) => tf.cosh(x)), Tanh: unary((tf, x) => tf.tanh(x)),
  Asinh: unary((tf, x) => tf.asinh(x)), Acosh: unary((tf, x) => tf.acosh(x)), Atanh: unary((tf, x) => tf.atanh(x)),
  Erf: unary((tf, x) => tf.erf(x)), Sigmoid: unary((tf, x) => tf.sigmoid(x)), Softplus: unary((tf, x) => tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))))),
  Relu: unary((tf, x) => tf.relu(x)),
  LeakyRelu: unary((tf, x, attributes) => tf.leakyRelu(x, floatOf(attributes, "alpha", 0.01))),
  HardSigmoid: unary((tf, x, attributes) => tf.clipByValue(tf.add(tf.mul(x, floatOf(attributes, "alpha", 0.2)), floatOf(attributes, "beta", 0.5)), 0, 1)),
  Elu: unary((tf, x, attributes) => elu(tf, x, floatOf(attributes, "alpha", 1))),
  Selu: unary((tf, x, attributes) => tf.mul(elu(tf, x, floatOf(attributes, "alpha", 1.6732632423543772)), floatOf(attributes, "gamma", 1.0507009873554805))),
  ThresholdedRelu: unary((tf, x, attributes) => where(tf, tf.greater(x, floatOf(attributes, "alpha", 1)), x, 0)),
  Softsign: unary((tf, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  PRelu: binary((tf, x, slope) => where(tf, tf.less(x, 0), tf.mul(x, slope), x)),
  Clip: simple((tf, inputs, _, node) => {
    const [x, low, high] = [first(inputs), item(inputs, 1), item(inputs, 2)]
    return tf.reshape(tf.minimum(tf.maximum(x, low), high), sizes(first(node.outputs).shape))
  }),
  Greater: binary((tf, a, b) => tf.greater(a, b)), GreaterOrEqual: binary((tf, a, b) => tf.greaterEqual(a, b)),
  Less: binary((tf, a, b) => tf.less(a, b)), LessOrEqual: binary((tf, a, b) => tf.lessEqual(a, b)), Equal: binary((tf, a, b) => tf.equal(a, b)),
  And: binary((tf, a, b) => tf.logicalAnd(a, b)), Or: binary((tf, a, b) => tf.logicalOr(a, b)), Xor: binary((tf, a, b) => tf.notEqual(a, b)),
  Not: unary((tf, x) => tf.logicalNot(x)), IsNaN: unary((tf, x) => tf.isNaN(x)), IsInf: isInfinite,
  Where: simple((tf, inputs) => where(tf, first(inputs), item(inputs, 1), item(inputs, 2))),
  Cast: cast,
  // Of the operators on bits TensorFlow.js has And; the others follow from it.
  BitwiseAnd: binary((tf, a, b) => tf.bitwiseAnd(a, b)),
  BitwiseOr: binary((tf, a, b) => tf.sub(tf.add(a, b), tf.bitwiseAnd(a, b))),
  BitwiseXor: binary((tf, a, b) => tf.sub(tf.add(a, b), tf.mul(tf.bitwiseAnd(a, b), tf.scalar(2, "int32")))),
  BitwiseNot: (tf, node) => {
    if (first(node.outputs).type === "uint8" || isFloat(first(node.outputs).type)) throw new NoForm("bits of signed whole numbers only")
    return (inputs) => [tf.sub(tf.scalar(-1, "int32"), first(inputs))]
  }
}
