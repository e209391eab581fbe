/**
 * A model as decoding uses it: rows that each hold a source and an unfinished answer, at places of their own. There are two, which say the
 * same: one computes the whole graph again for every place (whole-decoder.ts), the other one step of it (cached-decoder.ts).
 */
import type { Effect } from "../../../../src/stage.ts"
import type { EngineError } from "../../../../src/tensor/errors.ts"
import type { Value } from "../../../../src/tensor/graph.ts"
import * as o from "../../../../src/tensor/ops.ts"
import { type Tensor, tensor } from "../../../../src/tensor/tensor.ts"
import type { OpenModel } from "./model.ts"

/** Token numbers, and the numbers beside them for hybrid models. */
export interface Sequence {
  readonly tokens: Int32Array
  /** 0 where there is none. */
  readonly values?: Float32Array | undefined
}

/** The last token of each row, the number beside it, and the place where they stand. */
export interface Step {
  readonly tokens: Int32Array
  readonly values: Float32Array
  readonly places: Int32Array
}

export interface StepScores {
  /** [rows, vocabulary] */
  readonly scores: Float32Array
  /** [rows], of hybrid models */
  readonly values: Float32Array | undefined
}

/** What a model says of given answers. Each [rows, length]. */
export interface Forced {
  /** The likeliest token at each place, after the right ones before it. */
  readonly said: Int32Array
  /** Log-probability of the given token there, nats. */
  readonly logarithms: Float32Array
  readonly values: Float32Array | undefined
}

export interface Decoder {
  readonly rows: number
  /** Makes sources, `rows` at most, ready to be put into rows. Those of before are gone. */
  load(sources: ReadonlyArray<Sequence>): Effect.Effect<void, EngineError>
  /** What the model says of answers to the loaded sources, by teacher forcing. */
  force(answers: ReadonlyArray<Sequence>): Effect.Effect<Forced, EngineError>
  /** Puts a loaded source into a row, whose answer starts anew. */
  admit(row: number, loaded: number): void
  /** A row takes over another one's answer so far. Both hold the same source. */
  copy(from: number, to: number): void
  /** Scores of what comes next in each row. */
  step(step: Step): Effect.Effect<StepScores, EngineError>
}

/** The tokens that a decoder puts around others. */
export interface Marks {
  readonly bos: number
  readonly pad: number
}

/** Outputs that teacher forcing wants of a model's scores [rows, length, vocabulary]: `answer` is fed. */
export const forcedOutputs = ({ hybrid, scores }: Pick<OpenModel, "scores"> & { readonly hybrid: { readonly value: Value } | undefined }): Readonly<Record<string, Value>> => {
  const [rows = 0, length = 0] = scores.shape
  const answer = scores.graph.input("answer", [rows, length], "int64")
  const own = o.gatherElements(o.logSoftmax(scores), o.reshape(answer, [rows, length, 1]), -1)
  return { logarithms: o.reshape(own, [rows, length]), said: o.argMax(scores, -1), ...(hybrid === undefined ? {} : { value: hybrid.value }) }
}

export const forcedOf = ({ logarithms, said, value }: Readonly<Record<string, Tensor>>): Forced =>
  ({ said: Int32Array.from(said?.data ?? [], Number), logarithms: floats(logarithms) ?? new Float32Array(0), values: floats(value) })

export const floats = (of: Tensor | undefined): Float32Array | undefined => (of?.data instanceof Float32Array ? of.data : undefined)

/** Sequences as the inputs of a side: int64 [rows, length] and the numbers beside them, filled up, also with rows that are not there. */
export const sideFeeds = (side: "source" | "target" | "answer", rows: number, length: number, of: ReadonlyArray<Sequence>, pad: number): Readonly<Record<string, Tensor>> => {
  const tokens = new BigInt64Array(rows * length).fill(BigInt(pad))
  const values = new Float32Array(rows * length)
  of.forEach((sequence, row) => {
    sequence.tokens.forEach((token, i) => (tokens[row * length + i] = BigInt(token)))
    if (sequence.values !== undefined) values.set(sequence.values, row * length)
  })
  return { [side]: tensor(tokens, [rows, length]), [`${side}_value`]: tensor(values, [rows, length]) }
}

/** Answers for teacher forcing: what is said, and behind `bos` and without its last token what the decoder is fed with. */
export const forcedFeeds = (rows: number, length: number, answers: ReadonlyArray<Sequence>, marks: Marks): Readonly<Record<string, Tensor>> =>
  ({ ...sideFeeds("answer", rows, length, answers, marks.pad), ...sideFeeds("target", rows, length, answers.map((answer) => shifted(answer, marks)), marks.pad) })

/** What a decoder is fed with to say a sequence: `bos` before it, its last token left out. */
export const shifted = ({ tokens, values }: Sequence, { bos }: Marks): Sequence => ({
  tokens: Int32Array.from(tokens, (_, i) => (i === 0 ? bos : tokens[i - 1] ?? bos)),
  values: values?.map((_, i) => (i === 0 ? 0 : values[i - 1] ?? 0))
})
