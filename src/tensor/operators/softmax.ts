/** Softmax and its logarithm along one axis. */
import type { Value } from "../graph.ts"
import { axisOf, first, intOf, Misfit, type NdArray, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import { isFloat } from "../tensor.ts"

/** Applies `f` to every line of elements along an axis. */
const mapLines = ({ shape, data }: NdArray, axis: number, f: (line: ReadonlyArray<number>) => ReadonlyArray<number>): Float64Array => {
  const length = at(shape, axis)
  const inner = sizeOf(shape.slice(axis + 1))
  const result = new Float64Array(data.length)
  for (let start = 0; start < data.length; start += length * inner) {
    for (let offset = start; offset < start + inner; offset++) {
      f(Array.from({ length }, (_, i) => at(data, offset + i * inner))).forEach((x, i) => (result[offset + i * inner] = x))
    }
  }
  return result
}

const logNormaliser = (line: ReadonlyArray<number>): number => {
  const top = line.reduce((a, b) => Math.max(a, b), -Infinity)
  return top + Math.log(line.reduce((total, x) => total + Math.exp(x - top), 0))
}

const alongAxis = (
  name: string,
  line: (xs: ReadonlyArray<number>) => ReadonlyArray<number>,
  derivative: (gradient: Value, y: Value, axis: number) => Value
): Operator => ({
  name,
  inputs: [1, 1],
  attributes: { axis: { kind: "int" } },
  infer: (inputs, attributes) => {
    const { type, shape } = first(inputs)
    if (!isFloat(type)) throw new Misfit("takes floating-point numbers; cast first")
    axisOf(intOf(attributes, "axis", -1), shape)
    return [{ type, shape }]
  },
  evaluate: (inputs, attributes) => [mapLines(first(inputs), axisOf(intOf(attributes, "axis", -1), first(inputs).shape), line)],
  derivative: ({ inputs, outputs, attributes, gradient }) =>
    [() => derivative(gradient, first(outputs), axisOf(intOf(attributes, "axis", -1), first(inputs).shape))]
})

export const softmaxes: ReadonlyArray<Operator> = [
  alongAxis(
    "Softmax",
    (xs) => xs.map((x) => Math.exp(x - logNormaliser(xs))),
    (g, y, axis) => o.mul(y, o.sub(g, o.reduceSum(o.mul(g, y), [axis], true)))
  ),
  alongAxis(
    "LogSoftmax",
    (xs) => xs.map((x) => x - logNormaliser(xs)),
    (g, y, axis) => o.sub(g, o.mul(o.exp(y), o.reduceSum(g, [axis], true)))
  )
]
