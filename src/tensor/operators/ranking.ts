/** The greatest elements along an axis and where they are. */
import { type Attributes, axisOf, first, intOf, intsOf, Misfit, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, type Shape, sizeOf } from "../shape.ts"

const axisIn = (shape: Shape, attributes: Attributes): number => axisOf(intOf(attributes, "axis", -1), shape)

const countOf = (size: number, attributes: Attributes): number => {
  const [k = 0] = intsOf(attributes, "k") ?? []
  if (k < 0 || k > size) throw new Misfit(`${k} of ${size} elements cannot be chosen`)
  return k
}

export const rankings: ReadonlyArray<Operator> = [
  {
    name: "TopK",
    inputs: [1, 1],
    required: 2,
    attributes: { axis: { kind: "int" }, largest: { kind: "int" }, sorted: { kind: "int" }, k: { kind: "ints", input: 1 } },
    infer: (inputs, attributes) => {
      const { type, shape } = first(inputs)
      const axis = axisIn(shape, attributes)
      const chosen = shape.with(axis, countOf(at(shape, axis), attributes))
      return [{ type, shape: chosen }, { type: "int64", shape: chosen }]
    },
    // Where any order would do, the sorted one does, the same on every backend.
    compose: (inputs, attributes) => (intOf(attributes, "sorted", 1) === 0 ? o.callMany("TopK", inputs, { ...attributes, sorted: 1 }, 2) : undefined),
    // Of equal elements the first come first, as ONNX asks.
    evaluate: (inputs, attributes) => {
      const { shape, data } = first(inputs)
      const axis = axisIn(shape, attributes)
      const [size, inner] = [at(shape, axis), sizeOf(shape.slice(axis + 1))]
      const count = countOf(size, attributes)
      const sign = intOf(attributes, "largest", 1) !== 0 ? -1 : 1
      const lines = sizeOf(shape) / Math.max(1, size)
      const [values, indices] = [new Float64Array(lines * count), new Float64Array(lines * count)]
      for (let line = 0; line < lines; line++) {
        const [outer, offset] = [Math.floor(line / inner), line % inner]
        const xs = Array.from({ length: size }, (_, i) => at(data, (outer * size + i) * inner + offset))
        const order = [...xs.keys()].sort((a, b) => sign * (at(xs, a) - at(xs, b)) || a - b)
        order.slice(0, count).forEach((from, rank) => {
          values[(outer * count + rank) * inner + offset] = at(xs, from)
          indices[(outer * count + rank) * inner + offset] = from
        })
      }
      return [values, indices]
    },
    derivative: ({ inputs, outputs, attributes, gradient }) => {
      const x = first(inputs)
      return [() => {
        const indices = outputs[1] ?? o.callMany("TopK", [x], attributes, 2)[1]
        if (indices === undefined) throw new Misfit("has no indices")
        return o.scatterElements(o.full(gradient, x.shape, 0), indices, gradient, axisIn(x.shape, attributes), "add")
      }]
    }
  }
]
