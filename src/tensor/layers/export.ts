/** A network with its weights as an ONNX file that says what it is. */
import { Graph, type Value } from "../graph.ts"
import { encodeModel } from "../onnx/encode.ts"
import { metadataText } from "../onnx/metadata.ts"
import type { Tensor } from "../tensor.ts"
import type { Architecture } from "./architecture.ts"
import type { Network } from "./network.ts"
import { architectureError } from "./problem.ts"

const BATCH = "batch"

/** What an architecture says of its network, as texts for a file's metadata: its layers (JSON), normalisation and class names. */
export const metadataOf = ({ classes, normalisation, source }: Architecture): Readonly<Record<string, string>> =>
  metadataText({
    architecture: JSON.stringify(source),
    ...(normalisation === undefined ? {} : { normalisation: { mean: normalisation.mean, std: normalisation.deviation } }),
    ...(classes === undefined ? {} : { classes })
  })

/**
 * The inference graph with these weights (every parameter, by name): the network's inputs for any number of samples, `output` for the
 * last layer's result, other outputs by their names.
 */
export const exportNetwork = (
  network: Network,
  weights: Readonly<Record<string, Tensor>>,
  { metadata = {}, output = "scores" }: { readonly metadata?: Readonly<Record<string, string>>; readonly output?: string } = {}
): Uint8Array => {
  const build = (batch: number): Readonly<Record<string, Value>> => {
    const graph = new Graph()
    const built = network.build({
      graph,
      mode: "inference",
      inputs: Object.fromEntries(Object.entries(network.inputs).map(([name, { shape, type }]) => [name, graph.input(name, [batch, ...shape], type)])),
      parameter: ({ name, shape }) => {
        if (weights[name] === undefined) throw architectureError([{ path: [], message: `The weights have no ${name}.` }])
        return graph.input(name, shape)
      }
    })
    return { ...built.outputs, [output]: built.output }
  }
  // A batch of 1 would broadcast where it should not.
  const [outputs, elsewhere] = [build(2), build(3)]
  const any = (names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, { 0: BATCH }]))
  return encodeModel(outputs, {
    name: "model",
    metadata: { ...metadataOf(network.architecture), ...metadata },
    dynamicAxes: any([...Object.keys(network.inputs), ...Object.keys(outputs)]),
    elsewhere,
    weights
  })
}
