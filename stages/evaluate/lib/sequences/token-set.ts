/** Pairs of token sequences, each without its padding. */
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

/** Its words but for the end, numbers in place of the word for them. */
export const textOf = ({ tokens, values }: Sequence, { eos, number, tokens: texts }: Vocabulary): string =>
  Array.from(tokens, (token, i) => (token === eos ? [] : [token === number ? String(values?.[i] ?? Number.NaN) : texts[token] ?? "?"])).flat().join(" ")
