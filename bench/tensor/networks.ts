/**
 * The networks of the benchmark, from configs/models where they stand there: what is trained and run here, `networks.py` beside this
 * file trains and runs in PyTorch, from the same starting values on the same batch.
 */
import { readFileSync } from "node:fs"
import { Result } from "effect"
import { parse } from "yaml"
import { randomStream } from "../../src/stage/random.ts"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import { type Architecture, readArchitecture } from "../../src/tensor/layers/architecture.ts"
import { type Built, drawParameters, type Network, networkOf } from "../../src/tensor/layers/network.ts"
import type { Mode } from "../../src/tensor/layers/scope.ts"
import * as o from "../../src/tensor/ops.ts"
import { type Shape, sizeOf } from "../../src/tensor/shape.ts"
import { fromNumbers, type Tensor, tensor } from "../../src/tensor/tensor.ts"
import { sgd } from "../../src/tensor/training.ts"
import type { Work } from "./works.ts"

export interface Candidate {
  /** What the peer calls it. */
  readonly key: string
  readonly name: string
  readonly network: Network
  readonly batch: number
  readonly learningRate: number
  /** See `Work`. */
  readonly tolerance?: number
  /** The most that a training step and a forward pass may take, relative to PyTorch. */
  readonly limits: { readonly training: number | null; readonly forward: number }
}

const shipped = (file: string, settings: Readonly<Record<string, unknown>> = {}): Network =>
  networkFrom(readArchitecture(parse(readFileSync(new URL(`../../configs/models/${file}.yaml`, import.meta.url), "utf8")), settings))

const networkFrom = (architecture: Result.Result<Architecture, Error>): Network => Result.getOrThrow(Result.flatMap(architecture, (read) => networkOf(read)))

const mlp = (width: number): Network =>
  networkFrom(readArchitecture({ input: [784], layers: [{ name: "hidden", linear: { units: width } }, "relu", { name: "head", linear: { units: 10 } }] }))

/** The conv net of works.ts. */
const convNet = (): Network => {
  const conv = (name: string, channels: number, stride = 1) => [{ name, conv: { channels, stride, padding: 1 } }, "relu"]
  return networkFrom(readArchitecture({
    input: [3, 32, 32],
    layers: [...conv("conv1", 32), ...conv("conv2", 64, 2), ...conv("conv3", 64), "global-mean", { name: "head", linear: { units: 10 } }]
  }))
}

/**
 * Rounding decides on which side of 0 a few of its 35 million ReLU inputs lie, and batch normalisation passes that on: after one step, PyTorch's
 * own numbers are up to 1e-2 from those that it computes in float64, as ours are.
 */
export const preActResNet = (): Candidate => ({
  key: "preact-resnet-18", name: "PreActResNet-18, 32x32, batch 64", network: shipped("preact-resnet-18"), batch: 64, learningRate: 0.01, tolerance: 0.03,
  limits: { training: 0.9, forward: 1 }
})

const vit = (): Candidate =>
  ({ key: "vit-ti-16-64px", name: "ViT-Ti/16, 64x64, batch 32", network: shipped("vit-ti-16-64px"), batch: 32, learningRate: 0.01, limits: { training: 0.9, forward: 1 } })

/** Without dropout, whose masks could not be the same on both sides. */
const transformer = (): Candidate => ({
  key: "transformer-256", name: "transformer 3+3, 256 wide, 128 tokens, batch 16", network: shipped("transformer-256", { dropout: 0 }), batch: 16, learningRate: 0.01,
  limits: { training: 0.9, forward: 1 }
})

const conv = (): Candidate =>
  ({ key: "conv", name: "conv net, 32x32, batch 64", network: convNet(), batch: 64, learningRate: 0.01, limits: { training: 0.8, forward: 1 } })

const mlpOf = (width: number) => (): Candidate =>
  ({ key: `mlp-${width}`, name: `two-layer net 784-${width}-10, batch 128`, network: mlp(width), batch: 128, learningRate: 0.1, limits: { training: null, forward: 1 } })

/** Convolutions, running statistics and a residual addition, in a millisecond. */
const tinyResNet = (): Candidate => ({
  key: "tiny-resnet", name: "residual net of 8 channels, 8x8, batch 4", batch: 4, learningRate: 0.01, limits: { training: null, forward: 1 },
  network: networkFrom(readArchitecture({
    input: [3, 8, 8],
    layers: [
      { name: "stem", conv: { channels: 8, padding: 1 } },
      { name: "around", residual: { body: [{ name: "bn", "batch-norm": {} }, "relu", { name: "conv", conv: { channels: 8, padding: 1 } }] } },
      "global-mean",
      { name: "head", linear: { units: 10 } }
    ]
  }))
})

