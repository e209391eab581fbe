/** Comparisons, logic, choice and change of type. None but Where and Cast have a gradient. */
import { dataTypeOf } from "../onnx/types.ts"
import { type Attributes, first, intOf, item, Misfit, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { type DataType, isFloat, type TensorType } from "../tensor.ts"
import { commonShape, mapElements, sameTypes, withoutExpand } from "./broadcasting.ts"

const comparison = (name: string, test: (a: number, b: number) => boolean): Operator => ({
  name,
  inputs: [2, 2],
  infer: (inputs) => {
    sameTypes(inputs)
    return [{ type: "bool", shape: commonShape(inputs) }]
  },
  evaluate: (inputs, _, outputs) => [mapElements(inputs, first(outputs).shape, (a, b) => (test(a, b) ? 1 : 0))],
  derivative: () => [undefined, undefined],
  simplify: withoutExpand(name)
})

const logical = (name: string, test: (...of: Array<number>) => boolean, operands: number): Operator => ({
  name,
  inputs: [operands, operands],
  infer: (inputs) => {
    if (inputs.some(({ type }) => type !== "bool")) throw new Misfit("takes bool operands")
    return [{ type: "bool", shape: commonShape(inputs) }]
  },
  evaluate: (inputs, _, outputs) => [mapElements(inputs, first(outputs).shape, (...of) => (test(...of) ? 1 : 0))],
  derivative: ({ inputs }) => inputs.map(() => undefined)
})

const test = (name: string, holds: (x: number, attributes: Attributes) => boolean, attributes: Operator["attributes"] = {}): Operator => ({
  name,
  inputs: [1, 1],
  attributes,
  infer: (inputs) => {
    if (!isFloat(first(inputs).type)) throw new Misfit("takes floating-point numbers")
    return [{ type: "bool", shape: first(inputs).shape }]
  },
  evaluate: (inputs, given) => [first(inputs).data.map((x) => (holds(x, given) ? 1 : 0))],
  derivative: () => [undefined]
})

const targetOf = (to: number): DataType => {
  const type = dataTypeOf(to)
  if (type === undefined) throw new Misfit(`the element type ${to} is not one of the engine's`)
  return type
}

const converted = (x: number, { type }: TensorType): number => (isFloat(type) ? x : type === "bool" ? (x === 0 ? 0 : 1) : Math.trunc(x))

export const comparisons: ReadonlyArray<Operator> = [
  comparison("Greater", (a, b) => a > b),
  comparison("GreaterOrEqual", (a, b) => a >= b),
  comparison("Less", (a, b) => a < b),
  comparison("LessOrEqual", (a, b) => a <= b),
  comparison("Equal", (a, b) => a === b),
  logical("And", (a, b) => a !== 0 && b !== 0, 2),
  logical("Or", (a, b) => a !== 0 || b !== 0, 2),
  logical("Xor", (a, b) => (a !== 0) !== (b !== 0), 2),
  logical("Not", (a) => a === 0, 1),
  test("IsNaN", Number.isNaN),
  test("IsInf", (x, attributes) =>
    (x === Infinity && intOf(attributes, "detect_positive", 1) !== 0) || (x === -Infinity && intOf(attributes, "detect_negative", 1) !== 0),
  { detect_positive: { kind: "int" }, detect_negative: { kind: "int" } }),
  {
    name: "Where",
    inputs: [3, 3],
    infer: (inputs) => {
      if (first(inputs).type !== "bool") throw new Misfit("the condition is to be bool")
      sameTypes(inputs.slice(1))
      return [{ type: item(inputs, 1).type, shape: commonShape(inputs) }]
    },
    evaluate: (inputs, _, outputs) => [mapElements(inputs, first(outputs).shape, (condition, a, b) => (condition === 0 ? b : a))],
    derivative: ({ inputs, gradient }) => {
      const [condition, a, b] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      return [
        undefined,
        () => o.sumTo(o.mul(gradient, o.cast(condition, gradient.type)), a.shape),
        () => o.sumTo(o.mul(gradient, o.cast(o.not(condition), gradient.type)), b.shape)
      ]
    },
    simplify: withoutExpand("Where")
  },
  {
    name: "Cast",
    inputs: [1, 1],
    attributes: { to: { kind: "int" } },
    infer: (inputs, attributes) => [{ type: targetOf(intOf(attributes, "to", -1)), shape: first(inputs).shape }],
    evaluate: (inputs, _, outputs) => [first(inputs).data.map((x) => converted(x, first(outputs)))],
    derivative: ({ inputs, outputs, gradient }) => {
      const smooth = isFloat(first(inputs).type) && isFloat(first(outputs).type)
      return [smooth ? () => o.cast(gradient, first(inputs).type) : undefined]
    },
    simplify: (inputs, _, output) => (first(inputs).type === output.type ? first(inputs) : undefined)
  }
]
