/**
 * A network: an architecture for samples of given shapes. Its parameters are known before any number is drawn, and it builds its graph
 * for training (batch statistics, dropout) or inference from whatever values its parameters have there: inputs, constants.
 */
import { Result } from "effect"
import { GraphError } from "../errors.ts"
import { Graph, type Value } from "../graph.ts"
import type { Filler } from "../initialise.ts"
import * as o from "../ops.ts"
import type { Shape } from "../shape.ts"
import { type Tensor, tensor } from "../tensor.ts"
import type { Architecture, InputType, Normalisation } from "./architecture.ts"
import { ArchitectureError, architectureError } from "./problem.ts"
import { type BuildRecord, type Mode, type Noise, type Parameter, Scope, type Trace } from "./scope.ts"

export interface Network {
  readonly architecture: Architecture
  /** One sample of each. */
  readonly inputs: Readonly<Record<string, InputType>>
  /** In the order in which the layers ask for them. */
  readonly parameters: ReadonlyArray<Parameter>
  /** Shape of one sample's result. */
  readonly output: Shape
  /** The same of the outputs that layers have besides. */
  readonly outputs: Readonly<Record<string, Shape>>
  /**
   * The graph for a batch. Parameters come from `parameter`, random numbers of training from `noise` (graph inputs of the noise's name
   * when not given).
   * @throws ArchitectureError when a batch of this size does not fit.
   */
  build(options: BuildOptions): Built
}

export interface BuildOptions {
  readonly graph: Graph
  readonly mode: Mode
  /** `[N, ...sample]` by the names of the network's inputs. */
  readonly inputs: Readonly<Record<string, Value>>
  readonly parameter: (parameter: Parameter) => Value
  readonly noise?: (noise: Noise) => Value
}

export interface Built {
  /** `[N, ...]` */
  readonly output: Value
  readonly outputs: Readonly<Record<string, Value>>
  /** Statistics after a training step, by the names of their parameters. */
  readonly updates: Readonly<Record<string, Value>>
  /** What has to be fed with random numbers, in order. */
  readonly noise: ReadonlyArray<Noise>
  readonly traces: ReadonlyArray<Trace>
}

/** The batch with which shapes are found out; 1 would broadcast where it should not. */
const SOME = 2

/** The network of an architecture. `inputs` replaces what the file says of them. Fails naming the layer that does not fit. */
export const networkOf = (
  architecture: Architecture,
  inputs: Readonly<Record<string, InputType>> = {}
): Result.Result<Network, ArchitectureError> => {
  const all = { ...architecture.inputs, ...inputs }
  if (Object.keys(all).length === 0) return Result.fail(architectureError([{ path: [], message: "The architecture does not say what its `input` is, [channels, rows, columns] for example." }]))
  const parameters: Array<Parameter> = []
  const declare = (mode: Mode): Built => {
    const graph = new Graph()
    return buildWith(architecture, {
      graph,
      mode,
      inputs: Object.fromEntries(Object.entries(all).map(([name, { shape, type }]) => [name, graph.input(name, [SOME, ...shape], type)])),
      parameter: (parameter) => {
        parameters.push(parameter)
        return graph.input(parameter.name, parameter.shape)
      }
    })
  }
  return Result.map(Result.try({ try: () => declare("inference"), catch: asArchitectureError }), ({ output, outputs }) => ({
    architecture,
    inputs: all,
    parameters,
    output: output.shape.slice(1),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape.slice(1)])),
    build: (options) => buildWith(architecture, options)
  }))
}

const asArchitectureError = (error: unknown): ArchitectureError => {
  if (error instanceof ArchitectureError) return error
  if (error instanceof GraphError) return architectureError([{ path: [], message: error.message }])
  throw error
}

const buildWith = ({ forward, normalisation }: Architecture, { graph, inputs, mode, noise, parameter }: BuildOptions): Built => {
  const record: BuildRecord = {
    parameters: new Map(), values: new Map(), updates: new Map(), noise: [], outputs: new Map(), traces: [], kept: new Map(Object.entries(inputs))
  }
  const scope = new Scope({ graph, mode, parameter, noise: noise ?? (({ name, shape }) => graph.input(name, shape)) }, record)
  const [first] = Object.values(inputs)
  if (first === undefined) throw new GraphError({ message: "A network needs at least one input." })
  const output = forward(normalisation === undefined ? first : normalised(first, normalisation), scope)
  return {
    output,
    outputs: Object.fromEntries(record.outputs),
    updates: Object.fromEntries(record.updates),
    noise: record.noise,
    traces: record.traces
  }
}

const normalised = (x: Value, { deviation, mean }: Normalisation): Value => {
  const perChannel = (values: ReadonlyArray<number>) => {
    const [only] = values
    if (values.length === 1 && only !== undefined) return x.graph.constant(only)
    if (values.length !== x.shape[1]) throw architectureError([{ path: ["normalisation"], message: `${values.length} numbers for ${x.shape[1]} channels` }])
    return x.graph.constant(tensor(values, [values.length, ...x.shape.slice(2).map(() => 1)]))
  }
  return o.div(o.sub(x, perChannel(mean)), perChannel(deviation))
}

/** Starting values of every parameter, each drawn from the stream of its name: a further layer shifts no other. */
export const drawParameters = (network: Network, random: (name: string) => Filler): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(network.parameters.map(({ initial, name, shape }) => [name, initial(random(name), shape)]))
