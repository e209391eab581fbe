/** What a network consists of, layer by layer: shapes, parameters and arithmetic. */
import { Graph, reachable, type Value } from "../graph.ts"
import { at, type Shape, sizeOf } from "../shape.ts"
import type { Network } from "./network.ts"

export interface LayerSummary {
  /** Names of the layers around it and its own, joined by dots. */
  readonly name: string
  readonly kind: string
  /** Of one sample. */
  readonly output: Shape
  /** Learned numbers; shared ones count where they first occur. */
  readonly parameters: number
  /** Floating-point operations of the forward pass for one sample: two for each product in convolutions and matrix products, others not counted. */
  readonly flops: number
}

export interface Summary {
  readonly layers: ReadonlyArray<LayerSummary>
  readonly parameters: number
  readonly flops: number
}

/** The batch that is built, and divided out again; 1 would broadcast where it should not. */
const BATCH = 2

export const summarise = (network: Network): Summary => {
  const graph = new Graph()
  const { traces } = network.build({
    graph,
    mode: "inference",
    inputs: Object.fromEntries(Object.entries(network.inputs).map(([name, { shape, type }]) => [name, graph.input(name, [BATCH, ...shape], type)])),
    parameter: ({ name, shape }) => graph.input(name, shape)
  })
  const counted = new Set<Value>()
  const layers = traces.map(({ kind, name, output, parameters }): LayerSummary => {
    const own = reachable([output]).filter((value) => !counted.has(value))
    for (const value of own) counted.add(value)
    const flops = own.reduce((sum, value) => sum + flopsOf(value), 0) / BATCH
    return { name, kind, output: output.shape.slice(1), parameters, flops }
  })
  const total = (of: (layer: LayerSummary) => number) => layers.reduce((sum, layer) => sum + of(layer), 0)
  return { layers, parameters: total(({ parameters }) => parameters), flops: total(({ flops }) => flops) }
}

const flopsOf = ({ node, shape }: Value): number => {
  const [a, b] = node?.inputs ?? []
  if (node === undefined || a === undefined || b === undefined) return 0
  switch (node.operator.name) {
    case "Conv": return 2 * sizeOf(shape) * sizeOf(b.shape.slice(1))
    case "ConvTranspose": return 2 * sizeOf(a.shape) * sizeOf(b.shape.slice(1))
    case "MatMul": return 2 * sizeOf(shape) * at(a.shape, a.shape.length - 1)
    case "Gemm": return 2 * sizeOf(shape) * (node.attributes["transA"] === 1 ? at(a.shape, 0) : at(a.shape, 1))
    default: return 0
  }
}
