/** Trainings that the engine and PyTorch do side by side: networks, data that can be learned, losses, optimisers. */
import { readFileSync } from "node:fs"
import { randomStream } from "../../../src/stage/random.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { importModel } from "../../../src/tensor/import.ts"
import type { Variables } from "../../../src/tensor/layers/formula.ts"
import { drawParameters } from "../../../src/tensor/layers/network.ts"
import { discretisedLogisticMixture, gaussianLogLikelihood, negativeBound } from "../../../src/tensor/losses/likelihood.ts"
import { tokenCrossEntropy } from "../../../src/tensor/losses/sequence.ts"
import { adam, adamW } from "../../../src/tensor/optimisers.ts"
import * as o from "../../../src/tensor/ops.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { fromNumbers, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { sgd, type TrainingStep } from "../../../src/tensor/training.ts"
import { shipped } from "../layers/shipped.ts"
import type { TorchJob, TorchTrainer } from "./torch-trainer.ts"

export type Batch = Readonly<Record<string, Tensor>>

/** A training as the engine sees it, for batches of a fixed size. */
export interface Prepared {
  readonly step: TrainingStep
  /** Weights and statistics at the start, by the graph's names. */
  readonly initial: Readonly<Record<string, Tensor>>
  readonly rate: number
  /** The samples of these numbers, and the random numbers of a step. */
  readonly batch: (samples: ReadonlyArray<number>, step: number) => Batch
}

/** How much is trained on. */
export interface Amount {
  readonly samples: number
  readonly batch: number
  readonly epochs: number
}

export interface Work {
  readonly title: string
  /** For the tests that always run, where it is quick enough, and for the longer check. */
  readonly short?: Amount
  readonly long: Amount
  readonly torch: TorchJob
  readonly prepare: (batch: number, trainer: TorchTrainer) => Promise<Prepared>
}

const normal = (purpose: string, size: number): Float32Array => randomStream(0, "peers", purpose).fillNormal(new Float32Array(size))

const CLASSES = 10
/** The token that pads sequences, and the one that a decoder starts from. */
const [PADDING, START, VOCABULARY] = [1, 0, 42]

const stacked = (rows: ReadonlyArray<Float32Array>, sample: Shape): Tensor => {
  const size = sizeOf(sample)
  const all = new Float32Array(rows.length * size)
  rows.forEach((row, i) => all.set(row, i * size))
  return tensor(all, [rows.length, ...sample])
}

/** Images of ten classes: each class its own pattern under noise. */
const labelled = (sample: Shape) => (samples: ReadonlyArray<number>): Batch => {
  const size = sizeOf(sample)
  const rows = samples.map((i) => {
    const pattern = normal(`pattern ${i % CLASSES}`, size)
    return normal(`sample ${i}`, size).map((value, at) => value + 0.5 * (pattern[at] ?? 0))
  })
  return { x: stacked(rows, sample), labels: fromNumbers(samples.map((i) => i % CLASSES), { type: "int64", shape: [samples.length] }) }
}

/** Sequences of different lengths, to be written backwards. */
const sequences = (places: number) => (samples: ReadonlyArray<number>): Batch => {
  const whole = (rows: ReadonlyArray<ReadonlyArray<number>>): Tensor => fromNumbers(rows.flat(), { type: "int64", shape: [rows.length, places] })
  const padded = (row: ReadonlyArray<number>): ReadonlyArray<number> => Array.from({ length: places }, (_, i) => row[i] ?? PADDING)
  const words = samples.map((i) => Array.from({ length: 5 + (i % 7) }, (_, at) => 2 + ((i * 31 + at * (3 + (i % 5))) % (VOCABULARY - 2))))
  return {
    source: whole(words.map(padded)),
    target: whole(words.map((word) => padded([START, ...word.toReversed().slice(0, -1)]))),
    labels: whole(words.map((word) => padded(word.toReversed())))
  }
}

/** Pictures of 256 levels, from -1 to 1: a wave under noise. */
const pictures = (sample: Shape) => (samples: ReadonlyArray<number>): Batch => ({
  x: stacked(samples.map((i) => normal(`picture ${i}`, sizeOf(sample)).map((value, at) => {
    const level = Math.round(127.5 + 90 * Math.sin(at / (5 + (i % 4))) + 20 * value)
    return -1 + (2 * Math.min(255, Math.max(0, level))) / 255
  })), sample)
})

const optimiserOf = ({ kind, lr, momentum = 0, nesterov = false, eps, weight_decay = 0 }: Settings) => {
  const epsilon = eps === undefined ? {} : { epsilon: eps }
  const optimiser = kind === "sgd" ? sgd({ momentum, nesterov, weightDecay: weight_decay }) : kind === "adam" ? adam({ ...epsilon, weightDecay: weight_decay }) : adamW({ ...epsilon, weightDecay: weight_decay })
  return { optimiser, rate: lr }
}

/** As PyTorch names them. */
type Settings = {
  readonly kind: "sgd" | "adam" | "adamw"
  readonly lr: number
  readonly momentum?: number
  readonly nesterov?: boolean
  readonly eps?: number
  readonly weight_decay?: number
}

const three = (samples: number, batch: number): Amount => ({ samples, batch, epochs: 3 })
const usual = { short: three(32, 8), long: three(512, 16) }

interface Shipped {
  readonly name: string
  readonly amounts?: Pick<Work, "short" | "long">
  readonly settings?: Variables
  /** PyTorch's name of it, if another. */
  readonly network?: string
  readonly loss: TorchJob["loss"]
  readonly optimiser: Settings
}

