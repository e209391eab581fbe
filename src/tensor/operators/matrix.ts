/** Matrix products. */
import type { Value } from "../graph.ts"
import { type Attributes, first, floatOf, intOf, item, Misfit, type NdArray, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, broadcastShapes, broadcastStrides, type Shape, showShape, sizeOf, walk } from "../shape.ts"
import { sameTypes } from "./broadcasting.ts"

/** A vector counts as a row on the left and as a column on the right, as in NumPy. */
const asRow = (shape: Shape): Shape => (shape.length === 1 ? [1, ...shape] : shape)
const asColumn = (shape: Shape): Shape => (shape.length === 1 ? [...shape, 1] : shape)

const productShape = (left: Shape, right: Shape): Shape => {
  if (left.length === 0 || right.length === 0) throw new Misfit("takes vectors, matrices or stacks of matrices")
  const [a, b] = [asRow(left), asColumn(right)]
  const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)])
  if (batch === undefined) throw new Misfit("the leading axes do not broadcast")
  if (a.at(-1) !== b.at(-2)) throw new Misfit(`the inner sizes ${a.at(-1)} and ${b.at(-2)} differ`)
  return [...batch, ...(left.length === 1 ? [] : a.slice(-2, -1)), ...(right.length === 1 ? [] : b.slice(-1))]
}

/** The matrix product of [m, k] and [k, n] read through strides. */
const multiply = (
  a: Float64Array, aStart: number, aStrides: readonly [number, number],
  b: Float64Array, bStart: number, bStrides: readonly [number, number],
  [m, k, n]: readonly [number, number, number], result: Float64Array, start: number
): void => {
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let total = 0
      for (let i = 0; i < k; i++) {
        total += at(a, aStart + row * aStrides[0] + i * aStrides[1]) * at(b, bStart + i * bStrides[0] + column * bStrides[1])
      }
      result[start + row * n + column] = total
    }
  }
}

const swapLast = (x: Value): Value => {
  const rank = x.shape.length
  return o.transpose(x, [...x.shape.keys()].map((axis) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis)))
}

/** Rows of a stack of matrices as one matrix. */
const flattened = (x: Value): Value => o.reshape(x, [-1, at(x.shape, x.shape.length - 1)])

const gemmSizes = (a: Shape, b: Shape, attributes: Attributes): { m: number; k: number; n: number; transA: boolean; transB: boolean } => {
  if (a.length !== 2 || b.length !== 2) throw new Misfit("takes matrices")
  const transA = intOf(attributes, "transA", 0) !== 0
  const transB = intOf(attributes, "transB", 0) !== 0
  const [m, k] = transA ? [at(a, 1), at(a, 0)] : [at(a, 0), at(a, 1)]
  const [inner, n] = transB ? [at(b, 1), at(b, 0)] : [at(b, 0), at(b, 1)]
  if (inner !== k) throw new Misfit(`the inner sizes ${k} and ${inner} differ`)
  return { m, k, n, transA, transB }
}

