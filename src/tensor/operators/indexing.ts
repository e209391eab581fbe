/** Reading and writing at computed positions. Indices are int64 or int32, negative ones count from the end, and have no gradient. */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, type DerivativeContext, first, type InputGradient, intOf, item, Misfit, type Operator, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sameShape, type Shape, showShape, sizeOf, stridesOf, walk } from "../shape.ts"
import { fromNumbers, type TensorType } from "../tensor.ts"

const checkIndices = ({ type }: TensorType): void => {
  if (type !== "int64" && type !== "int32") throw new Misfit("indices are to be int64 or int32")
}

const wrap = (index: number, size: number): number => {
  const positive = index < 0 ? index + size : index
  if (!(positive >= 0 && positive < size)) throw new RangeError(`index ${index} outside an axis of ${size}`)
  return positive
}

/** The axes' order that brings `axis` to the front. */
const toFront = (axis: number, rank: number): ReadonlyArray<number> => [axis, ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis)]
const inverse = (order: ReadonlyArray<number>): ReadonlyArray<number> => order.map((_, axis) => order.indexOf(axis))

/** Offsets in a tensor of `shape` that elementwise indices along `axis` lead to. */
const elementOffsets = (shape: Shape, indices: { shape: Shape; data: Float64Array }, axis: number): Array<number> => {
  const strides = stridesOf(shape).map((stride, i) => (i === axis ? 0 : stride))
  const result: Array<number> = []
  walk(indices.shape, [strides], (position, offsets) => {
    result.push(at(offsets, 0) + wrap(at(indices.data, position), at(shape, axis)) * at(stridesOf(shape), axis))
  })
  return result
}

type Combine = (old: number, update: number) => number

/** How an update meets what is there. */
const combinations: ReadonlyMap<string, Combine> = new Map<string, Combine>([
  ["none", (_, update) => update], ["add", (old, update) => old + update], ["mul", (old, update) => old * update],
  ["max", (old, update) => Math.max(old, update)], ["min", (old, update) => Math.min(old, update)]
])

const combinationOf = (attributes: Attributes): Combine => {
  const reduction = stringOf(attributes, "reduction", "none")
  const combine = combinations.get(reduction)
  if (combine === undefined) throw new Misfit(`the reduction ${reduction} is not known; ${[...combinations.keys()].join(", ")} are`)
  return combine
}

interface Scattering {
  /** Puts updates into data, and reads data where updates go, at the operator's indices. */
  readonly scatter: (data: Value, updates: Value, reduction: "none" | "add") => Value
  readonly gather: (data: Value) => Value
}

/**
 * Gradients of a scattering with respect to data and updates. What updates replace has none; where the greatest or least is taken, all that
 * reach it share its gradient equally.
 */
const scatteringRule = ({ attributes, gradient, inputs, outputs }: DerivativeContext, { gather, scatter }: Scattering): ReadonlyArray<InputGradient | undefined> => {
  const [data, updates, result] = [first(inputs), item(inputs, 2), first(outputs)]
  const reduction = stringOf(attributes, "reduction", "none")
  switch (reduction) {
    case "none": return [() => scatter(gradient, o.full(gradient, updates.shape, 0), "none"), undefined, () => gather(gradient)]
    case "add": return [() => gradient, undefined, () => gather(gradient)]
    case "max": case "min": {
      const [ofData, ofUpdates] = [o.cast(o.equal(data, result), data.type), o.cast(o.equal(updates, gather(result)), data.type)]
      const share = () => o.div(gradient, scatter(ofData, ofUpdates, "add"))
      return [() => o.mul(share(), ofData), undefined, () => o.mul(gather(share()), ofUpdates)]
    }
    default: throw new Misfit(`scattering with the reduction ${reduction} has no derivative rule; none, add, max and min have`)
  }
}

