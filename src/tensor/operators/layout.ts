/** Operators that move, repeat or cut elements and compute nothing. */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, first, intOf, intsOf, Misfit, type NdArray, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, broadcastShapes, broadcastStrides, sameShape, type Shape, showShape, sizeOf, stridesOf, walk } from "../shape.ts"
import type { TensorType } from "../tensor.ts"
import { sameTypes } from "./broadcasting.ts"

/** Reads `x` through strides, from a start. */
const read = (x: NdArray, shape: Shape, strides: ReadonlyArray<number>, start = 0): Float64Array => {
  const result = new Float64Array(sizeOf(shape))
  walk(shape, [strides], (position, offsets) => (result[position] = at(x.data, start + at(offsets, 0))))
  return result
}

const inverse = (order: ReadonlyArray<number>): ReadonlyArray<number> => order.map((_, axis) => order.indexOf(axis))

const orderOf = (shape: Shape, attributes: Attributes): ReadonlyArray<number> => {
  const order = intsOf(attributes, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis)
  if (order.length !== shape.length || shape.some((_, axis) => !order.includes(axis))) {
    throw new Misfit(`${showShape(order)} is not an order of ${shape.length} axes`)
  }
  return order
}

interface Cut {
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly count: number
}

/** Bounds as ONNX reads them: negative ones from the end, clamped to what is there. */
const cutsOf = (shape: Shape, attributes: Attributes): ReadonlyArray<Cut> => {
  const starts = intsOf(attributes, "starts") ?? []
  const ends = intsOf(attributes, "ends") ?? []
  const axes = intsOf(attributes, "axes") ?? starts.map((_, axis) => axis)
  const steps = intsOf(attributes, "steps") ?? starts.map(() => 1)
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw new Misfit("starts, ends, axes and steps differ in length")
  }
  return starts.map((from, i) => {
    const axis = axisOf(at(axes, i), shape)
    const size = at(shape, axis)
    const step = at(steps, i)
    if (step === 0) throw new Misfit("a step of 0")
    const clamp = (bound: number): number => {
      const positive = bound < 0 ? bound + size : bound
      return step > 0 ? Math.min(Math.max(positive, 0), size) : Math.min(Math.max(positive, -1), size - 1)
    }
    const [start, end] = [clamp(from), clamp(at(ends, i))]
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) }
  })
}

const cutShape = (shape: Shape, cuts: ReadonlyArray<Cut>): Shape => shape.map((size, axis) => cuts.find((cut) => cut.axis === axis)?.count ?? size)

/** Puts a slice's gradient back in place, zeros elsewhere: flips negative steps, stuffs zeros between, pads. */
const uncut = (gradient: Value, shape: Shape, cuts: ReadonlyArray<Cut>): Value => {
  const backwards = cuts.filter(({ step }) => step < 0)
  const flipped = backwards.length === 0 ? gradient : o.slice(
    gradient, backwards.map(() => -1), backwards.map(() => Number.MIN_SAFE_INTEGER), backwards.map(({ axis }) => axis), backwards.map(() => -1)
  )
  const stuffed = cuts.filter(({ step, count }) => Math.abs(step) > 1 && count > 1).reduce((value, { axis, step, count }) => {
    const stride = Math.abs(step)
    const split = o.reshape(value, [...value.shape.slice(0, axis), count, 1, ...value.shape.slice(axis + 1)])
    const after = split.shape.map((_, i) => (i === axis + 1 ? stride - 1 : 0))
    const padded = o.reshape(o.pad(split, split.shape.map(() => 0), after), [...value.shape.slice(0, axis), count * stride, ...value.shape.slice(axis + 1)])
    return o.slice(padded, [0], [(count - 1) * stride + 1], [axis])
  }, flipped)
  const before = shape.map((_, axis) => {
    const cut = cuts.find((one) => one.axis === axis)
    return cut === undefined || cut.count === 0 ? 0 : Math.min(cut.start, cut.start + (cut.count - 1) * cut.step)
  })
  return o.pad(stuffed, before, shape.map((size, axis) => size - at(before, axis) - at(stuffed.shape, axis)))
}

