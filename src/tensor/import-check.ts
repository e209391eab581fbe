/** A model file as onnxruntime itself runs it, untouched by the engine: what an import is compared with. */
import { Effect } from "effect"
import type * as Ort from "onnxruntime-node"
import { EngineError } from "./errors.ts"
import { type Tensor, tensor, toNumbers } from "./tensor.ts"

/**
 * The outputs of a file, or of one at a path with weights beside it, for float32, float64 and whole-number inputs.
 * Fails with what onnxruntime says, and for an output that holds no numbers.
 */
export const runFile = (
  file: Uint8Array | string,
  feeds: Readonly<Record<string, Tensor>>,
  threads = 1
): Effect.Effect<Record<string, Tensor>, EngineError> =>
  Effect.tryPromise({
    try: async () => {
      const ort = await import("onnxruntime-node")
      const options: Ort.InferenceSession.SessionOptions = { executionProviders: ["cpu"], intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4 }
      const session = typeof file === "string" ? await ort.InferenceSession.create(file, options) : await ort.InferenceSession.create(file, options)
      try {
        const fed = Object.fromEntries(Object.entries(feeds).map(([name, { type, data, shape }]) => [name, new ort.Tensor(type, data, shape)]))
        return Object.fromEntries(Object.entries(await session.run(fed)).map(([name, result]) => [name, numbersOf(name, result)]))
      } finally {
        await session.release()
      }
    },
    catch: (cause) => cause instanceof EngineError ? cause
      : new EngineError({ message: `onnxruntime does not run the file: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  })

const numbersOf = (name: string, { data, dims }: Ort.Tensor): Tensor => {
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array || data instanceof BigInt64Array || data instanceof Uint8Array) {
    return tensor(data, dims)
  }
  throw new EngineError({ message: `The output "${name}" holds no numbers that the engine has.` })
}

/** The greatest difference between two tensors of one size, relative to the greatest number; NaN where only one of them is NaN or infinite. */
export const relativeDifference = (actual: Tensor, expected: Tensor): number => {
  const [got, wanted] = [toNumbers(actual), toNumbers(expected)]
  if (got.length !== wanted.length) return NaN
  let [difference, size] = [0, 0]
  wanted.forEach((number, i) => {
    const own = got[i] ?? NaN
    if (Object.is(own, number)) return
    difference = Number.isNaN(difference) ? NaN : Math.max(difference, Math.abs(own - number))
    if (Number.isFinite(number)) size = Math.max(size, Math.abs(number))
  })
  return difference === 0 ? 0 : difference / size
}
