/** Decoding in the plainest way: for every place the whole graph is computed again, with padding behind the answer so far. */
import { Effect } from "../../../../src/stage.ts"
import { openSession, type SessionOptions } from "../../../../src/tensor/runtime.ts"
import { type Decoder, floats, forcedOf, forcedOutputs, type Sequence, tokenTensor, valueTensor } from "./decoder.ts"
import type { SequenceModel } from "./model.ts"

/** Opens a model for so many rows, for as long as the scope lasts. `pad` fills places that are not there yet. */
export const openWholeDecoder = Effect.fn("openWholeDecoder")(function*(model: SequenceModel, rows: number, options: SessionOptions, pad: number) {
  const opened = model.open(rows)
  const { sourceLength, targetLength, vocabulary } = model
  const forcer = yield* openSession(forcedOutputs(opened), options)
  const stepper = yield* openSession({ scores: opened.scores, ...(opened.hybrid === undefined ? {} : { value: opened.hybrid.value }) }, options)
  const empty = (length: number) => ({ tokens: new Int32Array(length).fill(pad), values: new Float32Array(length) })
  let loaded: ReadonlyArray<Sequence> = []
  const sources: Array<Sequence> = Array.from({ length: rows }, () => empty(sourceLength))
  const answers = Array.from({ length: rows }, () => empty(targetLength))
  const fed = (name: "source" | "target", length: number, of: ReadonlyArray<Sequence>) => ({
    [name]: tokenTensor(rows, length, of.map(({ tokens }) => tokens)),
    [`${name}_value`]: valueTensor(rows, length, of.map(({ values }) => values))
  })
  const decoder: Decoder = {
    rows,
    load: (given) => Effect.sync(() => {
      loaded = given
    }),
    force: (inputs, given) => Effect.map(
      forcer.run({ ...fed("source", sourceLength, loaded), ...fed("target", targetLength, inputs), answer: tokenTensor(rows, targetLength, given) }),
      forcedOf
    ),
    admit: (row, which) => {
      sources[row] = loaded[which] ?? empty(sourceLength)
      answers[row] = empty(targetLength)
    },
    copy: (from, to) => {
      sources[to] = sources[from] ?? empty(sourceLength)
      const { tokens, values } = answers[from] ?? empty(targetLength)
      answers[to] = { tokens: tokens.slice(), values: values.slice() }
    },
    step: ({ places, tokens, values }) => {
      answers.forEach((answer, row) => {
        const place = places[row] ?? 0
        answer.tokens[place] = tokens[row] ?? pad
        answer.values[place] = values[row] ?? 0
      })
      return Effect.map(stepper.run({ ...fed("source", sourceLength, sources), ...fed("target", targetLength, answers) }), ({ scores, value }) => {
        const all = floats(scores)
        const numbers = floats(value)
        const own = new Float32Array(rows * vocabulary)
        places.forEach((place, row) => own.set(all?.subarray((row * targetLength + place) * vocabulary, (row * targetLength + place + 1) * vocabulary) ?? [], row * vocabulary))
        return { scores: own, values: numbers === undefined ? undefined : Float32Array.from(places, (place, row) => numbers[row * targetLength + place] ?? Number.NaN) }
      })
    }
  }
  return decoder
})
