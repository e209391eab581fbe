/** The sessions that take the steps of a training of sequences: one for each pair of padded lengths, all on the same weights. */
import { Effect } from "../../../src/stage.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { openFormsOfTraining, type Optimiser, type TrainingStep } from "../../../src/tensor/training.ts"
import type { Noise } from "../../../src/tensor/layers/scope.ts"
import { drawn } from "./architecture.ts"
import { type Engine, sessionOptions } from "./engine.ts"
import { valueOf } from "./model.ts"
import type { Random } from "./network.ts"
import type { Lengths } from "./sequence-batches.ts"
import type { SequenceNetwork } from "./sequence-network.ts"
import { inputsOf, trainingObjective } from "./sequence-objective.ts"
import type { Vocabulary } from "./token-set.ts"

export interface SequenceStepSettings {
  readonly network: SequenceNetwork
  readonly vocabulary: Vocabulary
  readonly batchSize: number
  /** Every pair of padded lengths that batches have. */
  readonly kinds: ReadonlyArray<Lengths>
  readonly optimiser: Optimiser
  readonly smoothing: number
  /** Greatest norm of the gradients; any when left out. */
  readonly clip?: number
}

/** The loop, and the random numbers that a step with lengths of a kind is fed besides its batch. */
export const openSequenceSteps = Effect.fn("openSequenceSteps")(function*(settings: SequenceStepSettings, random: Random, engine: Engine) {
  const { kinds, network: { parameters } } = settings
  const forms = kinds.map((lengths) => formOf(settings, lengths))
  const initial = Object.fromEntries(parameters.map(({ initial, name, shape }) => [name, tensor(initial, shape)]))
  const kindOf = ({ source, target }: Readonly<Record<string, Tensor>>): number =>
    kinds.findIndex((kind) => kind.source === source?.shape[1] && kind.target === target?.shape[1])
  const makesNoise = forms.some(({ noise }) => noise.length > 0)
  // With a second core, random numbers are drawn on it while a step is computed.
  const options = { ...(yield* sessionOptions(engine)), apart: makesNoise && engine.threads > 1 }
  const loop = yield* openFormsOfTraining(forms.map(({ step }) => step), initial, kindOf, options)
  return { loop, noise: (kind: number, step: number) => drawn(forms[kind]?.noise ?? [], step, random) }
})

const formOf = ({ batchSize, clip, network, optimiser, smoothing, vocabulary }: SequenceStepSettings, lengths: Lengths): { readonly step: TrainingStep; readonly noise: ReadonlyArray<Noise> } => {
  const graph = new Graph()
  const { answer, answerValue, inputs } = inputsOf(graph, batchSize, lengths, vocabulary.number !== undefined)
  const values = new Map(network.parameters.map(({ name, shape }) => [name, graph.input(name, shape)]))
  const parameter = (name: string) => valueOf(values, name)
  const built = network.build(graph, "training", inputs, parameter)
  const { accuracy, loss } = trainingObjective(built, answer, answerValue, vocabulary, smoothing)
  const trained = network.parameters.filter(({ trainable }) => trainable).map(({ name }) => [name, parameter(name)] as const)
  return {
    step: { loss, parameters: Object.fromEntries(trained), carried: built.updates, report: { accuracy }, optimiser, ...(clip === undefined ? {} : { clip }) },
    noise: built.noise
  }
}
