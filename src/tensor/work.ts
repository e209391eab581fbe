/** How much a graph has to compute and to keep, roughly: what decides how many threads a session gets and whether it is worth keeping. */
import { type Node, reachable, type Value } from "./graph.ts"
import { at, sizeOf } from "./shape.ts"
import { bytesOf } from "./tensor.ts"

/** What one core does in a microsecond: multiplications with additions in a product, and elements of everything else (2026, AVX-512). */
const [PRODUCTS_A_MICROSECOND, ELEMENTS_A_MICROSECOND] = [50_000, 5_000]

/** Microseconds that one core takes for the graph of the given outputs. */
export const singleCoreMicroseconds = (outputs: ReadonlyArray<Value>): number =>
  nodesOf(outputs).reduce((total, node) => total + productsOf(node) / PRODUCTS_A_MICROSECOND + elementsOf(node.outputs) / ELEMENTS_A_MICROSECOND, 0)

/** Bytes of all that the graph computes, if nothing were freed on the way, and of its constants. */
export const mostBytes = (outputs: ReadonlyArray<Value>): number =>
  reachable(outputs).reduce((total, { constant, node, shape, type }) =>
    node === undefined && constant === undefined ? total : total + sizeOf(shape) * bytesOf[type], 0)

const nodesOf = (outputs: ReadonlyArray<Value>): ReadonlyArray<Node> =>
  [...new Set(reachable(outputs).flatMap(({ node }) => (node === undefined ? [] : [node])))]

const elementsOf = (values: ReadonlyArray<Value>): number => values.reduce((total, { shape }) => total + sizeOf(shape), 0)

/** Multiplications of operators that are sums of products; 0 of the others. */
const productsOf = ({ attributes, inputs, operator, outputs }: Node): number => {
  const [a, b] = inputs
  if (a === undefined || b === undefined) return 0
  switch (operator.name) {
    case "MatMul": return elementsOf(outputs) * (a.shape.at(-1) ?? 1)
    case "Gemm": return elementsOf(outputs) * at(a.shape, attributes["transA"] === 1 ? 0 : 1)
    case "Conv": return elementsOf(outputs) * (sizeOf(b.shape) / at(b.shape, 0))
    case "ConvTranspose": return sizeOf(a.shape) * (sizeOf(b.shape) / at(b.shape, 0))
    default: return 0
  }
}
