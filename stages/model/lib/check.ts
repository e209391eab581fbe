/** Whether an imported model computes what its file does: against onnxruntime on the file itself, and against the interpreter where that is affordable. */
import { Effect, StageError } from "../../../src/stage.ts"
import { EngineError } from "../../../src/tensor/errors.ts"
import { reachable, type Value } from "../../../src/tensor/graph.ts"
import { relativeDifference, runFile } from "../../../src/tensor/import-check.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { openSession, type SessionOptions } from "../../../src/tensor/runtime.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"
import { float32Of, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { importFor, type Source } from "./imported.ts"

/** Different orders of summation in float32 differ by less, relative to the greatest output. */
const TOLERANCE = 1e-3
/** About a second of the interpreter. */
const AFFORDABLE = 2e7
/** Two would hide a mix-up of the batch with a size of two; one would hide every mix-up. */
const SAMPLES = 3

const oneByOne = "If the file was exported for one sample at a time, export it with an open batch dimension."

export interface Agreement {
  /** Greatest difference from the file in onnxruntime, relative to the greatest output. */
  readonly runtime: number
  /** The same of the float64 interpreter; null for a model too large for it. */
  readonly interpreter: number | null
}

/**
 * Fails when the model computes something else than its file.
 * @param file path of the original, with the source's output among its outputs
 * @param written the imported model as other stages get it
 * @param samples numbers of 0 to 1, enough for three samples
 */
export const checkImported = (
  source: Source,
  file: string,
  written: Uint8Array,
  samples: Float32Array,
  options: SessionOptions
): Effect.Effect<Agreement, StageError> =>
  Effect.scoped(Effect.gen(function*() {
    const { raw, scaled, scores, x } = importFor(source, SAMPLES)
    const session = yield* openSession({ raw, scaled, scores }, options)
    const feed = tensor(samples.subarray(0, sizeOf(x.shape)), x.shape)
    const ours = yield* session.run({ x: feed })
    const theirs = yield* original(source, file, required(ours, "scaled"))
    const runtime = relativeDifference(required(ours, "raw"), theirs)
    const again = yield* runFile(written, { x: feed }).pipe(Effect.mapError(({ message }) =>
      new StageError({ message: `The imported model cannot take any number of samples at once: ${message}`, hint: oneByOne })))
    const rewritten = relativeDifference(required(again, "scores"), required(ours, "scores"))
    const single = importFor(source, 1)
    const interpreter = cost(single.raw) <= AFFORDABLE
      ? relativeDifference(required(interpret({ raw: single.raw }, { x: firstOf(feed) }), "raw"), firstOf(theirs))
      : null
    if (!(runtime <= TOLERANCE && rewritten <= TOLERANCE && (interpreter ?? 0) <= TOLERANCE)) {
      return yield* new StageError({
        message: `The imported model does not compute what its file does: it differs by ${runtime} relative to the file in onnxruntime ` +
          `(interpreter: ${interpreter ?? "too large"}; written again: ${rewritten}).`,
        hint: oneByOne
      })
    }
    return { runtime, interpreter }
  })).pipe(Effect.catchTag("EngineError", ({ cause, message }: EngineError) => new StageError({ message, ...(cause === undefined ? {} : { cause }) })))

/** The file's own output: all samples together, or one by one where it takes only one. */
const original = (source: Source, file: string, scaled: Tensor): Effect.Effect<Tensor, EngineError> => {
  const { input, output } = source
  const run = (feed: Tensor) => Effect.map(runFile(file, { [input.name]: feed }), (outputs) => required(outputs, output))
  if (input.dimensions[0] !== 1) return run(scaled)
  return Effect.map(Effect.forEach(Array.from({ length: SAMPLES }, (_, i) => rowOf(scaled, i)), run), joined)
}

const rowOf = ({ data, shape, type }: Tensor, row: number): Tensor => {
  const size = sizeOf(shape.slice(1))
  return { type, shape: [1, ...shape.slice(1)], data: data.subarray(row * size, (row + 1) * size) }
}
const firstOf = (all: Tensor): Tensor => rowOf(all, 0)

const joined = (rows: ReadonlyArray<Tensor>): Tensor => {
  const values = rows.flatMap((row) => [...float32Of(row)])
  return tensor(values, [rows.length, ...rows[0]?.shape.slice(1) ?? []])
}

const required = (outputs: Readonly<Record<string, Tensor>>, name: string): Tensor => {
  const value = outputs[name]
  if (value === undefined) throw new EngineError({ message: `There is no output "${name}".` })
  return value
}

/** Elementary steps that the interpreter takes, roughly: multiply-adds of products, elements of everything else. */
const cost = (of: Value): number =>
  reachable([of]).reduce((total, { node, shape }) => {
    const [first, second] = node?.inputs ?? []
    const inner = node?.operator.name === "Conv" ? sizeOf(second?.shape.slice(1) ?? [])
      : node?.operator.name === "MatMul" || node?.operator.name === "Gemm" ? first?.shape.at(-1) ?? 1 : 1
    return total + (node === undefined ? 0 : sizeOf(shape) * inner)
  }, 0)
