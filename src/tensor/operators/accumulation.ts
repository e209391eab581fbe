/** Sums that run along an axis. */
import { axisOf, first, intOf, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"

export const accumulations: ReadonlyArray<Operator> = [
  {
    name: "CumSum",
    inputs: [1, 1],
    attributes: { axis: { kind: "int", input: 1 }, exclusive: { kind: "int" }, reverse: { kind: "int" } },
    infer: (inputs, attributes) => {
      const { type, shape } = first(inputs)
      axisOf(intOf(attributes, "axis", 0), shape)
      return [{ type, shape }]
    },
    evaluate: (inputs, attributes) => {
      const { shape, data } = first(inputs)
      const axis = axisOf(intOf(attributes, "axis", 0), shape)
      const [size, inner] = [at(shape, axis), sizeOf(shape.slice(axis + 1))]
      const exclusive = intOf(attributes, "exclusive", 0) !== 0
      const order = [...Array(size).keys()]
      if (intOf(attributes, "reverse", 0) !== 0) order.reverse()
      const result = new Float64Array(data.length)
      for (let line = 0; line < data.length / size; line++) {
        const start = Math.floor(line / inner) * inner * size + (line % inner)
        let sum = 0
        for (const i of order) {
          const x = at(data, start + i * inner)
          result[start + i * inner] = exclusive ? sum : sum + x
          sum += x
        }
      }
      return [result]
    },
    // Every element goes into all sums after it: its gradient is their gradients' sum, from the other end.
    derivative: ({ inputs, attributes, gradient }) => [() => o.cumSum(gradient, axisOf(intOf(attributes, "axis", 0), first(inputs).shape), {
      exclusive: intOf(attributes, "exclusive", 0) !== 0, reverse: intOf(attributes, "reverse", 0) === 0
    })]
  }
]