export const matrix: ReadonlyArray<Operator> = [
  {
    name: "MatMul",
    inputs: [2, 2],
    infer: (inputs) => {
      sameTypes(inputs)
      return [{ type: first(inputs).type, shape: productShape(first(inputs).shape, item(inputs, 1).shape) }]
    },
    evaluate: (inputs) => {
      const [a, b] = [first(inputs), item(inputs, 1)]
      const [left, right] = [asRow(a.shape), asColumn(b.shape)]
      const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]) ?? []
      const [m, k, n] = [left.at(-2) ?? 1, left.at(-1) ?? 1, right.at(-1) ?? 1]
      const result = new Float64Array(sizeOf(batch) * m * n)
      const strides = [left, right].map((shape) => broadcastStrides(shape.slice(0, -2), batch))
      walk(batch, strides, (position, offsets) => {
        multiply(a.data, at(offsets, 0) * m * k, [k, 1], b.data, at(offsets, 1) * k * n, [n, 1], [m, k, n], result, position * m * n)
      })
      return [result]
    },
    derivative: ({ inputs, gradient }) => {
      const [a, b] = [first(inputs), item(inputs, 1)]
      if (a.shape.length === 2 && b.shape.length === 2) {
        return [() => o.gemm(gradient, b, undefined, { transB: true }), () => o.gemm(a, gradient, undefined, { transA: true })]
      }
      // A stack of rows times one matrix is one product of two matrices.
      if (a.shape.length > 2 && b.shape.length === 2) {
        return [
          () => o.reshape(o.gemm(flattened(gradient), b, undefined, { transB: true }), a.shape),
          () => o.gemm(flattened(a), flattened(gradient), undefined, { transA: true })
        ]
      }
      const [left, right] = [o.reshape(a, asRow(a.shape)), o.reshape(b, asColumn(b.shape))]
      const batch = broadcastShapes([left.shape.slice(0, -2), right.shape.slice(0, -2)]) ?? []
      const g = o.reshape(gradient, [...batch, at(left.shape, left.shape.length - 2), at(right.shape, right.shape.length - 1)])
      return [
        () => o.reshape(o.sumTo(o.matMul(g, swapLast(right)), left.shape), a.shape),
        () => o.reshape(o.sumTo(o.matMul(swapLast(left), g), right.shape), b.shape)
      ]
    }
  },
  {
    name: "Gemm",
    inputs: [2, 3],
    attributes: { alpha: { kind: "float" }, beta: { kind: "float" }, transA: { kind: "int" }, transB: { kind: "int" } },
    infer: (inputs, attributes) => {
      sameTypes(inputs)
      const { m, n } = gemmSizes(first(inputs).shape, item(inputs, 1).shape, attributes)
      const c = inputs[2]
      const common = c === undefined ? [m, n] : broadcastShapes([c.shape, [m, n]])
      if (c !== undefined && (common === undefined || sizeOf(common) !== m * n || common.length !== 2)) {
        throw new Misfit(`C of shape ${showShape(c.shape)} does not broadcast to [${m}, ${n}]`)
      }
      return [{ type: first(inputs).type, shape: [m, n] }]
    },
    evaluate: (inputs, attributes) => {
      const [a, b, c] = [first(inputs), item(inputs, 1), inputs[2]]
      const { m, k, n, transA, transB } = gemmSizes(a.shape, b.shape, attributes)
      const product = new Float64Array(m * n)
      multiply(a.data, 0, transA ? [1, m] : [k, 1], b.data, 0, transB ? [1, k] : [n, 1], [m, k, n], product, 0)
      return [addScaled(product.map((x) => x * floatOf(attributes, "alpha", 1)), [m, n], c, floatOf(attributes, "beta", 1))]
    },
    derivative: ({ inputs, attributes, gradient }) => {
      const [a, b, c] = [first(inputs), item(inputs, 1), inputs[2]]
      const { transA, transB } = gemmSizes(a.shape, b.shape, attributes)
      const alpha = floatOf(attributes, "alpha", 1)
      return [
        () => transA
          ? o.gemm(b, gradient, undefined, { transA: transB, transB: true, alpha })
          : o.gemm(gradient, b, undefined, { transB: !transB, alpha }),
        () => transB
          ? o.gemm(gradient, a, undefined, { transA: true, transB: transA, alpha })
          : o.gemm(a, gradient, undefined, { transA: !transA, alpha }),
        ...(c === undefined ? [] : [() => o.sumTo(o.mul(gradient, floatOf(attributes, "beta", 1)), c.shape)])
      ]
    }
  }
]

const addScaled = (product: Float64Array, shape: Shape, c: NdArray | undefined, beta: number): Float64Array => {
  if (c === undefined) return product
  walk(shape, [broadcastStrides(c.shape, shape)], (position, offsets) => {
    product[position] = at(product, position) + beta * at(c.data, at(offsets, 0))
  })
  return product
}