const reshapeTo = (name: string, target: (shape: Shape, attributes: Attributes) => Shape, attributes: Operator["attributes"]): Operator => ({
  name,
  inputs: [1, 1],
  ...(attributes === undefined ? {} : { attributes }),
  infer: (inputs, given) => {
    const { type, shape } = first(inputs)
    const result = target(shape, given)
    if (sizeOf(result) !== sizeOf(shape)) throw new Misfit(`${sizeOf(shape)} elements do not fit the shape ${showShape(result)}`)
    return [{ type, shape: result }]
  },
  evaluate: (inputs) => [first(inputs).data],
  derivative: ({ inputs, gradient }) => [() => o.reshape(gradient, first(inputs).shape)],
  // Every one of them is a Reshape; of a Reshape only the last one counts.
  simplify: (inputs, _, output) => {
    const x = first(inputs)
    if (sameShape(x.shape, output.shape)) return x
    if (x.node?.operator.name === "Reshape") return o.reshape(first(x.node.inputs), output.shape)
    return name === "Reshape" ? undefined : o.reshape(x, output.shape)
  }
})

const axesWithin = (attributes: Attributes, rank: number): ReadonlyArray<number> | undefined =>
  intsOf(attributes, "axes")?.map((axis) => (axis < 0 ? axis + rank : axis))

const expandedShape = (shape: Shape, attributes: Attributes): Shape => {
  const result = broadcastShapes([shape, intsOf(attributes, "shape") ?? []])
  if (result === undefined) throw new Misfit(`does not broadcast to ${showShape(intsOf(attributes, "shape") ?? [])}`)
  return result
}

const identity = (name: string, derivative: Operator["derivative"], simplify?: Operator["simplify"]): Operator => ({
  name,
  inputs: [1, 1],
  infer: (inputs) => [{ type: first(inputs).type, shape: first(inputs).shape }],
  evaluate: (inputs) => [first(inputs).data],
  ...(derivative === undefined ? {} : { derivative }),
  ...(simplify === undefined ? {} : { simplify })
})

