/**
 * Decoding step by step: the source's part of the graph runs once for each source, then one place at a time, with what attention needs of
 * earlier places kept beside it.
 */
import { Effect } from "../../../../src/stage.ts"
import { Graph } from "../../../../src/tensor/graph.ts"
import { openSession, type SessionOptions } from "../../../../src/tensor/runtime.ts"
import { at, sizeOf } from "../../../../src/tensor/shape.ts"
import { type Tensor, tensor, zeros } from "../../../../src/tensor/tensor.ts"
import { type Decoder, floats, forcedFeeds, forcedOf, forcedOutputs, type Marks, sideFeeds, type StepScores } from "./decoder.ts"
import { rebuilt } from "./dependence.ts"
import type { OpenModel } from "./model.ts"
import { type Cache, PLACE, stepGraph } from "./step-graph.ts"

/**
 * Opens a model for as long as the scope lasts.
 * @throws NoRule when its graph has no step that could be derived.
 */
export const openCachedDecoder = Effect.fn("openCachedDecoder")(function*({ hybrid, scores, source, target }: OpenModel, options: SessionOptions, marks: Marks) {
  const [rows = 0, targetLength = 0] = target.shape
  const outputs = { scores, ...(hybrid === undefined ? {} : { value: hybrid.value }) }
  const graph = stepGraph(outputs, new Set([target, ...(hybrid === undefined ? [] : [hybrid.target])]))
  const encoder = yield* openSession(graph.memory, options)
  const stepper = yield* openSession(graph.outputs, options)
  const forcer = yield* openSession(forcedGraph(graph.memory, outputs), options)
  const blank = () => Object.fromEntries(Object.entries(graph.memory).map(([name, { shape, type }]) => [name, zeros(type, shape)]))
  let loaded: Readonly<Record<string, Tensor>> = blank()
  const memory = blank()
  const past = graph.caches.map((cache) => ({ cache, held: zeros(cache.type, cache.shape) }))
  const feeds = { ...memory, ...Object.fromEntries(past.map(({ cache, held }) => [cache.name, held])) }
  const decoder: Decoder = {
    rows,
    load: (sources) => Effect.map(
      encoder.run(sideFeeds("source", rows, at(source.shape, 1), sources, marks.pad)),
      (found) => {
        loaded = found
      }
    ),
    force: (answers) => Effect.map(forcer.run({ ...loaded, ...forcedFeeds(rows, targetLength, answers, marks) }), forcedOf),
    admit: (row, which) => {
      for (const [name, held] of Object.entries(memory)) copyRow(loaded[name] ?? held, which, held, row)
    },
    copy: (from, to) => {
      for (const { held } of past) copyRow(held, from, held, to)
    },
    step: ({ places, tokens, values }) => Effect.map(
      stepper.run({
        ...feeds,
        target: tensor(BigInt64Array.from(tokens, BigInt), [rows, 1]),
        target_value: tensor(values, [rows, 1]),
        [PLACE]: tensor(BigInt64Array.from(places, BigInt), [rows])
      }),
      (found): StepScores => {
        for (const { cache, held } of past) keep(found[cache.added], held, cache, places)
        return { scores: floats(found["scores"]) ?? new Float32Array(0), values: floats(found["value"]) }
      }
    )
  }
  return decoder
})

/** The decoder's graph for all places at once, fed with what it knows of the sources. */
const forcedGraph = (memory: ReturnType<typeof stepGraph>["memory"], outputs: ReturnType<typeof stepGraph>["outputs"]): ReturnType<typeof forcedOutputs> => {
  const graph = new Graph()
  const replaced = new Map(Object.entries(memory).map(([name, value]) => [value, graph.input(name, value.shape, value.type)]))
  const built = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rebuilt([value], graph, replaced)[0]]))
  const { scores, value } = built
  if (scores === undefined) throw new Error("the model has no scores")
  return forcedOutputs({ scores, hybrid: value === undefined ? undefined : { value } })
}

/** One row of a tensor [rows, ...] into a row of another one like it. */
const copyRow = (from: Tensor, row: number, to: Tensor, into: number): void => {
  const size = to.data.byteLength / at(to.shape, 0)
  bytesIn(to).set(bytesIn(from).subarray(row * size, (row + 1) * size), into * size)
}

const bytesIn = ({ data: { buffer, byteLength, byteOffset } }: Tensor): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength)

/** Puts what the rows' places left, [rows, ..., 1, ...], where these places are among all, [rows, ..., length, ...]. */
const keep = (added: Tensor | undefined, { data: held }: Tensor, { axis, shape }: Cache, places: Int32Array): void => {
  if (added === undefined) return
  const length = at(shape, axis)
  const [outer, inner] = [sizeOf(shape.slice(1, axis)), sizeOf(shape.slice(axis + 1))]
  const fresh = added.data
  places.forEach((place, row) => {
    for (let block = row * outer; block < (row + 1) * outer; block++) {
      const [from, to] = [block * inner, (block * length + place) * inner]
      for (let i = 0; i < inner; i++) {
        const value = fresh[from + i]
        if (value !== undefined) held[to + i] = value
      }
    }
  })
}
