/**
 * Answers to many sources with one decoder. A source that is answered leaves its rows to the next one at once, so that no row waits for the
 * longest answer of a batch.
 */
import { Effect } from "../../../../src/stage.ts"
import { BeamSearch, type Answer, type SearchSettings } from "./beam-search.ts"
import type { Decoder, Sequence } from "./decoder.ts"

export interface DecodeSettings extends SearchSettings {
  readonly bos: number
  /** What stands beside a token for which the model says a number; 0 where nothing does. */
  readonly number: (token: number, said: number) => number
}

interface Running {
  readonly sample: number
  /** Its first row; the others follow. */
  readonly row: number
  readonly search: BeamSearch
}

/**
 * The answer to each source, in their order. `loaded` hears of sources, numbered from `from`, that the decoder has just loaded; `answered`
 * how many have their answer.
 */
export const decodeAll = Effect.fn("decodeAll")(function*<E>(
  decoder: Decoder,
  sources: ReadonlyArray<Sequence>,
  settings: DecodeSettings,
  loaded: (from: number, count: number) => Effect.Effect<void, E>,
  answered: (count: number) => Effect.Effect<void>
) {
  const { beam, bos, number } = settings
  const answers: Array<Answer | undefined> = Array.from({ length: sources.length })
  const free = Array.from({ length: Math.floor(decoder.rows / beam) }, (_, group) => group * beam).reverse()
  const step = { tokens: new Int32Array(decoder.rows).fill(bos), values: new Float32Array(decoder.rows), places: new Int32Array(decoder.rows) }
  let running: Array<Running> = []
  // Of the sources those from `first` to before `ready` are loaded, and those before `next` have had their rows.
  let [first, ready, next, done] = [0, 0, 0, 0]
  while (done < sources.length) {
    while (next < sources.length && free.length > 0) {
      if (next === ready) {
        const part = sources.slice(ready, ready + decoder.rows)
        yield* decoder.load(part)
        yield* loaded(ready, part.length)
        first = ready
        ready += part.length
      }
      const row = free.pop() ?? 0
      for (let own = 0; own < beam; own++) decoder.admit(row + own, next - first)
      running.push({ sample: next++, row, search: new BeamSearch(settings) })
    }
    for (const { row, search } of running) {
      for (const { row: own, token = bos, value } of search.open) {
        step.tokens[row + own] = token
        step.values[row + own] = value ?? 0
        step.places[row + own] = search.place
      }
    }
    const { scores, values } = yield* decoder.step(step)
    const vocabulary = scores.length / decoder.rows
    const left: Array<Running> = []
    for (const one of running) {
      const { row, sample, search } = one
      const moves = search.advance((own) => ({
        scores: scores.subarray((row + own) * vocabulary, (row + own + 1) * vocabulary),
        ...(values === undefined ? {} : { value: (token: number) => number(token, values[row + own] ?? Number.NaN) })
      }))
      const { answer } = search
      if (answer === undefined) {
        for (const { from, to } of moves) decoder.copy(row + from, row + to)
        left.push(one)
        continue
      }
      answers[sample] = answer
      free.push(row)
      done++
    }
    if (left.length < running.length) yield* answered(done)
    running = left
  }
  return answers.filter((answer) => answer !== undefined)
})
