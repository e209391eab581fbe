/** A model applied to a whole data set, batch by batch, through the tensor engine. */
import { asSamples, type Dataset, Effect, type Samples, sampleCount, sampleSize } from "../../../src/stage.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { float32Of, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { type Engine, sessionOptions } from "./engine.ts"
import { type OpenModel, openModel } from "./model.ts"

/** Samples a run at most: enough to keep the matrix products busy, few enough for the memory of a wide image net. */
const mostSamples = 2048
/** Values of samples a run at most. */
const mostValues = 2 ** 25

/**
 * One value for each sample, or one row of them, that `build` makes out of the model's graph: shape [n, ...] from the shape [batch, ...] of
 * the value. Samples are taken in order.
 */
export const eachSample = (
  model: Uint8Array,
  of: Dataset | Samples,
  engine: Engine,
  build: (open: OpenModel) => Value
) =>
  Effect.scoped(Effect.gen(function*() {
    const data = asSamples(of)
    const [samples, size] = [sampleCount(data), sampleSize(data)]
    const batchSize = Math.max(1, Math.min(mostSamples, Math.floor(mostValues / size)))
    const pieces: Array<Float32Array> = []
    const open = (batch: number) =>
      Effect.gen(function*() {
        const opened = yield* openModel(model, batch, size)
        const session = yield* openSession({ value: build(opened) }, yield* sessionOptions(engine))
        return (from: number) => session.run({ x: tensor(data.range(from, from + batch), opened.x.shape) })
      })
    const whole = Math.floor(samples / batchSize)
    const rest = samples - whole * batchSize
    const add = ({ value }: Readonly<Record<string, Tensor>>) => {
      if (value !== undefined) pieces.push(float32Of(value))
    }
    if (whole > 0) {
      const run = yield* open(batchSize)
      for (let batch = 0; batch < whole; batch++) add(yield* run(batch * batchSize))
    }
    if (rest > 0) add(yield* (yield* open(rest))(whole * batchSize))
    return joined(pieces)
  }))

const joined = (pieces: ReadonlyArray<Float32Array>): Float32Array => {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Scores of every sample: [n] of a binary model, [n, classes] row by row otherwise. */
export const scoresOf = (model: Uint8Array, data: Dataset | Samples, engine: Engine) => eachSample(model, data, engine, ({ scores }) => scores)
