/** What is found of one sample, and how results survive a killed process. */
import { Option } from "effect"
import { Schema } from "../../../../src/stage.ts"

const Result = Schema.Struct({
  /** Place among the pairs. */
  pair: Schema.Int,
  /** The answer, with the numbers beside its tokens (0 where there is none, null for what is no number; no list for models without numbers). */
  tokens: Schema.Array(Schema.Int),
  values: Schema.Array(Schema.NullOr(Schema.Finite)),
  ended: Schema.Boolean,
  logProbability: Schema.Finite,
  score: Schema.Finite,
  /** By teacher forcing: tokens of the target that are the likeliest at their place, and the target's log-probability. */
  tokensRight: Schema.Int,
  targetLogProbability: Schema.Finite
})
export type Result = typeof Result.Type

const State = Schema.fromJsonString(Schema.Array(Result))

export const encodeState = (results: ReadonlyArray<Result>): Uint8Array => new TextEncoder().encode(JSON.stringify(results))

/** Empty when the bytes are no state. */
export const decodeState = (bytes: Uint8Array | undefined): ReadonlyArray<Result> =>
  bytes === undefined ? [] : Option.getOrElse(Schema.decodeOption(State)(new TextDecoder().decode(bytes)), () => [])