/** What is trained; the conv net and the MLPs are among the works of works.ts. */
export const trained: ReadonlyArray<() => Candidate> = [preActResNet, vit, transformer]
export const run: ReadonlyArray<() => Candidate> = [preActResNet, vit, transformer, conv, mlpOf(32), mlpOf(256), mlpOf(1024)]
/** Those whose peak memory is measured, and those that are small enough for very many steps. */
export const remembered: ReadonlyArray<() => Candidate> = [preActResNet, vit, transformer, conv]
export const small: ReadonlyArray<() => Candidate> = [mlpOf(32), tinyResNet]

/** Numbers of the same batch and starting values in every process. */
const dataOf = ({ batch, key, network }: Candidate) => {
  const inputs = Object.fromEntries(Object.entries(network.inputs).map(([name, { shape, type }]) => {
    const whole = [batch, ...shape]
    const uniform = randomStream(0, key, name).fillUniform(new Float32Array(sizeOf(whole)))
    // Tokens 2 to 41: 0 and 1 start a sequence and pad it.
    return [name, type === "float32" ? tensor(uniform, whole) : fromNumbers(Array.from(uniform, (u) => 2 + Math.floor(40 * u)), { type: "int64", shape: whole })]
  }))
  const classes = network.output.at(-1) ?? 1
  const places = (batch * sizeOf(network.output)) / classes
  const labels = Array.from(randomStream(0, key, "labels").fillUniform(new Float32Array(places)), (u) => Math.floor(classes * u))
  return { inputs, labels: fromNumbers(labels, { type: "int64", shape: [places] }), parameters: drawParameters(network, (name) => randomStream(0, key, name)) }
}

/** The network in a graph, its parameters as graph inputs that every copy shares. */
export const applied = (graph: Graph, { network }: Candidate, mode: Mode, inputs: Readonly<Record<string, Value>>): Built =>
  network.build({ graph, mode, inputs, parameter: ({ name, shape }) => inputOf(graph, name, { type: "float32", shape }) })

export const inputOf = (graph: Graph, name: string, { shape, type }: { readonly shape: Shape; readonly type: Tensor["type"] }): Value =>
  graph.inputs.get(name) ?? graph.input(name, shape, type)

/** A training step: forward, backward, running statistics, SGD with momentum. */
export const trainingWork = (candidate: Candidate): Work => {
  const { key, learningRate, limits, name, network, tolerance } = candidate
  const { inputs, labels, parameters } = dataOf(candidate)
  const graph = new Graph()
  const fed = Object.fromEntries(Object.entries(inputs).map(([input, type]) => [input, inputOf(graph, input, type)]))
  const built = applied(graph, candidate, "training", fed)
  return {
    name: `${name}, momentum step`,
    peer: { kind: "training", network: key, inputs: Object.keys(inputs) },
    limit: limits.training,
    ...(tolerance === undefined ? {} : { tolerance }),
    learningRate,
    step: {
      loss: lossOf(built.output, inputOf(graph, "y", labels)),
      parameters: learnedOf(graph, network),
      carried: built.updates,
      optimiser: sgd({ momentum: 0.9 })
    },
    parameters,
    batch: { ...inputs, y: labels }
  }
}

export const lossOf = (scores: Value, labels: Value): Value => {
  const classes = scores.shape.at(-1) ?? 1
  return o.crossEntropy(o.reshape(scores, [sizeOf(scores.shape) / classes, classes]), labels)
}

export const learnedOf = (graph: Graph, network: Network): Record<string, Value> =>
  Object.fromEntries(network.parameters.filter(({ role }) => role === "weight").map(({ name, shape }) => [name, inputOf(graph, name, { type: "float32", shape })]))

export interface ForwardWork extends Pick<Work, "name" | "peer" | "limit" | "learningRate" | "parameters" | "batch"> {
  readonly output: Value
}

/** The network as it is used, its weights fixed. */
export const forwardWork = (candidate: Candidate): ForwardWork => {
  const { key, learningRate, limits, name, network } = candidate
  const { inputs, labels, parameters } = dataOf(candidate)
  const graph = new Graph()
  const built = network.build({
    graph,
    mode: "inference",
    inputs: Object.fromEntries(Object.entries(inputs).map(([input, type]) => [input, inputOf(graph, input, type)])),
    parameter: ({ name: parameter }) => {
      const value = parameters[parameter]
      if (value === undefined) throw new Error(`no value for ${parameter}`)
      return graph.constant(value)
    }
  })
  return {
    name: `${name}, forward`,
    peer: { kind: "forward", network: key, inputs: Object.keys(inputs) },
    limit: limits.forward,
    learningRate,
    parameters,
    batch: { ...inputs, y: labels },
    output: built.output
  }
}