/** Index tuples with the batch's own index in front of each, for axes that data and indices share. */
const withBatch = (indices: Value, batchAxes: number): Value => {
  const { graph, shape, type } = indices
  const columns = shape.slice(0, batchAxes).map((size, axis) => {
    const places = fromNumbers([...Array(size).keys()], { type, shape: shape.map((_, i) => (i === axis ? size : 1)) })
    return o.expand(graph.constant(places), [...shape.slice(0, -1), 1])
  })
  return o.concat([...columns, indices], shape.length - 1)
}

export const indexing: ReadonlyArray<Operator> = [
  {
    name: "Gather",
    inputs: [2, 2],
    attributes: { axis: { kind: "int" } },
    infer: (inputs, attributes) => {
      const [{ type, shape }, indices] = [first(inputs), item(inputs, 1)]
      checkIndices(indices)
      const axis = axisOf(intOf(attributes, "axis", 0), shape)
      return [{ type, shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)] }]
    },
    evaluate: (inputs, attributes, outputs) => {
      const [x, indices] = [first(inputs), item(inputs, 1)]
      const axis = axisOf(intOf(attributes, "axis", 0), x.shape)
      const inner = sizeOf(x.shape.slice(axis + 1))
      const result = new Float64Array(sizeOf(first(outputs).shape))
      let position = 0
      for (let outer = 0; outer < sizeOf(x.shape.slice(0, axis)); outer++) {
        for (const index of indices.data) {
          const start = (outer * at(x.shape, axis) + wrap(index, at(x.shape, axis))) * inner
          result.set(x.data.subarray(start, start + inner), position)
          position += inner
        }
      }
      return [result]
    },
    // The rows' gradients are added up where they came from, with the gathered axis brought to the front.
    derivative: ({ inputs, attributes, gradient }) => {
      const [x, indices] = [first(inputs), item(inputs, 1)]
      const axis = axisOf(intOf(attributes, "axis", 0), x.shape)
      return [() => {
        const rank = indices.shape.length
        const order = toFront(axis, x.shape.length)
        const rows = [...gradient.shape.keys()]
        const updates = o.transpose(gradient, [...rows.slice(axis, axis + rank), ...rows.slice(0, axis), ...rows.slice(axis + rank)])
        const zeros = o.full(gradient, order.map((i) => at(x.shape, i)), 0)
        return o.transpose(o.scatterND(zeros, o.reshape(indices, [...indices.shape, 1]), updates, "add"), inverse(order))
      }, undefined]
    }
  },
  {
    name: "GatherElements",
    inputs: [2, 2],
    attributes: { axis: { kind: "int" } },
    infer: (inputs, attributes) => {
      const [{ type, shape }, indices] = [first(inputs), item(inputs, 1)]
      checkIndices(indices)
      axisOf(intOf(attributes, "axis", 0), shape)
      if (indices.shape.length !== shape.length) throw new Misfit("indices are to have as many axes as the data")
      return [{ type, shape: indices.shape }]
    },
    evaluate: (inputs, attributes) => {
      const [x, indices] = [first(inputs), item(inputs, 1)]
      const axis = axisOf(intOf(attributes, "axis", 0), x.shape)
      return [Float64Array.from(elementOffsets(x.shape, indices, axis), (offset) => at(x.data, offset))]
    },
    derivative: ({ inputs, attributes, gradient }) => {
      const [x, indices] = [first(inputs), item(inputs, 1)]
      return [() => o.scatterElements(o.full(gradient, x.shape, 0), indices, gradient, intOf(attributes, "axis", 0), "add"), undefined]
    }
  },
  {
    name: "ScatterElements",
    inputs: [3, 3],
    attributes: { axis: { kind: "int" }, reduction: { kind: "string" } },
    infer: (inputs, attributes) => {
      const [{ type, shape }, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      checkIndices(indices)
      axisOf(intOf(attributes, "axis", 0), shape)
      combinationOf(attributes)
      if (!sameShape(indices.shape, updates.shape) || indices.shape.length !== shape.length) throw new Misfit("indices and updates are to have one shape")
      return [{ type, shape }]
    },
    evaluate: (inputs, attributes) => {
      const [x, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      const combine = combinationOf(attributes)
      const result = x.data.slice()
      elementOffsets(x.shape, indices, axisOf(intOf(attributes, "axis", 0), x.shape)).forEach((offset, i) => {
        result[offset] = combine(at(result, offset), at(updates.data, i))
      })
      return [result]
    },
    derivative: (context) => {
      const [indices, axis] = [item(context.inputs, 1), intOf(context.attributes, "axis", 0)]
      return scatteringRule(context, {
        scatter: (data, updates, reduction) => o.scatterElements(data, indices, updates, axis, reduction), gather: (data) => o.gatherElements(data, indices, axis)
      })
    }
  },
  {
    name: "GatherND",
    inputs: [2, 2],
    attributes: { batch_dims: { kind: "int" } },
    compose: (inputs, attributes) => {
      const [x, indices] = [first(inputs), item(inputs, 1)]
      const batchAxes = intOf(attributes, "batch_dims", 0)
      return batchAxes === 0 ? undefined : [o.gatherND(x, withBatch(indices, batchAxes))]
    },
    infer: (inputs) => {
      const [{ type, shape }, indices] = [first(inputs), item(inputs, 1)]
      checkIndices(indices)
      const depth = indices.shape.at(-1) ?? 0
      if (depth > shape.length) throw new Misfit(`index tuples of ${depth} for ${shape.length} axes`)
      return [{ type, shape: [...indices.shape.slice(0, -1), ...shape.slice(depth)] }]
    },
    evaluate: (inputs, _, outputs) => {
      const [x, indices] = [first(inputs), item(inputs, 1)]
      const result = new Float64Array(sizeOf(first(outputs).shape))
      const inner = sizeOf(x.shape.slice(indices.shape.at(-1) ?? 0))
      tupleOffsets(x.shape, indices).forEach((offset, i) => result.set(x.data.subarray(offset, offset + inner), i * inner))
      return [result]
    },
    derivative: ({ inputs, gradient }) =>
      [() => o.scatterND(o.full(gradient, first(inputs).shape, 0), item(inputs, 1), gradient, "add"), undefined]
  },
  {
    name: "ScatterND",
    inputs: [3, 3],
    attributes: { reduction: { kind: "string" } },
    infer: (inputs, attributes) => {
      const [{ type, shape }, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      checkIndices(indices)
      combinationOf(attributes)
      const expected = [...indices.shape.slice(0, -1), ...shape.slice(indices.shape.at(-1) ?? 0)]
      if (!sameShape(updates.shape, expected)) throw new Misfit(`updates are to have the shape ${showShape(expected)}`)
      return [{ type, shape }]
    },
    evaluate: (inputs, attributes) => {
      const [x, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      const combine = combinationOf(attributes)
      const result = x.data.slice()
      const inner = sizeOf(x.shape.slice(indices.shape.at(-1) ?? 0))
      tupleOffsets(x.shape, indices).forEach((offset, row) => {
        for (let i = 0; i < inner; i++) result[offset + i] = combine(at(result, offset + i), at(updates.data, row * inner + i))
      })
      return [result]
    },
    derivative: (context) => {
      const indices = item(context.inputs, 1)
      return scatteringRule(context, {
        scatter: (data, updates, reduction) => o.scatterND(data, indices, updates, reduction), gather: (data) => o.gatherND(data, indices)
      })
    }
  }
]

/** Offsets that the index tuples along the last axis lead to. */
const tupleOffsets = (shape: Shape, indices: { shape: Shape; data: Float64Array }): Array<number> => {
  const depth = indices.shape.at(-1) ?? 0
  const strides = stridesOf(shape)
  return Array.from({ length: sizeOf(indices.shape.slice(0, -1)) }, (_, tuple) => {
    let offset = 0
    for (let i = 0; i < depth; i++) offset += wrap(at(indices.data, tuple * depth + i), at(shape, i)) * at(strides, i)
    return offset
  })
}
