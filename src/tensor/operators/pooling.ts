/** Pooling over windows and over whole planes. Padding never counts as an element, except where count_include_pad says so. */
import type { Value } from "../graph.ts"
import { type Attributes, type Composition, first, intOf, intsOf, Misfit, type NdArray, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sameShape, type Shape, sizeOf } from "../shape.ts"
import { fromNumbers, isFloat, type TensorType } from "../tensor.ts"
import { covered, planeSize, slide, type Window, windowAttributes, windowOf } from "./window.ts"

const windowFor = ({ shape }: TensorType, attributes: Attributes): Window => {
  if (shape.length < 3) throw new Misfit("takes [N, C, spatial ...]")
  const kernel = intsOf(attributes, "kernel_shape")
  if (kernel === undefined) throw new Misfit("needs kernel_shape")
  return windowOf(shape.slice(2), kernel, attributes)
}

const pooledType = (x: TensorType, attributes: Attributes): TensorType => {
  if (!isFloat(x.type)) throw new Misfit("takes floating-point numbers; cast first")
  return { type: x.type, shape: [...x.shape.slice(0, 2), ...windowFor(x, attributes).output] }
}

/** How many elements are averaged at each output position. */
const countsOf = (window: Window, includePadding: boolean): Float64Array => {
  const counts = new Float64Array(sizeOf(window.output))
  const { input, begin, end } = window
  // Padding that was asked for counts; what ceil_mode adds beyond it does not.
  const padded: Window = includePadding
    ? { ...window, input: input.map((size, axis) => size + at(begin, axis) + at(end, axis)), begin: begin.map(() => 0), end: end.map(() => 0) }
    : window
  slide(padded, (output, source) => { if (source !== undefined) counts[output] = at(counts, output) + 1 })
  return counts
}

const planes = (shape: Shape): number => at(shape, 0) * at(shape, 1)

/** Adds every output's gradient to all elements of its window. */
const spread = (gradient: Value, x: Value, window: Window): Value => {
  const { input, output, kernel, strides, dilations, begin } = window
  const spatial = [...x.shape.keys()].slice(2)
  if (sameShape(kernel, strides) && sameShape(input, kernel.map((size, axis) => size * at(output, axis))) && begin.every((size) => size === 0)) {
    const split = [...x.shape.slice(0, 2), ...output.flatMap((size, axis) => [size, at(kernel, axis)])]
    const blocks = o.reshape(gradient, [...x.shape.slice(0, 2), ...output.flatMap((size) => [size, 1])])
    return o.reshape(o.expand(blocks, split), x.shape)
  }
  const ones = o.full(x, [1, 1, ...kernel], 1)
  const single = o.reshape(gradient, [planes(x.shape), 1, ...output])
  const all = o.reshape(o.convTranspose(single, ones, { strides, dilations }), [...x.shape.slice(0, 2), ...covered(window)])
  const inside = o.slice(all, begin, begin.map((size, axis) => size + at(input, axis)), spatial)
  return o.pad(inside, x.shape.map(() => 0), x.shape.map((size, axis) => size - at(inside.shape, axis)))
}

const averagePlanes = (x: NdArray): Float64Array => {
  const plane = planeSize(x.shape)
  return Float64Array.from({ length: planes(x.shape) }, (_, i) => x.data.subarray(i * plane, (i + 1) * plane).reduce((a, b) => a + b, 0) / plane)
}

export const pooling: ReadonlyArray<Operator | Composition> = [
  {
    name: "AveragePool",
    inputs: [1, 1],
    attributes: { ...windowAttributes, ceil_mode: { kind: "int" }, count_include_pad: { kind: "int" } },
    infer: (inputs, attributes) => [pooledType(first(inputs), attributes)],
    evaluate: (inputs, attributes, outputs) => {
      const x = first(inputs)
      const window = windowFor(x, attributes)
      const counts = countsOf(window, intOf(attributes, "count_include_pad", 0) !== 0)
      const [inPlane, outPlane] = [sizeOf(window.input), sizeOf(window.output)]
      const result = new Float64Array(sizeOf(first(outputs).shape))
      slide(window, (output, input) => {
        if (input === undefined) return
        for (let i = 0; i < planes(x.shape); i++) {
          result[i * outPlane + output] = at(result, i * outPlane + output) + at(x.data, i * inPlane + input) / at(counts, output)
        }
      })
      return [result]
    },
    derivative: ({ inputs, attributes, gradient }) => {
      const x = first(inputs)
      const window = windowFor(x, attributes)
      const shares = countsOf(window, intOf(attributes, "count_include_pad", 0) !== 0).map((count) => 1 / count)
      const same = shares.every((share) => share === shares[0])
      const weight = same ? at(shares, 0) : x.graph.constant(fromNumbers(shares, { type: x.type, shape: [1, 1, ...window.output] }))
      return [() => spread(o.mul(gradient, weight), x, window)]
    }
  },
  {
    name: "MaxPool",
    inputs: [1, 1],
    attributes: { ...windowAttributes, ceil_mode: { kind: "int" }, storage_order: { kind: "int" } },
    // The second output is where each maximum lies in the whole flattened input.
    infer: (inputs, attributes) => {
      if (intOf(attributes, "storage_order", 0) !== 0) throw new Misfit("gives positions in row-major order only")
      const type = pooledType(first(inputs), attributes)
      return [type, { type: "int64", shape: type.shape }]
    },
    evaluate: (inputs, attributes, outputs) => {
      const x = first(inputs)
      const window = windowFor(x, attributes)
      const [inPlane, outPlane] = [sizeOf(window.input), sizeOf(window.output)]
      const values = new Float64Array(sizeOf(first(outputs).shape)).fill(-Infinity)
      const indices = new Float64Array(values.length)
      slide(window, (output, input) => {
        if (input === undefined) return
        for (let i = 0; i < planes(x.shape); i++) {
          const value = at(x.data, i * inPlane + input)
          if (!(value > at(values, i * outPlane + output))) continue
          values[i * outPlane + output] = value
          indices[i * outPlane + output] = i * inPlane + input
        }
      })
      return [values, indices]
    },
    derivative: ({ inputs, outputs, attributes, gradient }) => {
      const x = first(inputs)
      return [() => {
        const indices = outputs[1] ?? o.callMany("MaxPool", [x], attributes, 2)[1]
        if (indices === undefined) throw new Misfit("has no indices")
        const zeros = o.full(x, [sizeOf(x.shape)], 0)
        return o.reshape(o.scatterElements(zeros, o.reshape(indices, [-1]), o.reshape(gradient, [-1]), 0, "add"), x.shape)
      }]
    }
  },
  {
    name: "GlobalAveragePool",
    inputs: [1, 1],
    infer: (inputs) => {
      const { type, shape } = first(inputs)
      if (shape.length < 3) throw new Misfit("takes [N, C, spatial ...]")
      return [{ type, shape: [...shape.slice(0, 2), ...shape.slice(2).map(() => 1)] }]
    },
    evaluate: (inputs) => [averagePlanes(first(inputs))],
    derivative: ({ inputs, gradient }) => {
      const x = first(inputs)
      return [() => o.expand(o.mul(gradient, 1 / planeSize(x.shape)), x.shape)]
    }
  },
  {
    // Of a ReduceMax, which has the rule for equal maxima.
    name: "GlobalMaxPool",
    inputs: [1, 1],
    compose: (inputs) => {
      const x = first(inputs)
      if (x.shape.length < 3) throw new Misfit("takes [N, C, spatial ...]")
      return [o.reduceMax(x, [...x.shape.keys()].slice(2), true)]
    }
  }
]
