/**
 * Trigonometric and hyperbolic functions (sine, cosine and hyperbolic tangent are with the other elementary functions). onnxruntime's CPU
 * provider has them for float32 only.
 */
import type { Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { unary } from "./elementwise.ts"

export const trigonometry: ReadonlyArray<Operator> = [
  unary({ name: "Tan", apply: Math.tan, derivative: (g, _, y) => o.mul(g, o.add(o.square(y), 1)) }),
  unary({ name: "Asin", apply: Math.asin, derivative: (g, x) => o.div(g, o.sqrt(o.sub(1, o.square(x)))) }),
  unary({ name: "Acos", apply: Math.acos, derivative: (g, x) => o.neg(o.div(g, o.sqrt(o.sub(1, o.square(x))))) }),
  unary({ name: "Atan", apply: Math.atan, derivative: (g, x) => o.div(g, o.add(o.square(x), 1)) }),
  unary({ name: "Sinh", apply: Math.sinh, derivative: (g, x) => o.mul(g, o.cosh(x)) }),
  unary({ name: "Cosh", apply: Math.cosh, derivative: (g, x) => o.mul(g, o.sinh(x)) }),
  unary({ name: "Asinh", apply: Math.asinh, derivative: (g, x) => o.div(g, o.sqrt(o.add(o.square(x), 1))) }),
  unary({ name: "Acosh", apply: Math.acosh, derivative: (g, x) => o.div(g, o.sqrt(o.sub(o.square(x), 1))) }),
  unary({ name: "Atanh", apply: Math.atanh, derivative: (g, x) => o.div(g, o.sub(1, o.square(x))) })
]
