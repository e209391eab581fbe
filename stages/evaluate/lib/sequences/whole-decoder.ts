/** Decoding in the plainest way: for every place the whole graph is computed again, with padding behind the answer so far. */
import { Effect } from "../../../../src/stage.ts"
import { openSession, type SessionOptions } from "../../../../src/tensor/runtime.ts"
import { type Decoder, floats, forcedFeeds, forcedOf, forcedOutputs, type Marks, type Sequence, sideFeeds } from "./decoder.ts"
import type { OpenModel } from "./model.ts"

/** Opens a model for as long as the scope lasts. */
export const openWholeDecoder = Effect.fn("openWholeDecoder")(function*(model: OpenModel, options: SessionOptions, marks: Marks) {
  const { hybrid, scores, source } = model
  const [rows = 0, targetLength = 0, vocabulary = 0] = scores.shape
  const forcer = yield* openSession(forcedOutputs(model), options)
  const stepper = yield* openSession({ scores, ...(hybrid === undefined ? {} : { value: hybrid.value }) }, options)
  const nothing = () => ({ tokens: new Int32Array(targetLength).fill(marks.pad), values: new Float32Array(targetLength) })
  let loaded: ReadonlyArray<Sequence> = []
  const sources: Array<Sequence> = Array.from({ length: rows }, () => ({ tokens: new Int32Array(0) }))
  const answers = Array.from({ length: rows }, nothing)
  const sourceFeeds = (of: ReadonlyArray<Sequence>) => sideFeeds("source", rows, source.shape[1] ?? 0, of, marks.pad)
  const decoder: Decoder = {
    rows,
    load: (given) => Effect.sync(() => {
      loaded = given
    }),
    force: (given) => Effect.map(forcer.run({ ...sourceFeeds(loaded), ...forcedFeeds(rows, targetLength, given, marks) }), forcedOf),
    admit: (row, which) => {
      sources[row] = loaded[which] ?? { tokens: new Int32Array(0) }
      answers[row] = nothing()
    },
    copy: (from, to) => {
      const { tokens, values } = answers[from] ?? nothing()
      answers[to] = { tokens: tokens.slice(), values: values.slice() }
    },
    step: ({ places, tokens, values }) => {
      answers.forEach((answer, row) => {
        const place = places[row] ?? 0
        answer.tokens[place] = tokens[row] ?? marks.pad
        answer.values[place] = values[row] ?? 0
      })
      return Effect.map(stepper.run({ ...sourceFeeds(sources), ...sideFeeds("target", rows, targetLength, answers, marks.pad) }), ({ scores, value }) => {
        const [all, numbers] = [floats(scores), floats(value)]
        const own = new Float32Array(rows * vocabulary)
        places.forEach((place, row) => own.set(all?.subarray((row * targetLength + place) * vocabulary, (row * targetLength + place + 1) * vocabulary) ?? [], row * vocabulary))
        return { scores: own, values: numbers === undefined ? undefined : Float32Array.from(places, (place, row) => numbers[row * targetLength + place] ?? Number.NaN) }
      })
    }
  }
  return decoder
})
