/**
 * An encoder-decoder network of an architecture file, as the training of sequences sees it: one set of weights, and the same layers for
 * batches padded to any lengths. The file's settings that are the data's (vocabulary, padding, lengths) take the data's values, so that one
 * file serves every data set.
 */
import { Effect, StageError } from "../../../src/stage.ts"
import type { Graph, Value } from "../../../src/tensor/graph.ts"
import type { Architecture, InputType } from "../../../src/tensor/layers/architecture.ts"
import { type Built, type Network, networkOf } from "../../../src/tensor/layers/network.ts"
import type { ArchitectureError } from "../../../src/tensor/layers/problem.ts"
import type { Mode } from "../../../src/tensor/layers/scope.ts"
import { float32Of } from "../../../src/tensor/tensor.ts"
import { readArchitecture } from "./architecture-file.ts"
import type { Parameter, Random } from "./network.ts"
import type { Lengths } from "./sequence-batches.ts"
import type { TokenSet, Vocabulary } from "./token-set.ts"

export interface SequenceNetwork {
  /** For the lengths of the data. */
  readonly network: Network
  readonly parameters: ReadonlyArray<Parameter>
  readonly build: (graph: Graph, mode: Mode, inputs: Readonly<Record<string, Value>>, parameter: (name: string) => Value) => Built
}

/** What a network for such data is given: the numbers' inputs are those of hybrid models. */
export const inputTypes = ({ source, target }: Lengths, hasNumbers: boolean): Readonly<Record<string, InputType>> => ({
  source: { shape: [source], type: "int64" },
  target: { shape: [target], type: "int64" },
  ...(hasNumbers ? { source_value: { shape: [source], type: "float32" }, target_value: { shape: [target], type: "float32" } } : {})
})

/** Values of a file's settings that the data decides. */
const settingsOfData = ({ source, target }: TokenSet, { number, pad, tokens }: Vocabulary): Readonly<Record<string, number>> => ({
  vocabulary: tokens.length, padding: pad, source_length: source.length, target_length: target.length, ...(number === undefined ? {} : { number })
})

/**
 * The network of a file with other values for its settings, starting from values drawn from streams of the parameters' names. Fails when
 * its inputs and scores are not those that the data asks for.
 */
export const sequenceNetwork = Effect.fn("sequenceNetwork")(function*(
  file: { readonly path: string; readonly name: string },
  changed: Readonly<Record<string, number>>,
  data: TokenSet,
  vocabulary: Vocabulary,
  random: Random
) {
  const settings = settingsOfData(data, vocabulary)
  const architecture: Architecture = yield* readArchitecture(file.path, file.name, (declared) => ({
    ...Object.fromEntries(Object.entries(settings).filter(([name]) => declared.includes(name))), ...changed
  }))
  const wanted = inputTypes({ source: data.source.length, target: data.target.length }, vocabulary.number !== undefined)
  const named = (inputs: object) => Object.keys(inputs).toSorted().join(", ")
  if (named(architecture.inputs) !== named(wanted)) {
    return yield* new StageError({
      message: `${file.name} has the inputs ${named(architecture.inputs)}; this data needs ${named(wanted)}.`,
      hint: vocabulary.number === undefined ? "Take a model of tokens, as configs/models/transformer.yaml." : "Data with `coefficients: numbers` needs a hybrid model, as configs/models/transformer-hybrid.yaml."
    })
  }
  const network = yield* Effect.mapError(Effect.fromResult(networkOf(architecture, wanted)), misfit)
  const scores = [data.target.length, vocabulary.tokens.length]
  if (network.output.join() !== scores.join()) {
    return yield* new StageError({ message: `${file.name} gives scores [${network.output.join(", ")}] for a sample; this data needs [${scores.join(", ")}]: one for each token of the vocabulary at each place.`, hint: "Let the last layer take its size from the setting `vocabulary`." })
  }
  if (vocabulary.number !== undefined && network.outputs["value"]?.join() !== String(data.target.length)) {
    return yield* new StageError({ message: `${file.name} has no output \`value\` with a number for each place of the target.`, hint: "Put `number-output: { output: value }` before its last layer." })
  }
  const parameters = network.parameters.map(({ initial, name, role, shape }): Parameter => ({
    name, shape, initial: float32Of(initial(random(name), shape)), trainable: role === "weight", statistic: role === "statistic"
  }))
  const built: SequenceNetwork = {
    network,
    parameters,
    build: (graph, mode, inputs, parameter) => network.build({ graph, mode, inputs, parameter: ({ name }) => parameter(name) })
  }
  return built
})

const misfit = ({ message, problems }: ArchitectureError): StageError =>
  new StageError({ message: problems[0]?.message ?? message, hint: "Positions and the like must suffice for the data's lengths: `settings: { positions: ... }` of the stage changes what the file says." })
