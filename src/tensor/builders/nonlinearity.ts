/** Builders of further nonlinearities, elementary functions and tests, element by element. */
import type { Value } from "../graph.ts"
import { elementTypes } from "../onnx/types.ts"
import { binary, call, type Operand, operands, unary } from "./call.ts"

/** x where positive, alpha (exp(x) - 1) elsewhere */
export const elu = (x: Value, alpha = 1): Value => call("Elu", [x], { alpha })
/** Elu, scaled so that activations keep mean 0 and variance 1. */
export const selu = unary("Selu")
/** x where positive, alpha (exp(x / alpha) - 1) elsewhere: smooth for every alpha */
export const celu = (x: Value, alpha = 1): Value => call("Celu", [x], { alpha })
/** x where positive, slope x elsewhere; the slope broadcasts to x. */
export const pRelu = (x: Value, slope: Value): Value => call("PRelu", [x, slope])
/** x where greater than alpha, 0 elsewhere */
export const thresholdedRelu = (x: Value, alpha = 1): Value => call("ThresholdedRelu", [x], { alpha })
/** x / (1 + |x|) */
export const softsign = unary("Softsign")
/** x sigmoid(x) */
export const silu = (x: Value): Value => call("Mul", [x, call("Sigmoid", [x])])
/** x hardSigmoid(x) with slope 1/6 */
export const hardSwish = unary("HardSwish")
/** x tanh(softplus(x)) */
export const mish = unary("Mish")
/** Gelu with the normal distribution approximated by a tanh. */
export const geluTanh = (x: Value): Value => call("Gelu", [x], { approximate: "tanh" })

export const tan = unary("Tan")
export const asin = unary("Asin")
export const acos = unary("Acos")
export const atan = unary("Atan")
export const sinh = unary("Sinh")
export const cosh = unary("Cosh")
export const asinh = unary("Asinh")
export const acosh = unary("Acosh")
export const atanh = unary("Atanh")

/** The remainder with the divisor's sign (whole numbers only). */
export const mod = binary("Mod")
/** The remainder with the dividend's sign, as C's fmod. */
export const fmod = (a: Operand, b: Operand): Value => call("Mod", operands("Mod", [a, b]), { fmod: 1 })
export const xor = binary("Xor")
export const isNaN = unary("IsNaN")
export const isInf = unary("IsInf")

/**
 * Dropout while training: x / (1 - ratio) where the uniform number (of [0, 1), in x's shape) is at least the ratio, 0 elsewhere. The
 * numbers are an input of the graph, so that they come from the caller's random stream.
 */
export const dropout = (x: Value, uniform: Value, ratio: number): Value => {
  if (ratio === 0) return x
  const kept = call("Cast", [call("GreaterOrEqual", operands("Dropout", [uniform, ratio]))], { to: elementTypes[x.type] })
  return call("Mul", [x, call("Mul", operands("Dropout", [kept, 1 / (1 - ratio)]))])
}
