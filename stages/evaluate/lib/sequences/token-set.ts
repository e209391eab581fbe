/** Pairs of token sequences, each without its padding, and the forms in which a decoder takes them. */
import { Effect, type ReadTable, type StageError } from "../../../../src/stage.ts"
import { type Sequences, tokenSetOf } from "../../../train/lib/token-set.ts"
import type { Sequence } from "./decoder.ts"
import type { Vocabulary } from "./vocabulary.ts"

export interface Pair {
  /** The sample's number in its set. */
  readonly sample: bigint
  /** Up to the token for the end, which is the last one. */
  readonly source: Sequence
  readonly target: Sequence
}

export interface Pairs {
  /** The first ones, as many as are wanted. */
  readonly pairs: ReadonlyArray<Pair>
  /** Tokens of every row of the table, padding included. */
  readonly lengths: { readonly source: number; readonly target: number }
}

/** Fails when the table holds no sequences of the vocabulary. */
export const readPairs = (table: ReadTable, vocabulary: Vocabulary, limit = table.rows): Effect.Effect<Pairs, StageError> =>
  Effect.map(tokenSetOf("data", table, vocabulary), ({ rows, source, target }) => ({
    pairs: Array.from({ length: Math.min(limit, rows) }, (_, row) => {
      const sample = table.columns["sample"]?.[row]
      return { sample: typeof sample === "bigint" ? sample : BigInt(row), source: sequenceOf(source, row), target: sequenceOf(target, row) }
    }),
    lengths: { source: source.length, target: target.length }
  }))

const sequenceOf = ({ length, lengths, tokens, values }: Sequences, row: number): Sequence => {
  const [from, to] = [row * length, row * length + (lengths[row] ?? 0)]
  return { tokens: tokens.subarray(from, to), values: values?.subarray(from, to) }
}

/** The greatest number of tokens on each side. */
export const longest = (pairs: ReadonlyArray<Pair>): { readonly source: number; readonly target: number } => ({
  source: pairs.reduce((most, { source }) => Math.max(most, source.tokens.length), 0),
  target: pairs.reduce((most, { target }) => Math.max(most, target.tokens.length), 0)
})

/** The sequence filled up to a length. */
export const padded = (sequence: Sequence, length: number, pad: number): Sequence => at(0, sequence, length, pad)

/** What a decoder is fed with to say the sequence: `bos` before it and its last token left out, filled up. */
export const shifted = ({ tokens, values }: Sequence, length: number, { bos, pad }: Pick<Vocabulary, "bos" | "pad">): Sequence => {
  const moved = at(1, { tokens: tokens.subarray(0, tokens.length - 1), values: values?.subarray(0, tokens.length - 1) }, length, pad)
  moved.tokens[0] = bos
  return moved
}

const at = (start: number, { tokens, values }: Sequence, length: number, pad: number): Sequence => {
  const all = new Int32Array(length).fill(pad)
  all.set(tokens, start)
  if (values === undefined) return { tokens: all }
  const numbers = new Float32Array(length)
  numbers.set(values, start)
  return { tokens: all, values: numbers }
}

/** Its words but for the end, numbers in place of the word for them. */
export const textOf = ({ tokens, values }: Sequence, { eos, number, tokens: texts }: Vocabulary): string =>
  Array.from(tokens, (token, i) => (token === eos ? [] : [token === number ? String(values?.[i] ?? Number.NaN) : texts[token] ?? "?"])).flat().join(" ")
