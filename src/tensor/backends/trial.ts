/** Trying a backend: a small convolutional net with its gradient, compared with the reference interpreter. */
import { Effect } from "effect"
import { grad } from "../differentiate.ts"
import { EngineError } from "../errors.ts"
import { Graph } from "../graph.ts"
import * as o from "../ops.ts"
import { interpret } from "../reference.ts"
import { openSession, type SessionOptions } from "../runtime.ts"
import { sizeOf } from "../shape.ts"
import { fromNumbers, tensor, type Tensor, toNumbers } from "../tensor.ts"

export interface Trial {
  /** From opening the session to the result, in milliseconds: the runtime starts in it. */
  readonly ms: number
  /** The largest difference from the reference, relative to 1 or the value. */
  readonly difference: number
  /** What runs on the processor instead. */
  readonly elsewhere: ReadonlyArray<string>
}

/** Further off than float32 with hardware functions explains is wrong. */
const MOST = 1e-3

/** A loss and its gradient, through convolution, pooling, a linear layer and cross-entropy; numbers between -1 and 1, always the same. */
const net = () => {
  const graph = new Graph()
  const feeds: Record<string, Tensor> = {}
  const input = (name: string, shape: ReadonlyArray<number>) => {
    feeds[name] = fromNumbers(Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + 1.7 * i + shape.length)), { type: "float32", shape })
    return graph.input(name, shape)
  }
  const [x, kernel, weights] = [input("x", [2, 3, 6, 6]), input("kernel", [4, 3, 3, 3]), input("weights", [5, 4])]
  feeds["labels"] = tensor([1, 3], [2], "int64")
  const hidden = o.reshape(o.globalAveragePool(o.relu(o.conv(x, kernel, undefined, { pads: 1 }))), [2, 4])
  const loss = o.crossEntropy(o.linear(hidden, weights), graph.input("labels", [2], "int64"))
  const [dKernel, dWeights] = grad(loss, [kernel, weights])
  return { outputs: { loss, ...(dKernel === undefined ? {} : { dKernel }), ...(dWeights === undefined ? {} : { dWeights }) }, feeds }
}

/** Fails with an EngineError where the backend cannot be opened, does not run, or computes something else. */
export const tryBackend = (options: SessionOptions): Effect.Effect<Trial, EngineError> =>
  Effect.gen(function*() {
    const { outputs, feeds } = net()
    const started = performance.now()
    const session = yield* openSession(outputs, options)
    const computed = yield* session.run(feeds)
    const ms = performance.now() - started
    let difference = 0
    for (const [name, expected] of Object.entries(interpret(outputs, feeds))) {
      const actual = computed[name]
      const numbers = actual === undefined ? [] : toNumbers(actual)
      toNumbers(expected).forEach((number, i) => {
        const off = Math.abs((numbers[i] ?? NaN) - number) / Math.max(1, Math.abs(number))
        if (!(off <= difference)) difference = off
      })
    }
    if (!(difference <= MOST)) return yield* new EngineError({ message: `It runs, but the numbers are wrong: ${difference} off on a small net.` })
    return { ms: Math.round(ms), difference, elsewhere: session.elsewhere }
  }).pipe(Effect.scoped)
