/**
 * A model's file as a network to go on training: its weights under the names that the file gives them, its graph as it stands. Normalisations
 * by batches are in the form for use, with the statistics of the file, as is usual when a model is fine-tuned.
 */
import { Effect, StageError } from "../../../src/stage.ts"
import { importModel } from "../../../src/tensor/import.ts"
import { showShape, sameShape } from "../../../src/tensor/shape.ts"
import { float32Of } from "../../../src/tensor/tensor.ts"
import type { Network } from "./network.ts"

/** Constants without a name of their own, such as a normalisation's numbers, are no weights. */
const isNamed = (name: string): boolean => !name.startsWith("constant_")

/** A test for names: `*` stands for any text. */
const matcher = (pattern: string): RegExp => new RegExp(`^${pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`)

/**
 * The network of a model `x` -> `scores`, for samples of a shape; weights whose names match none of `patterns` stay as they are. Fails when
 * the file is no such model, or takes other samples, or when a pattern matches no weight.
 */
export const importedNetwork = (bytes: Uint8Array, sample: ReadonlyArray<number>, patterns: ReadonlyArray<string>): Effect.Effect<Network, StageError> =>
  Effect.gen(function*() {
    const read = (batch: number) => importModel(bytes, { shapes: { batch }, trainable: true })
    const model = yield* Effect.try({
      try: () => read(2),
      catch: (cause) => new StageError({ message: `The model cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
    })
    const { inputs: { x }, outputs: { scores } } = model
    if (x === undefined || scores === undefined) {
      return yield* new StageError({ message: "The model has no input x or no output scores.", hint: "Use the model of a train stage or of model/import." })
    }
    if (!sameShape(x.shape.slice(1), sample)) {
      return yield* new StageError({ message: `The model takes samples ${showShape(x.shape.slice(1))}, but the data's are ${showShape(sample)}.`, hint: "Give data in the shape that it was trained for." })
    }
    const names = [...model.weights.keys()].filter(isNamed)
    const unused = patterns.find((pattern) => !names.some((name) => matcher(pattern).test(name)))
    if (unused !== undefined) {
      return yield* new StageError({ message: `No weight of the model matches "${unused}".`, hint: `Its weights are ${names.join(", ")}.` })
    }
    const trained = names.filter((name) => patterns.length === 0 || patterns.some((pattern) => matcher(pattern).test(name)))
    const [, outputs = 1] = scores.shape
    return {
      parameters: [...model.weights].map(([name, { initial }]) => ({ name, shape: initial.shape, initial: float32Of(initial), trainable: trained.includes(name) })),
      input: sample,
      outputs,
      scores: (of, parameter) => importModel(bytes, { on: { x: of }, shapes: { batch: of.shape[0] ?? 0 }, trainable: true, weight: parameter }).outputs["scores"] ?? of,
      metadata: model.metadata
    }
  })
