/**
 * Answers of a sequence model beside plainer ways to the same answers, which are checked to be the same token for token: the whole graph
 * computed again for every token, and all sources padded to the longest one. Random weights never end an answer, so that all have the greatest length.
 */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { parse } from "yaml"
import { randomStream } from "../src/stage/random.ts"
import { readArchitecture } from "../src/tensor/layers/architecture.ts"
import { exportNetwork } from "../src/tensor/layers/export.ts"
import { drawParameters, networkOf } from "../src/tensor/layers/network.ts"
import { answerAll } from "../stages/evaluate/lib/sequences/answers.ts"
import { openCachedDecoder } from "../stages/evaluate/lib/sequences/cached-decoder.ts"
import { decodeAll } from "../stages/evaluate/lib/sequences/decode.ts"
import type { Decoder } from "../stages/evaluate/lib/sequences/decoder.ts"
import { readSequenceModel } from "../stages/evaluate/lib/sequences/model.ts"
import type { Pair } from "../stages/evaluate/lib/sequences/token-set.ts"
import type { Vocabulary } from "../stages/evaluate/lib/sequences/vocabulary.ts"
import { openWholeDecoder } from "../stages/evaluate/lib/sequences/whole-decoder.ts"
import { type BenchRow, median, spread } from "./row.ts"

const [TOKENS, FEATURES, DEPTH, ROWS] = [42, 128, 2, 32]
const vocabulary: Vocabulary = { tokens: Array.from({ length: TOKENS }, String), kinds: Array.from({ length: TOKENS }, () => ""), pad: 1, bos: 0, eos: 2, separator: undefined }
const session = { threads: 1 }

interface Case {
  readonly sourceLength: number
  readonly targetLength: number
  readonly sources: number
}

const made = Effect.fn(function*({ sourceLength, sources, targetLength }: Case) {
  const file: unknown = parse(readFileSync(new URL("../configs/models/transformer.yaml", import.meta.url), "utf8"))
  const settings = { features: FEATURES, depth: DEPTH, positions: 512, vocabulary: TOKENS, source_length: sourceLength, target_length: targetLength }
  const network = yield* Effect.fromResult(networkOf(yield* Effect.fromResult(readArchitecture(file, settings))))
  const bytes = exportNetwork(network, drawParameters(network, (name) => randomStream(0, "bench sequences", name)))
  const random = randomStream(0, "bench sequences", "pairs")
  const drawn = (length: number) => Int32Array.from({ length }, (_, i) => (i === length - 1 ? vocabulary.eos : 3 + random.integer(TOKENS - 3)))
  // Lengths as those of systems: half of them below a third of the greatest.
  const lengthOf = (i: number) => (i === 0 ? sourceLength : 2 + Math.floor((sourceLength - 2) * random.uniform() ** 1.6))
  const pairs = Array.from({ length: sources }, (_, i): Pair => ({ sample: BigInt(i), source: { tokens: drawn(lengthOf(i)) }, target: { tokens: drawn(targetLength) } }))
  return { model: yield* readSequenceModel(bytes, { source: sourceLength, target: targetLength }), pairs }
})

export const sequencesBench = async ({ quick = false }: { readonly quick?: boolean } = {}, onRow: (row: BenchRow) => void = () => {}): Promise<ReadonlyArray<BenchRow>> => {
  const rounds = quick ? 3 : 7
  const works = [
    decodedRow("greedy answers, a step at a time", "beside the whole graph for every token", 1, quick, rounds),
    decodedRow("a beam of 4, a step at a time", "beside the whole graph for every token", 4, quick, rounds),
    paddedRow(quick, rounds)
  ]
  const rows: Array<BenchRow> = []
  for (const work of works) {
    const row = await Effect.runPromise(Effect.scoped(work))
    onRow(row)
    rows.push(row)
  }
  return rows
}

const decodedRow = Effect.fn(function*(work: string, note: string, beam: number, quick: boolean, rounds: number) {
  const given: Case = { sourceLength: quick ? 48 : 128, targetLength: quick ? 24 : 48, sources: ROWS / beam }
  const { model, pairs } = yield* made(given)
  const open = model.open(ROWS)
  const settings = { beam, lengthPenalty: 1, greatestLength: given.targetLength, bos: vocabulary.bos, eos: vocabulary.eos, number: () => 0 }
  const answers = (decoder: Decoder) => Effect.map(decodeAll(decoder, pairs.map(({ source }) => source), settings, () => Effect.void, () => Effect.void), (all) => all.map(({ tokens }) => tokens.join(" ")))
  const [cached, whole] = [yield* openCachedDecoder(open, session, vocabulary), yield* openWholeDecoder(open, session, vocabulary)]
  return yield* paired(`${work}: ${given.sources} sources of ${given.sourceLength} tokens, answers of ${given.targetLength}`, note, given.sources, rounds, answers(cached), answers(whole))
})

const paddedRow = Effect.fn(function*(quick: boolean, rounds: number) {
  const given: Case = { sourceLength: quick ? 192 : 320, targetLength: quick ? 16 : 24, sources: quick ? 256 : 1024 }
  const { model, pairs } = yield* made(given)
  const answers = (sourceLengths: number) => Effect.map(
    answerAll(pairs, {
      model, vocabulary, decoding: "cached", rows: ROWS, sourceLengths, session, same: (a, i, b, j) => a.tokens[i] === b.tokens[j], modulus: undefined,
      search: { beam: 1, lengthPenalty: 1, greatestLength: given.targetLength }
    }, { progress: () => Effect.void, log: () => Effect.void, checkpoint: { load: Effect.undefined, save: () => Effect.void } }),
    (all) => all.map(({ tokens }) => tokens.join(" "))
  )
  return yield* paired(`${given.sources} sources of up to ${given.sourceLength} tokens padded to four lengths, opening included`, "beside all padded to the longest", given.sources, rounds, answers(4), answers(1))
})

type Answers<E, R> = Effect.Effect<ReadonlyArray<string>, E, R>

/** Both in turn, after one round of each that does not count and whose answers have to be the same. */
const paired = Effect.fn(function*<E, R>(work: string, note: string, sources: number, rounds: number, ours: Answers<E, R>, peer: Answers<E, R>) {
  const [first, second] = [yield* ours, yield* peer]
  const different = first.filter((answer, i) => answer !== second[i]).length
  if (different > 0) return yield* Effect.die(new Error(`${work}: ${different} of ${sources} answers differ`))
  const times: Array<readonly [number, number]> = []
  for (let round = 0; round < rounds; round++) times.push([yield* timed(ours), yield* timed(peer)])
  const ratios = times.map(([a, b]) => a / b)
  const row: BenchRow = {
    work, ours: median(times.map(([a]) => a)) / sources, peer: median(times.map(([, b]) => b)) / sources, ratio: median(ratios), limit: null, spread: spread(ratios), unit: "ms a source", note
  }
  return row
})

const timed = <E, R>(work: Answers<E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(work, () => performance.now() - start)
  })
