/**
 * The answers of a model to all pairs of a set: sources of like length together, padded no further than they need, chunk by chunk. What is
 * done is kept after each chunk, and a killed run goes on from there.
 */
import { Effect, StageError } from "../../../../src/stage.ts"
import type { SessionOptions } from "../../../../src/tensor/runtime.ts"
import { pace } from "../../../train/lib/pace.ts"
import { paddedLengths, placeAmong } from "../../../train/lib/padded-lengths.ts"
import type { SameAt } from "./agreement.ts"
import type { Answer, SearchSettings } from "./beam-search.ts"
import { decodeAll } from "./decode.ts"
import type { Decoder } from "./decoder.ts"
import { rowsThatFit } from "./memory.ts"
import type { SequenceModel } from "./model.ts"
import { type Decoding, openDecoder } from "./open-decoder.ts"
import { decodeState, encodeState, type Result } from "./result.ts"
import { opensShorter } from "./shorter.ts"
import type { Pair } from "./token-set.ts"
import type { Vocabulary } from "./vocabulary.ts"

export interface Answering {
  readonly model: SequenceModel
  readonly vocabulary: Vocabulary
  readonly search: Omit<SearchSettings, "eos">
  readonly decoding: Decoding
  /** Answers at once, a multiple of the beam; fewer where they do not fit into memory. */
  readonly rows: number
  /** Lengths that sources are padded to, at most. */
  readonly sourceLengths: number
  readonly session: SessionOptions
  readonly same: SameAt
  /** Numbers beside tokens are residues: what the model says is rounded and reduced. */
  readonly modulus: number | undefined
}

/** The part of a stage's context that long work needs. */
export interface Context {
  progress(done: number, total: number, message?: string): Effect.Effect<void>
  log(message: string, level?: "debug" | "info" | "warn" | "error"): Effect.Effect<void>
  readonly checkpoint: {
    readonly load: Effect.Effect<Uint8Array | undefined, StageError>
    save(bytes: Uint8Array): Effect.Effect<void, StageError>
  }
}

/** Sources that a row answers in a chunk, about: rows stand idle at its end only. As many are worth opening the model for a length of their own. */
const sourcesPerRow = 8

/** In the pairs' order. */
export const answerAll = Effect.fn("answerAll")(function*(pairs: ReadonlyArray<Pair>, answering: Answering, { checkpoint, log, progress }: Context) {
  const { model, rows, search, session, sourceLengths, vocabulary } = answering
  const results: Array<Result> = [...decodeState(yield* checkpoint.load)]
  yield* progress(results.length, pairs.length)
  const paced = pace(pairs.length, 1, results.length)
  const shorter = sourceLengths === 1 ? undefined : yield* opensShorter(model, pairs, vocabulary, session)
  const chunk = (rows: number) => sourcesPerRow * (rows / search.beam)
  const count = Math.min(sourceLengths, Math.ceil(pairs.length / chunk(rowsThatFit(model.open(2), rows, search.beam))))
  const lengths = shorter === undefined ? [model.sourceLength] : paddedLengths(Int32Array.from(pairs, ({ source }) => source.tokens.length), count)
  const numbered = pairs.map((pair, number) => ({ ...pair, number }))
  let { decoding } = answering
  let [before, compared] = [0, false]
  for (const [place, length] of lengths.entries()) {
    const alike = numbered.filter(({ source }) => placeAmong(lengths, source.tokens.length) === place)
    const done = Math.min(Math.max(results.length - before, 0), alike.length)
    before += alike.length
    if (done === alike.length) continue
    yield* Effect.scoped(Effect.gen(function*() {
      const open = (rows: number) => shorter?.(rows, length) ?? model.open(rows)
      const fitting = rowsThatFit(open(2), rows, search.beam)
      const opened = yield* openDecoder(open(fitting), vocabulary, compared ? [] : alike, decoding, session, (message) => log(message, "warn"))
      ;({ decoding } = opened)
      compared = true
      const size = chunk(fitting)
      for (let start = done; start < alike.length; start += size) {
        const earlier = results.length
        results.push(...(yield* answerChunk(alike.slice(start, start + size), opened.decoder, answering, (count) => progress(earlier + count, pairs.length, paced(earlier + count)))))
        if (results.length < pairs.length) yield* checkpoint.save(encodeState(results))
      }
    }))
  }
  return results.toSorted((a, b) => a.pair - b.pair)
})

const answerChunk = Effect.fn("answerChunk")(function*(
  pairs: ReadonlyArray<Pair & { readonly number: number }>,
  decoder: Decoder,
  { modulus, same, search, vocabulary }: Answering,
  answered: (count: number) => Effect.Effect<void>
) {
  const forced: Array<Pick<Result, "tokensRight" | "targetLogProbability">> = []
  const answers = yield* decodeAll(
    decoder,
    pairs.map(({ source }) => source),
    { ...search, bos: vocabulary.bos, eos: vocabulary.eos, number: (token, said) => (token === vocabulary.number ? residue(said, modulus) : 0) },
    (from, count) => Effect.map(forcing(pairs.slice(from, from + count), decoder, same, modulus), (found) => void forced.push(...found)),
    answered
  )
  return yield* Effect.forEach(pairs, (pair, i) => {
    const [answer, own] = [answers[i], forced[i]]
    return answer === undefined || own === undefined || Number.isNaN(answer.score) || Number.isNaN(own.targetLogProbability)
      ? Effect.fail(new StageError({ message: `What the model says of sample ${pair.sample} is no number.`, hint: "Its training has diverged: train it again with a smaller learning rate." }))
      : Effect.succeed(resultOf(pair.number, answer, own))
  })
})

const resultOf = (pair: number, { ended, logProbability, score, tokens, values }: Answer, forced: Pick<Result, "tokensRight" | "targetLogProbability">): Result =>
  ({ pair, tokens, values: values.map((value) => (Number.isFinite(value) ? value : null)), ended, logProbability, score, ...forced })

/** The nearest residue, or the number as it is. */
const residue = (value: number, modulus: number | undefined): number => (modulus === undefined ? value : ((Math.round(value) % modulus) + modulus) % modulus)

/** How likely the model finds the targets of the pairs that the decoder has loaded. */
const forcing = Effect.fn("forcing")(function*(pairs: ReadonlyArray<Pair>, decoder: Decoder, same: SameAt, modulus: number | undefined) {
  const { logarithms, said, values } = yield* decoder.force(pairs.map(({ target }) => target))
  const length = logarithms.length / decoder.rows
  return pairs.map(({ target }, row) => {
    const places = [row * length, row * length + target.tokens.length] as const
    const answer = { tokens: said.subarray(...places), values: values?.subarray(...places).map((value) => residue(value, modulus)) }
    return {
      tokensRight: target.tokens.filter((_, i) => same(answer, i, target, i)).length,
      targetLogProbability: logarithms.subarray(...places).reduce((sum, one) => sum + one, 0)
    }
  })
})