/** A network of configs/models. Dropout is left out: masks could not be the same on both sides. */
const shippedWork = ({ amounts = usual, loss, name, network = name, optimiser, settings }: Shipped): Work => ({
  ...amounts,
  title: `${network}, ${loss}, ${Object.entries(optimiser).map(([key, value]) => (key === "kind" ? value : `${key} ${value}`)).join(", ")}`,
  torch: { network, loss, optimiser },
  prepare: (batch) => {
    const of = shipped(name, settings)
    const graph = new Graph()
    const inputs = Object.fromEntries(Object.entries(of.inputs).map(([key, { shape, type }]) => [key, graph.input(key, [batch, ...shape], type)]))
    const bound: Record<string, Value> = {}
    const noises: Array<{ readonly name: string; readonly shape: Shape }> = []
    const built = of.build({
      graph, mode: "training", inputs,
      parameter: ({ name: key, shape }) => (bound[key] = graph.input(key, shape)),
      noise: ({ name: key, shape }) => {
        noises.push({ name: key, shape })
        return graph.input(key, shape)
      }
    })
    const [sample = []] = Object.values(of.inputs).map(({ shape }) => shape)
    const data = loss === "classes" ? labelled(sample) : loss === "tokens" ? sequences(sample[0] ?? 0) : pictures(sample)
    const drawn = (step: number) => Object.fromEntries(noises.map(({ name: key, shape }) => [key, tensor(normal(`${key} ${step}`, sizeOf(shape)), shape)]))
    const { optimiser: updates, rate } = optimiserOf(optimiser)
    return Promise.resolve({
      step: {
        loss: lossOf(loss, built.output, inputs, built.outputs, batch),
        parameters: Object.fromEntries(Object.entries(bound).filter(([key]) => built.updates[key] === undefined)),
        carried: built.updates,
        optimiser: updates
      },
      initial: drawParameters(of, (purpose) => randomStream(0, name, purpose)),
      rate,
      batch: (samples: ReadonlyArray<number>, step: number) => ({ ...data(samples), ...drawn(step) })
    })
  }
})

const lossOf = (loss: TorchJob["loss"], output: Value, inputs: Readonly<Record<string, Value>>, outputs: Readonly<Record<string, Value>>, batch: number): Value => {
  const { graph } = output
  const { target, x } = inputs
  const { divergence } = outputs
  if (loss === "classes") return o.crossEntropy(output, graph.input("labels", [batch], "int64"))
  if (loss === "tokens" && target !== undefined) return tokenCrossEntropy(output, graph.input("labels", target.shape, "int64"), { smoothing: 0.1, ignore: PADDING }).loss
  if (x === undefined || divergence === undefined) throw new Error("the network is no autoencoder")
  return negativeBound(x, loss === "gaussian-bound" ? gaussianLogLikelihood(x, output) : discretisedLogisticMixture(x, output), divergence).loss
}

/** A model that PyTorch's exporter wrote, imported with all its weights trainable. */
const imported: Work = {
  ...usual,
  title: "a model exported by PyTorch, imported and fine-tuned, classes, sgd, lr 0.05, momentum 0.9",
  torch: { network: "exported", loss: "classes", optimiser: { kind: "sgd", lr: 0.05, momentum: 0.9 } },
  prepare: async (batch, trainer) => {
    const graph = new Graph()
    const shape = [3, 16, 16]
    const x = graph.input("x", [batch, ...shape])
    const model = importModel(readFileSync(await trainer.exportNetwork()), { on: { x }, shapes: { batch }, trainable: true })
    const { scores } = model.outputs
    if (scores === undefined) throw new Error("the model gives no scores")
    return {
      step: {
        loss: o.crossEntropy(scores, graph.input("labels", [batch], "int64")),
        parameters: Object.fromEntries([...model.weights].map(([name, { value }]) => [name, value])),
        optimiser: sgd({ momentum: 0.9 })
      },
      initial: Object.fromEntries([...model.weights].map(([name, { initial }]) => [name, initial])),
      rate: 0.05,
      batch: labelled(shape)
    }
  }
}

/** Slow to open: 450 convolutions in a step. */
const ladder = { long: three(64, 4) }

export const works: ReadonlyArray<Work> = [
  shippedWork({ name: "mlp-mini", loss: "classes", optimiser: { kind: "sgd", lr: 0.05, momentum: 0.9, weight_decay: 5e-4 }, amounts: { short: three(64, 8), long: three(4096, 32) } }),
  shippedWork({ name: "convnet-mini", loss: "classes", optimiser: { kind: "sgd", lr: 0.05, momentum: 0.9, nesterov: true } }),
  shippedWork({ name: "preact-resnet-mini", loss: "classes", optimiser: { kind: "sgd", lr: 0.02, momentum: 0.9, weight_decay: 5e-4 } }),
  shippedWork({ name: "vit-mini", loss: "classes", optimiser: { kind: "adamw", lr: 1e-3, eps: 1e-6, weight_decay: 0.05 } }),
  shippedWork({ name: "transformer-mini", settings: { dropout: 0 }, loss: "tokens", optimiser: { kind: "adam", lr: 1e-3, eps: 1e-6 } }),
  shippedWork({ name: "hvae-mini", loss: "gaussian-bound", optimiser: { kind: "adamw", lr: 5e-4, eps: 1e-6, weight_decay: 0.01 }, amounts: ladder }),
  shippedWork({
    name: "hvae-mini", settings: { outputs: 20 }, network: "hvae-mini with mixtures", loss: "mixture-bound", optimiser: { kind: "sgd", lr: 0.01, momentum: 0.9 },
    amounts: { ...ladder, short: { samples: 4, batch: 2, epochs: 2 } }
  }),
  imported
]
