/** Remainders and the bits of whole numbers. */
import { type Attributes, first, intOf, item, Misfit, type Operator, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { type DataType, fromNumbers, isFloat, type TensorType } from "../tensor.ts"
import { inferCommon, mapElements } from "./broadcasting.ts"

/** Width and sign of the types that have bits. */
const bitsOf: Partial<Record<DataType, { readonly width: number; readonly signed: boolean }>> = {
  uint8: { width: 8, signed: false }, int32: { width: 32, signed: true }, int64: { width: 64, signed: true }
}

const bits = ({ type }: TensorType) => {
  const found = bitsOf[type]
  if (found === undefined) throw new Misfit("takes whole numbers")
  return found
}

/** Computed on whole numbers of any size, then cut to the type's bits. */
const bitwise = (name: string, operands: 1 | 2, apply: (a: bigint, b: bigint, attributes: Attributes) => bigint, attributes: Operator["attributes"] = {}): Operator => ({
  name,
  inputs: [operands, operands],
  attributes,
  infer: (inputs) => {
    inputs.forEach(bits)
    return inferCommon(inputs)
  },
  evaluate: (inputs, given, outputs) => {
    const { width, signed } = bits(first(outputs))
    const cut = (x: bigint): number => Number(signed ? BigInt.asIntN(width, x) : BigInt.asUintN(width, x))
    return [mapElements(inputs, first(outputs).shape, (a, b = 0) => cut(apply(BigInt(a), BigInt(b), given)))]
  },
  derivative: ({ inputs }) => inputs.map(() => undefined)
})

/** a / b without what follows the point */
const wholeQuotient = (a: Parameters<typeof o.div>[0], b: Parameters<typeof o.div>[1]) => {
  const quotient = o.div(a, b)
  return o.mul(o.sign(quotient), o.floor(o.abs(quotient)))
}

const isLeft = (attributes: Attributes): boolean => stringOf(attributes, "direction", "LEFT") === "LEFT"

export const integers: ReadonlyArray<Operator> = [
  {
    name: "Mod",
    inputs: [2, 2],
    attributes: { fmod: { kind: "int" } },
    infer: (inputs, attributes) => {
      if (isFloat(first(inputs).type) && intOf(attributes, "fmod", 0) === 0) throw new Misfit("floating-point numbers need fmod: 1")
      return inferCommon(inputs)
    },
    evaluate: (inputs, attributes, outputs) => {
      const remainder = intOf(attributes, "fmod", 0) === 0 ? (a: number, b: number) => a - b * Math.floor(a / b) : (a: number, b: number) => a % b
      return [mapElements(inputs, first(outputs).shape, remainder)]
    },
    derivative: ({ inputs, gradient }) => {
      const [a, b] = [first(inputs), item(inputs, 1)]
      return [() => o.sumTo(gradient, a.shape), () => o.sumTo(o.neg(o.mul(gradient, wholeQuotient(a, b))), b.shape)]
    }
  },
  {
    ...bitwise("BitShift", 2, (a, b, given) => (isLeft(given) ? a << b : a >> b), { direction: { kind: "string" } }),
    // In ONNX for unsigned numbers only, of which the engine has one type: those that lie in others are multiplied and divided.
    compose: (inputs, attributes) => {
      const [x, count] = [first(inputs), item(inputs, 1)]
      if (x.type !== "int32" && x.type !== "int64") return undefined
      const powers = fromNumbers(Array.from({ length: x.type === "int32" ? 31 : 63 }, (_, i) => 2 ** i), { type: x.type, shape: [x.type === "int32" ? 31 : 63] })
      const factor = o.gather(x.graph.constant(powers), count)
      return [isLeft(attributes) ? o.mul(x, factor) : o.div(x, factor)]
    }
  },
  bitwise("BitwiseAnd", 2, (a, b) => a & b),
  bitwise("BitwiseOr", 2, (a, b) => a | b),
  bitwise("BitwiseXor", 2, (a, b) => a ^ b),
  bitwise("BitwiseNot", 1, (a) => ~a)
]