export const layout: ReadonlyArray<Operator> = [
  identity("Identity", ({ gradient }) => [() => gradient], (inputs) => first(inputs)),
  // Not ONNX's: written as nothing at all.
  identity("StopGradient", () => [undefined]),
  {
    name: "Transpose",
    inputs: [1, 1],
    attributes: { perm: { kind: "ints" } },
    infer: (inputs, attributes) => {
      const { type, shape } = first(inputs)
      return [{ type, shape: orderOf(shape, attributes).map((axis) => at(shape, axis)) }]
    },
    evaluate: (inputs, attributes, outputs) => {
      const strides = stridesOf(first(inputs).shape)
      return [read(first(inputs), first(outputs).shape, orderOf(first(inputs).shape, attributes).map((axis) => at(strides, axis)))]
    },
    derivative: ({ inputs, attributes, gradient }) => [() => o.transpose(gradient, inverse(orderOf(first(inputs).shape, attributes)))],
    simplify: (inputs, attributes, output) => {
      const x = first(inputs)
      const order = orderOf(x.shape, attributes)
      if (order.every((axis, i) => axis === i)) return x
      const inner = x.node
      if (inner?.operator.name === "Transpose") {
        const before = orderOf(first(inner.inputs).shape, inner.attributes)
        return o.transpose(first(inner.inputs), order.map((axis) => at(before, axis)))
      }
      // Moving axes of size 1 only is a reshape.
      const moved = order.filter((axis) => x.shape[axis] !== 1)
      return moved.every((axis, i) => i === 0 || at(moved, i - 1) < axis) ? o.reshape(x, output.shape) : undefined
    }
  },
  reshapeTo("Reshape", (shape, attributes) => {
    const wanted = (intsOf(attributes, "shape") ?? []).map((size, axis) => (size === 0 && intOf(attributes, "allowzero", 0) === 0 ? shape[axis] ?? 0 : size))
    const rest = sizeOf(wanted.filter((size) => size !== -1))
    return wanted.map((size) => (size === -1 ? sizeOf(shape) / rest : size))
  }, { shape: { kind: "ints", input: 1 }, allowzero: { kind: "int" } }),
  reshapeTo("Flatten", (shape, attributes) => {
    const axis = intOf(attributes, "axis", 1)
    const split = axis < 0 ? axis + shape.length : axis
    return [sizeOf(shape.slice(0, split)), sizeOf(shape.slice(split))]
  }, { axis: { kind: "int" } }),
  reshapeTo("Squeeze", (shape, attributes) => {
    const axes = axesWithin(attributes, shape.length) ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
    return shape.filter((_, axis) => !axes.includes(axis))
  }, { axes: { kind: "ints", input: 1 } }),
  reshapeTo("Unsqueeze", (shape, attributes) => {
    const rank = shape.length + (intsOf(attributes, "axes") ?? []).length
    const axes = axesWithin(attributes, rank) ?? []
    const sizes = shape.values()
    return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : sizes.next().value ?? 1))
  }, { axes: { kind: "ints", input: 1 } }),
  {
    name: "Expand",
    inputs: [1, 1],
    attributes: { shape: { kind: "ints", input: 1 } },
    infer: (inputs, attributes) => [{ type: first(inputs).type, shape: expandedShape(first(inputs).shape, attributes) }],
    evaluate: (inputs, _, outputs) => [read(first(inputs), first(outputs).shape, broadcastStrides(first(inputs).shape, first(outputs).shape))],
    derivative: ({ inputs, gradient }) => [() => o.sumTo(gradient, first(inputs).shape)],
    simplify: (inputs, _, output) => (sameShape(first(inputs).shape, output.shape) ? first(inputs) : undefined)
  },
  {
    name: "Slice",
    inputs: [1, 1],
    attributes: {
      starts: { kind: "ints", input: 1 }, ends: { kind: "ints", input: 2 }, axes: { kind: "ints", input: 3 }, steps: { kind: "ints", input: 4 }
    },
    infer: (inputs, attributes) => [{ type: first(inputs).type, shape: cutShape(first(inputs).shape, cutsOf(first(inputs).shape, attributes)) }],
    evaluate: (inputs, attributes, outputs) => {
      const x = first(inputs)
      const cuts = cutsOf(x.shape, attributes)
      const strides = stridesOf(x.shape)
      const start = cuts.reduce((offset, cut) => offset + cut.start * at(strides, cut.axis), 0)
      return [read(x, first(outputs).shape, strides.map((stride, axis) => stride * (cuts.find((cut) => cut.axis === axis)?.step ?? 1)), start)]
    },
    derivative: ({ inputs, attributes, gradient }) => [() => uncut(gradient, first(inputs).shape, cutsOf(first(inputs).shape, attributes))],
    simplify: (inputs, attributes) => {
      const { shape } = first(inputs)
      const whole = cutsOf(shape, attributes).every(({ axis, start, step, count }) => start === 0 && step === 1 && count === shape[axis])
      return whole ? first(inputs) : undefined
    }
  },
  {
    name: "Concat",
    inputs: [1, Number.MAX_SAFE_INTEGER],
    attributes: { axis: { kind: "int" } },
    infer: (inputs, attributes) => {
      sameTypes(inputs)
      const { type, shape } = first(inputs)
      const axis = axisOf(intOf(attributes, "axis", 0), shape)
      if (inputs.some((input) => !sameShape(input.shape.with(axis, 0), shape.with(axis, 0)))) throw new Misfit(`only axis ${axis} may differ`)
      return [{ type, shape: shape.with(axis, inputs.reduce((total, input) => total + at(input.shape, axis), 0)) }]
    },
    evaluate: (inputs, attributes, outputs) => {
      const { shape } = first(outputs)
      const axis = axisOf(intOf(attributes, "axis", 0), shape)
      const result = new Float64Array(sizeOf(shape))
      const row = sizeOf(shape.slice(axis))
      let start = 0
      for (const input of inputs) {
        const own = sizeOf(input.shape.slice(axis))
        for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++) {
          result.set(input.data.subarray(outer * own, (outer + 1) * own), outer * row + start)
        }
        start += own
      }
      return [result]
    },
    derivative: ({ inputs, attributes, gradient }) => {
      const axis = axisOf(intOf(attributes, "axis", 0), gradient.shape)
      const ends = inputs.map((_, i) => inputs.slice(0, i + 1).reduce((total, input) => total + at(input.shape, axis), 0))
      return inputs.map((input, i) => () => o.slice(gradient, [at(ends, i) - at(input.shape, axis)], [at(ends, i)], [axis]))
    }
  },
  {
    name: "Split",
    inputs: [1, 1],
    attributes: { axis: { kind: "int" }, split: { kind: "ints", input: 1 }, num_outputs: { kind: "int" } },
    infer: (inputs, attributes) => {
      const { type, shape } = first(inputs)
      const axis = axisOf(intOf(attributes, "axis", 0), shape)
      return splitSizes(at(shape, axis), attributes).map((size): TensorType => ({ type, shape: shape.with(axis, size) }))
    },
    evaluate: (inputs, attributes, outputs) => {
      const x = first(inputs)
      const strides = stridesOf(x.shape)
      const axis = axisOf(intOf(attributes, "axis", 0), x.shape)
      let start = 0
      return outputs.map(({ shape }) => {
        const part = read(x, shape, strides, start * at(strides, axis))
        start += at(shape, axis)
        return part
      })
    },
    derivative: ({ inputs, outputs, attributes, gradients }) => {
      const axis = axisOf(intOf(attributes, "axis", 0), first(inputs).shape)
      return [() => o.concat(outputs.map((output, i) => gradients[i] ?? o.full(output, output.shape, 0)), axis)]
    }
  },
  {
    name: "Tile",
    inputs: [1, 1],
    attributes: { repeats: { kind: "ints", input: 1 } },
    infer: (inputs, attributes) => {
      const { type, shape } = first(inputs)
      const repeats = intsOf(attributes, "repeats") ?? []
      if (repeats.length !== shape.length) throw new Misfit(`repeats are to be ${shape.length} numbers`)
      return [{ type, shape: shape.map((size, axis) => size * at(repeats, axis)) }]
    },
    evaluate: (inputs, _, outputs) => {
      const x = first(inputs)
      const strides = stridesOf(x.shape)
      const result = new Float64Array(sizeOf(first(outputs).shape))
      walk(first(outputs).shape, [stridesOf(first(outputs).shape)], (position) => {
        const offset = stridesOf(first(outputs).shape).reduce((sum, stride, axis) =>
          sum + (Math.floor(position / stride) % at(first(outputs).shape, axis) % at(x.shape, axis)) * at(strides, axis), 0)
        result[position] = at(x.data, offset)
      })
      return [result]
    },
    derivative: ({ inputs, attributes, gradient }) => {
      const { shape } = first(inputs)
      const repeats = intsOf(attributes, "repeats") ?? []
      const split = shape.flatMap((size, axis) => [at(repeats, axis), size])
      return [() => o.reduceSum(o.reshape(gradient, split), shape.map((_, axis) => 2 * axis))]
    }
  }
]

const splitSizes = (size: number, attributes: Attributes): ReadonlyArray<number> => {
  const sizes = intsOf(attributes, "split")
  if (sizes !== undefined) return sizes
  const parts = intOf(attributes, "num_outputs", 0)
  if (parts < 1) throw new Misfit("needs either split or num_outputs")
  const each = Math.ceil(size / parts)
  return Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each))
}
