/**
 * Mini-batches of pairs of sequences of similar length, in a random order that is another one in every epoch and a function of the seed
 * alone, so that a resumed training meets the same batches. Pairs that do not fill the last batch of their lengths come together in batches
 * of the greatest lengths; those that do not fill the last one of these are left out of the epoch, and the order decides which.
 */
import type { RandomStream } from "../../../src/stage.ts"
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { paddedLengths, placeAmong } from "./padded-lengths.ts"
import type { Sequences, TokenSet, Vocabulary } from "./token-set.ts"

/** What the sequences of a batch are padded to. */
export interface Lengths {
  readonly source: number
  readonly target: number
}

/** The padded lengths of every kind of batch; the last one takes every pair. */
export const kindsOfBatches = ({ source, target }: TokenSet, counts: Lengths): ReadonlyArray<Lengths> => {
  const [sources, targets] = [paddedLengths(source.lengths, counts.source), paddedLengths(target.lengths, counts.target)]
  return sources.flatMap((source) => targets.map((target) => ({ source, target })))
}

/** Place of the kind for each pair of a set; -1 for one that is too long for all. */
export const kindOfEach = ({ rows, source, target }: TokenSet, kinds: ReadonlyArray<Lengths>): Int32Array => {
  const sources = [...new Set(kinds.map((kind) => kind.source))]
  const targets = [...new Set(kinds.map((kind) => kind.target))]
  return Int32Array.from({ length: rows }, (_, row) => {
    const [s, t] = [placeAmong(sources, source.lengths[row] ?? 0), placeAmong(targets, target.lengths[row] ?? 0)]
    return s < 0 || t < 0 ? -1 : s * targets.length + t
  })
}

export interface Batch {
  /** Place among the kinds. */
  readonly kind: number
  /** Rows of the set. */
  readonly rows: Uint32Array
}

/** The batches of an epoch: `order` gives its permutations. Every pair is in one of them, up to those that are left out. */
export const batchesOfEpoch = (kindOf: Int32Array, kinds: number, size: number, order: Pick<RandomStream, "permutation">): ReadonlyArray<Batch> => {
  const waiting = Array.from({ length: kinds }, (): Array<number> => [])
  const batches: Array<Batch> = []
  const fill = (row: number, kind: number) => {
    const rows = waiting[kind]
    rows?.push(row)
    if (rows?.length !== size) return
    batches.push({ kind, rows: Uint32Array.from(rows) })
    waiting[kind] = []
  }
  for (const row of order.permutation(kindOf.length)) fill(row, kindOf[row] ?? 0)
  const left = waiting.slice(0, -1).flat()
  for (const place of order.permutation(left.length)) fill(left[place] ?? 0, kinds - 1)
  return Array.from(order.permutation(batches.length), (place) => batches[place] ?? { kind: 0, rows: new Uint32Array() })
}

export interface SequenceBatches {
  readonly batchSize: number
  readonly perEpoch: number
  readonly batch: (step: number) => Batch
}

/** Batches of `size` pairs, of all of them when there are fewer. `order` gives the stream of an epoch. */
export const sequenceBatches = (kindOf: Int32Array, kinds: number, size: number, order: (epoch: number) => Pick<RandomStream, "permutation">): SequenceBatches => {
  const batchSize = Math.min(size, kindOf.length)
  const perEpoch = Math.floor(kindOf.length / batchSize)
  let [epoch, batches]: [number, ReadonlyArray<Batch>] = [-1, []]
  return {
    batchSize,
    perEpoch,
    batch: (step) => {
      const current = Math.floor(step / perEpoch)
      if (current !== epoch) [epoch, batches] = [current, batchesOfEpoch(kindOf, kinds, batchSize, order(current))]
      return batches[step % perEpoch] ?? { kind: 0, rows: new Uint32Array() }
    }
  }
}

/**
 * What a batch feeds a model with: `source`, `target` as the decoder is given it (begun by the token for the beginning, without the last
 * one) and `answer` as it is to be; with numbers also `source_value`, `target_value` and `answer_value`. All int64 or float32 [size, length];
 * rows that are not there are padding alone.
 */
export const feedsOf = ({ source, target }: TokenSet, rows: Uint32Array, size: number, lengths: Lengths, vocabulary: Vocabulary): Readonly<Record<string, Tensor>> => {
  const tokens = ({ length, tokens }: Sequences, to: number, begin?: number): Tensor => {
    const data = new BigInt64Array(size * to).fill(BigInt(vocabulary.pad))
    eachPlace(rows, to, begin !== undefined, (row, from, place) => (data[place] = BigInt(from < 0 ? begin ?? 0 : from < length ? tokens[row * length + from] ?? 0 : vocabulary.pad)))
    return tensor(data, [size, to])
  }
  const values = ({ length, values }: Sequences, to: number, shifted: boolean): Tensor => {
    const data = new Float32Array(size * to)
    eachPlace(rows, to, shifted, (row, from, place) => (data[place] = from < 0 || from >= length ? 0 : values?.[row * length + from] ?? 0))
    return tensor(data, [size, to])
  }
  return {
    source: tokens(source, lengths.source),
    target: tokens(target, lengths.target, vocabulary.bos),
    answer: tokens(target, lengths.target),
    ...(source.values === undefined ? {} : {
      source_value: values(source, lengths.source, false),
      target_value: values(target, lengths.target, true),
      answer_value: values(target, lengths.target, false)
    })
  }
}

/** Every place of the given rows, with the token that goes there: the one before where they are shifted, which is -1 for the first. */
const eachPlace = (rows: Uint32Array, length: number, shifted: boolean, use: (row: number, from: number, place: number) => void): void =>
  rows.forEach((row, i) => {
    for (let place = 0; place < length; place++) use(row, shifted ? place - 1 : place, i * length + place)
  })
