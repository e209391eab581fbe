/**
 * A sequence model: `source` and `target` (token numbers, [batch, length], the target behind `bos`) to `scores` [batch, length, vocabulary], what comes
 * next at every place. A hybrid model takes the numbers beside tokens too, as `source_value` and `target_value`, and gives one at every place, `value`.
 */
import { Effect, StageError } from "../../../../src/stage.ts"
import { GraphError } from "../../../../src/tensor/errors.ts"
import { type DeclaredInput, declaredBy, importModel } from "../../../../src/tensor/import.ts"
import type { Value } from "../../../../src/tensor/graph.ts"
import { showShape } from "../../../../src/tensor/shape.ts"

export interface SequenceModel {
  readonly bytes: Uint8Array
  readonly sourceLength: number
  readonly targetLength: number
  readonly vocabulary: number
  readonly hybrid: boolean
  readonly metadata: Readonly<Record<string, string>>
  /** The graph for so many sources at once, as the file has it. */
  open(rows: number): OpenModel
}

export interface OpenModel {
  /** [rows, length] */
  readonly source: Value
  readonly target: Value
  /** [rows, target length, vocabulary] */
  readonly scores: Value
  readonly hybrid: { readonly target: Value; readonly value: Value } | undefined
}

/** Lengths that the data have, for models that leave them open. */
export interface Lengths {
  readonly source: number
  readonly target: number
}

/** Fails in words when the file is no sequence model. */
export const readSequenceModel = (bytes: Uint8Array, lengths: Lengths): Effect.Effect<SequenceModel, StageError> =>
  Effect.try({
    try: () => {
      const { inputs, outputs } = declaredBy(bytes)
      const source = lengthOf(inputs, "source") ?? lengths.source
      const target = lengthOf(inputs, "target") ?? lengths.target
      const hybrid = inputs.some(({ name }) => name === "target_value")
      const other = inputs.find(({ name }) => !["source", "target", ...(hybrid ? ["source_value", "target_value"] : [])].includes(name))
      if (other !== undefined) return notSequences(`takes an input ${other.name}`)
      if (!outputs.includes("scores")) return notSequences(`gives ${outputs.join(", ")} and no scores`)
      if (hybrid && !outputs.includes("value")) return notSequences("takes numbers beside tokens but gives none: it has no output value")
      const open = (rows: number): OpenModel & { readonly metadata: Readonly<Record<string, string>> } => {
        const shapes = { source: [rows, source], target: [rows, target], ...(hybrid ? { source_value: [rows, source], target_value: [rows, target] } : {}) }
        const model = importModel(bytes, { inputShapes: shapes, outputs: hybrid ? ["scores", "value"] : ["scores"] })
        const input = (name: string) => model.inputs[name] ?? notSequences(`has no input ${name}`)
        const output = (name: string, axes: number) => {
          const value = model.outputs[name] ?? notSequences(`has no output ${name}`)
          const fits = value.shape[0] === rows && value.shape[1] === target && value.shape.length === axes
          return fits ? value : notSequences(`gives ${name} of the shape ${showShape(value.shape)} for ${rows} targets of ${target} tokens`)
        }
        const numbers = hybrid ? { target: input("target_value"), value: output("value", 2) } : undefined
        return { source: input("source"), target: input("target"), scores: output("scores", 3), hybrid: numbers, metadata: model.metadata }
      }
      const { metadata, scores } = open(2)
      return { bytes, sourceLength: source, targetLength: target, vocabulary: scores.shape[2] ?? 0, hybrid, metadata, open }
    },
    catch: (cause) => cause instanceof StageError ? cause : new StageError({ message: `The model cannot be read: ${cause instanceof GraphError ? cause.message : String(cause)}`, cause })
  })

const lengthOf = (inputs: ReadonlyArray<DeclaredInput>, name: string): number | undefined => {
  const { dimensions } = inputs.find((input) => input.name === name) ?? notSequences(`has no input ${name}`)
  const [, length] = dimensions.length === 2 ? dimensions : notSequences(`takes ${name} with ${dimensions.length} dimensions, not [batch, length]`)
  return typeof length === "number" ? length : undefined
}

const notSequences = (what: string): never => {
  throw new StageError({ message: `The model is no model of sequences: it ${what}.`, hint: "Give the model of train/seq2seq, or an ONNX file with the inputs source and target and the output scores." })
}
