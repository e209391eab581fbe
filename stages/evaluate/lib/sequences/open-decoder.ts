/**
 * The decoder that a model allows: step by step, or else place by place over the whole graph. Either has to say after the first places what teacher
 * forcing says there, for which the model sees all places at once; that shows the derived step to be right, and the model to look at no later place.
 */
import { Effect, StageError } from "../../../../src/stage.ts"
import { GraphError } from "../../../../src/tensor/errors.ts"
import type { SessionOptions } from "../../../../src/tensor/runtime.ts"
import { logProbabilities } from "../../../train/lib/measures.ts"
import { openCachedDecoder } from "./cached-decoder.ts"
import { type Decoder, type Marks, shifted } from "./decoder.ts"
import type { OpenModel } from "./model.ts"
import { NoRule } from "./places.ts"
import type { Pair } from "./token-set.ts"
import { openWholeDecoder } from "./whole-decoder.ts"

export const decodings = ["cached", "whole"] as const
export type Decoding = (typeof decodings)[number]

/** Places that are compared, and how far log-probabilities may be apart (single precision, sums in another order), as a share of their size. */
const [comparedPlaces, tolerance] = [16, 1e-3]

export interface Opened {
  readonly decoder: Decoder
  readonly decoding: Decoding
}

/**
 * Opens a model for as long as the scope lasts, and compares what it says on the first pairs; without pairs it is trusted, as when another length of the same
 * model was compared. `warn` hears why it is decoded more slowly than was asked.
 */
export const openDecoder = Effect.fn("openDecoder")(function*(
  model: OpenModel,
  marks: Marks,
  pairs: ReadonlyArray<Pair>,
  decoding: Decoding,
  session: SessionOptions,
  warn: (message: string) => Effect.Effect<void>
) {
  if (decoding === "cached") {
    const cached = yield* Effect.catchDefect(openCachedDecoder(model, session, marks), (defect) =>
      defect instanceof NoRule || defect instanceof GraphError ? Effect.succeed(defect) : Effect.die(defect))
    const problem = "rows" in cached ? ((yield* saysTheSame(cached, marks, pairs)) ? undefined : "its step does not say what the model says") : cached.message
    if ("rows" in cached && problem === undefined) return { decoder: cached, decoding } satisfies Opened
    yield* warn(`The model cannot be decoded step by step (${problem}): the whole graph is computed again for every token, which takes many times as long.`)
  }
  const whole = yield* openWholeDecoder(model, session, marks)
  if (yield* saysTheSame(whole, marks, pairs)) return { decoder: whole, decoding: "whole" } satisfies Opened
  return yield* new StageError({
    message: "What the model says at a place depends on the tokens behind it: it cannot be asked for one token after another.",
    hint: "Give the decoder's attention to itself `causal: true`, and train again."
  })
})

/** Whether single steps along the first targets say what teacher forcing says there. */
const saysTheSame = Effect.fn("saysTheSame")(function*(decoder: Decoder, marks: Marks, pairs: ReadonlyArray<Pair>) {
  const { rows } = decoder
  const some = pairs.slice(0, rows)
  if (some.length === 0) return true
  const inputs = some.map(({ target }) => shifted(target, marks))
  yield* decoder.load(some.map(({ source }) => source))
  const { logarithms } = yield* decoder.force(some.map(({ target }) => target))
  const targetLength = logarithms.length / rows
  // In other rows than they were loaded in, so that a mistake in what belongs to a row shows.
  const loadedIn = (row: number) => (row + 1) % some.length
  for (let row = 0; row < rows; row++) decoder.admit(row, loadedIn(row))
  for (let place = 0; place < Math.min(comparedPlaces, targetLength); place++) {
    const fed = Array.from({ length: rows }, (_, row) => inputs[loadedIn(row)])
    const { scores } = yield* decoder.step({
      tokens: Int32Array.from(fed, (input) => input?.tokens[place] ?? marks.pad),
      values: Float32Array.from(fed, (input) => input?.values?.[place] ?? 0),
      places: new Int32Array(rows).fill(place)
    })
    const vocabulary = scores.length / rows
    for (let row = 0; row < rows; row++) {
      const token = some[loadedIn(row)]?.target.tokens[place]
      if (token === undefined) continue
      const said = logProbabilities(scores.subarray(row * vocabulary, (row + 1) * vocabulary))[token] ?? Number.NaN
      const whole = logarithms[loadedIn(row) * targetLength + place] ?? Number.NaN
      if (Math.abs(said - whole) > tolerance * Math.max(1, Math.abs(whole))) return false
    }
  }
  return true
})
