/**
 * A model for sources shorter than its file is made for. Padding changes nothing that is said, but is computed with: the longest source of
 * a set is often several times as long as the mean. The graph is built anew from the architecture that the file carries, with its weights.
 */
import { Effect, Option, Result, Schema } from "effect"
import { GraphError } from "../../../../src/tensor/errors.ts"
import { Graph } from "../../../../src/tensor/graph.ts"
import { importModel } from "../../../../src/tensor/import.ts"
import { readArchitecture } from "../../../../src/tensor/layers/architecture.ts"
import { networkOf } from "../../../../src/tensor/layers/network.ts"
import { ArchitectureError } from "../../../../src/tensor/layers/problem.ts"
import { openSession, type SessionOptions } from "../../../../src/tensor/runtime.ts"
import { sameShape } from "../../../../src/tensor/shape.ts"
import { inputTypes } from "../../../train/lib/sequence-network.ts"
import { floats, forcedFeeds, type Marks, type Sequence, sideFeeds } from "./decoder.ts"
import type { OpenModel, SequenceModel } from "./model.ts"
import type { Pair } from "./token-set.ts"

/** Opens the model for so many sources at once, of a length up to that of the file. */
export type OpenAt = (rows: number, sourceLength: number) => OpenModel

const Json = Schema.fromJsonString(Schema.Unknown)

/**
 * How to open a model for shorter sources; undefined where the file does not say enough of its architecture, or where the graph that it
 * describes is not the file's: the two are compared on the first pairs.
 */
export const opensShorter = Effect.fn("opensShorter")(function*(model: SequenceModel, pairs: ReadonlyArray<Pair>, marks: Marks, session: SessionOptions) {
  const openAt = orNothing(() => rebuiltAt(model))
  const some = pairs.slice(0, 2)
  if (openAt === undefined || some.length === 0) return undefined
  const length = Math.max(...some.map(({ source }) => source.tokens.length))
  const shorter = openAt(some.length, length)
  if (shorter === undefined) return undefined
  const scores = (open: OpenModel, sources: ReadonlyArray<Sequence>) => Effect.scoped(Effect.gen(function*() {
    const { scores } = yield* (yield* openSession({ scores: open.scores }, session)).run({
      ...sideFeeds("source", some.length, open.source.shape[1] ?? 0, sources, marks.pad), ...forcedFeeds(some.length, model.targetLength, some.map(({ target }) => target), marks)
    })
    return floats(scores) ?? new Float32Array(0)
  }))
  const sources = some.map(({ source }) => source)
  const [ours, theirs] = [yield* scores(shorter, sources), yield* scores(model.open(some.length), sources)]
  const same = ours.length === theirs.length && ours.every((score, i) => Math.abs(score - (theirs[i] ?? Number.NaN)) <= tolerance * Math.max(1, Math.abs(score)))
  const open: OpenAt = (rows, sourceLength) => openAt(rows, sourceLength) ?? model.open(rows)
  return same ? open : undefined
})

/** Single precision, sums in another order. */
const tolerance = 1e-3

const rebuiltAt = ({ bytes, hybrid, metadata, sourceLength, targetLength }: SequenceModel) => {
  const source = Option.getOrUndefined(Schema.decodeOption(Json)(metadata["architecture"] ?? ""))
  const architecture = source === undefined ? undefined : Option.getOrUndefined(Result.getSuccess(readArchitecture(source)))
  if (architecture === undefined) return undefined
  const { weights } = importModel(bytes, { inputShapes: Object.fromEntries(Object.entries(inputTypes({ source: sourceLength, target: targetLength }, hybrid)).map(([name, { shape }]) => [name, [1, ...shape]])), trainable: true })
  return (rows: number, length: number): OpenModel | undefined => orNothing(() => {
    const network = Option.getOrUndefined(Result.getSuccess(networkOf(architecture, inputTypes({ source: length, target: targetLength }, hybrid))))
    const known = network?.parameters.every(({ name, shape }) => sameShape(weights.get(name)?.initial.shape ?? [], shape))
    if (network === undefined || known !== true) return undefined
    const graph = new Graph()
    const inputs = Object.fromEntries(Object.entries(network.inputs).map(([name, { shape, type }]) => [name, graph.input(name, [rows, ...shape], type)]))
    const built = network.build({ graph, mode: "inference", inputs, parameter: ({ name, shape }) => {
      const initial = weights.get(name)?.initial
      return initial === undefined ? graph.input(name, shape) : graph.constant(initial, undefined, name)
    } })
    const { source, target, target_value } = inputs
    const { value } = built.outputs
    if (source === undefined || target === undefined || (hybrid && (value === undefined || target_value === undefined))) return undefined
    return { source, target, scores: built.output, hybrid: value === undefined || target_value === undefined ? undefined : { target: target_value, value } }
  })
}

/** Nothing where a graph does not fit together: the file is then taken as it is. */
const orNothing = <A>(make: () => A): A | undefined => {
  try {
    return make()
  } catch (error) {
    if (error instanceof GraphError || error instanceof ArchitectureError) return undefined
    throw error
  }
}
