/** The file of a sequence model: what it says of itself, and its weights as another training's start. */
import { canonicalJson, Effect, StageError } from "../../../src/stage.ts"
import { importModel } from "../../../src/tensor/import.ts"
import { exportNetwork } from "../../../src/tensor/layers/export.ts"
import { sameShape, showShape } from "../../../src/tensor/shape.ts"
import { float32Of, tensor } from "../../../src/tensor/tensor.ts"
import type { Parameter } from "./network.ts"
import type { SequenceNetwork } from "./sequence-network.ts"
import type { Vocabulary } from "./token-set.ts"
import type { Weights } from "./training-loop.ts"

/**
 * The ONNX file for the data's lengths. Its metadata hold the architecture with the settings that were used, the `vocabulary` (texts by the
 * tokens' numbers), the `tokens` with a meaning of their own, and where the weights come from.
 */
export const encodeSequenceModel = ({ network, parameters }: SequenceNetwork, weights: Weights, { bos, eos, number, pad, tokens }: Vocabulary, origin: Readonly<Record<string, string>>): Uint8Array =>
  exportNetwork(
    network,
    Object.fromEntries(parameters.map(({ initial, name, shape }) => [name, tensor(weights.get(name) ?? initial, shape)])),
    { metadata: { vocabulary: canonicalJson([...tokens]), tokens: canonicalJson({ pad, bos, eos, ...(number === undefined ? {} : { number }) }), ...origin } }
  )

/** The network with a model's weights as its start. Fails naming the weight that the file has not. */
export const startFrom = (network: SequenceNetwork, bytes: Uint8Array): Effect.Effect<SequenceNetwork, StageError> =>
  Effect.gen(function*() {
    const { weights } = yield* Effect.try({
      try: () => importModel(bytes, { batch: 2, shapes: { batch: 2 }, trainable: true }),
      catch: (cause) => new StageError({ message: `The model of \`weights\` cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
    })
    const parameters = yield* Effect.forEach(network.parameters, (parameter) => {
      const { initial } = weights.get(parameter.name) ?? {}
      if (initial !== undefined && sameShape(initial.shape, parameter.shape)) return Effect.succeed<Parameter>({ ...parameter, initial: float32Of(initial) })
      return Effect.fail(new StageError({
        message: `The model of \`weights\` ${initial === undefined ? "has no" : `has another shape, ${showShape(initial.shape)}, of`} ${parameter.name} ${showShape(parameter.shape)}.`,
        hint: "Its architecture, settings and vocabulary have to be those of this training."
      }))
    })
    return { ...network, parameters }
  })
