/** The answers of a model to all pairs of a set, chunk by chunk: what is done is kept after each, and a killed run goes on from there. */
import { Effect, StageError } from "../../../../src/stage.ts"
import { pace } from "../../../train/lib/pace.ts"
import type { Answer, SearchSettings } from "./beam-search.ts"
import { decodeAll } from "./decode.ts"
import type { Decoder } from "./decoder.ts"
import type { SequenceModel } from "./model.ts"
import { decodeState, encodeState, type Result } from "./result.ts"
import type { SameAt } from "./agreement.ts"
import { padded, type Pair, shifted } from "./token-set.ts"
import type { Vocabulary } from "./vocabulary.ts"

/** Sources that a row answers in a chunk, about: rows stand idle at its end only. */
const sourcesPerRow = 8

export interface Answering {
  readonly model: SequenceModel
  readonly vocabulary: Vocabulary
  readonly decoder: Decoder
  readonly search: Omit<SearchSettings, "eos">
  readonly same: SameAt
  /** Numbers beside tokens are residues: what the model says is rounded and reduced. */
  readonly modulus: number | undefined
}

/** The part of a stage's context that long work needs. */
export interface Context {
  progress(done: number, total: number, message?: string): Effect.Effect<void>
  readonly checkpoint: {
    readonly load: Effect.Effect<Uint8Array | undefined, StageError>
    save(bytes: Uint8Array): Effect.Effect<void, StageError>
  }
}

export const answerAll = Effect.fn("answerAll")(function*(
  pairs: ReadonlyArray<Pair>,
  { decoder, model, modulus, same, search, vocabulary }: Answering,
  { checkpoint, progress }: Context
) {
  const results: Array<Result> = [...decodeState(yield* checkpoint.load)]
  const paced = pace(pairs.length, 1, results.length)
  const chunk = sourcesPerRow * Math.floor(decoder.rows / search.beam)
  yield* progress(results.length, pairs.length)
  while (results.length < pairs.length) {
    const start = results.length
    const part = pairs.slice(start, start + chunk)
    const forced: Array<Pick<Result, "tokensRight" | "targetLogProbability">> = []
    const answers = yield* decodeAll(
      decoder,
      part.map(({ source }) => padded(source, model.sourceLength, vocabulary.pad)),
      { ...search, bos: vocabulary.bos, eos: vocabulary.eos, number: numberBeside(vocabulary, modulus) },
      (from, count) => Effect.map(forcing(part.slice(from, from + count), decoder, model, vocabulary, same, modulus), (found) => void forced.push(...found)),
      (done) => progress(start + done, pairs.length, paced(start + done))
    )
    for (const [i, answer] of answers.entries()) {
      const own = forced[i]
      if (Number.isNaN(answer.score) || own === undefined || Number.isNaN(own.targetLogProbability)) return yield* notNumbers(part[i])
      results.push(resultOf(start + i, answer, own))
    }
    if (results.length < pairs.length) yield* checkpoint.save(encodeState(results))
  }
  return results
})

const resultOf = (pair: number, { ended, logProbability, score, tokens, values }: Answer, forced: Pick<Result, "tokensRight" | "targetLogProbability">): Result =>
  ({ pair, tokens, values: values.map((value) => (Number.isFinite(value) ? value : null)), ended, logProbability, score, ...forced })

const notNumbers = (pair: Pair | undefined): StageError =>
  new StageError({ message: `What the model says of sample ${pair?.sample} is no number.`, hint: "Its training has diverged: train it again with a smaller learning rate." })

/** The number that stands beside a token when the model says `said`: 0 unless it is the word for numbers. */
const numberBeside = ({ number }: Vocabulary, modulus: number | undefined) => (token: number, said: number): number =>
  token !== number ? 0 : residue(said, modulus)

/** The nearest residue, or the number as it is. */
const residue = (value: number, modulus: number | undefined): number => (modulus === undefined ? value : ((Math.round(value) % modulus) + modulus) % modulus)

/** How likely the model finds the targets of the pairs that the decoder has loaded. */
const forcing = Effect.fn("forcing")(function*(pairs: ReadonlyArray<Pair>, decoder: Decoder, { targetLength }: SequenceModel, vocabulary: Vocabulary, same: SameAt, modulus: number | undefined) {
  const { logarithms, said, values } = yield* decoder.force(
    pairs.map(({ target }) => shifted(target, targetLength, vocabulary)),
    pairs.map(({ target }) => padded(target, targetLength, vocabulary.pad).tokens)
  )
  return pairs.map(({ target }, row) => {
    const places = [row * targetLength, row * targetLength + target.tokens.length] as const
    const answer = { tokens: said.subarray(...places), values: values?.subarray(...places).map((value) => residue(value, modulus)) }
    return {
      tokensRight: target.tokens.filter((_, i) => same(answer, i, target, i)).length,
      targetLogProbability: logarithms.subarray(...places).reduce((sum, one) => sum + one, 0)
    }
  })
})
