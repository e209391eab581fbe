/**
 * Shapes: lists of sizes, outermost axis first, laid out in row-major order. Everything about broadcasting is here, once:
 * shapes are aligned at their last axis and an axis of size 1 is repeated (ONNX "multidirectional broadcasting").
 */
export type Shape = ReadonlyArray<number>

/** The element of a list that is known to be there; a wrong index is a bug and says so. */
export const at = (values: ArrayLike<number>, index: number): number => {
  const value = values[index]
  if (value === undefined) throw new RangeError(`index ${index} outside a list of ${values.length}`)
  return value
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, axis) => size === b[axis])

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`

/** Distance in elements between neighbours along each axis. */
export const stridesOf = (shape: Shape): Array<number> => {
  const strides = shape.map(() => 1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = at(strides, axis + 1) * at(shape, axis + 1)
  return strides
}

/** The common shape, or undefined where two sizes neither agree nor are 1. */
export const broadcastShapes = (shapes: ReadonlyArray<Shape>): Shape | undefined => {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  const result: Array<number> = []
  for (let axis = 0; axis < rank; axis++) {
    let size = 1
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1
      if (own === 1 || own === size) continue
      if (size !== 1) return undefined
      size = own
    }
    result.push(size)
  }
  return result
}

/** Strides with which `shape` is read under a broadcast to `target`: 0 along every repeated axis. */
export const broadcastStrides = (shape: Shape, target: Shape): Array<number> => {
  const strides = stridesOf(shape)
  const offset = target.length - shape.length
  return target.map((_, axis) => (axis < offset || shape[axis - offset] === 1 ? 0 : at(strides, axis - offset)))
}

/** The axes of `target` along which a broadcast of `shape` repeats elements. */
export const broadcastAxes = (shape: Shape, target: Shape): Array<number> => {
  const offset = target.length - shape.length
  return target.flatMap((size, axis) => (axis < offset || (shape[axis - offset] === 1 && size !== 1) ? [axis] : []))
}

/** An axis counted from the end when negative, or undefined outside the rank. */
export const normaliseAxis = (axis: number, rank: number): number | undefined => {
  const positive = axis < 0 ? axis + rank : axis
  return Number.isInteger(positive) && positive >= 0 && positive < rank ? positive : undefined
}

/** Calls `visit` for every index of `shape` in row-major order with the offsets that the given strides lead to. */
export const walk = (
  shape: Shape,
  strides: ReadonlyArray<ReadonlyArray<number>>,
  visit: (position: number, offsets: ReadonlyArray<number>) => void
): void => {
  const index = shape.map(() => 0)
  const offsets = strides.map(() => 0)
  const total = sizeOf(shape)
  for (let position = 0; position < total; position++) {
    visit(position, offsets)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = at(index, axis) + 1
      const wraps = next === at(shape, axis)
      index[axis] = wraps ? 0 : next
      strides.forEach((stride, operand) => {
        offsets[operand] = at(offsets, operand) + at(stride, axis) * (wraps ? 1 - at(shape, axis) : 1)
      })
      if (!wraps) break
    }
  }
}
