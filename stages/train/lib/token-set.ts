/**
 * Pairs of token sequences in memory, as groebner/tokenize writes them: rows of one length, each ending with the token for the end and padded
 * after it, beside the table of the vocabulary.
 */
import { column, doc, Effect, Int32, Int64, listOf, type ReadTable, StageError, Utf8 } from "../../../src/stage.ts"
import type { Lengths } from "./sequence-batches.ts"

/** What is read of a table of pairs. */
export const pairColumns = {
  source: column(listOf(Int32), doc("tokens, the one for the end, then padding up to a constant length")),
  target: column(listOf(Int32), doc("likewise"))
} as const

/** What is read of the table of a vocabulary. */
export const vocabularyColumns = {
  id: column(Int64, doc("the token's number, from 0")),
  token: column(Utf8, doc("its text")),
  kind: column(Utf8, doc("pad, bos and eos: one of each; number: a number lies beside it; others as they please"))
} as const

/** The vocabulary as a model needs it: the texts by the tokens' numbers, and the numbers of those that have a meaning of their own. */
export interface Vocabulary {
  readonly tokens: ReadonlyArray<string>
  readonly pad: number
  readonly bos: number
  readonly eos: number
  /** Stands for a number that lies beside it, in data for hybrid models. */
  readonly number?: number
}

/** One side of the pairs. */
export interface Sequences {
  /** Tokens of a row, padding included. */
  readonly length: number
  /** Row by row. */
  readonly tokens: Int32Array
  /** Tokens of each row before its padding. */
  readonly lengths: Int32Array
  /** The numbers beside the tokens, 0 where there is none; undefined where tokens are all. */
  readonly values?: Float32Array
}

export interface TokenSet {
  readonly rows: number
  readonly source: Sequences
  readonly target: Sequences
}

/** @returns the vocabulary of a table; fails when a token that every vocabulary needs is missing or there twice */
export const vocabularyOf = ({ columns, rows }: ReadTable): Effect.Effect<Vocabulary, StageError> =>
  Effect.gen(function*() {
    const [ids, texts, kinds] = [columns["id"] ?? [], columns["token"] ?? [], columns["kind"] ?? []]
    const tokens = Array.from({ length: rows }, () => "")
    const places = new Map<string, Array<number>>()
    for (let row = 0; row < rows; row++) {
      const [id, kind] = [Number(ids[row]), String(kinds[row])]
      if (!(id >= 0 && id < rows)) return yield* badVocabulary(`it numbers a token ${id}, but has ${rows}`)
      tokens[id] = String(texts[row])
      places.set(kind, [...(places.get(kind) ?? []), id])
    }
    const only = (kind: string): Effect.Effect<number, StageError> => {
      const [id, second] = places.get(kind) ?? []
      return id === undefined || second !== undefined ? badVocabulary(`it has ${id === undefined ? "no token" : "several tokens"} of the kind "${kind}"`) : Effect.succeed(id)
    }
    const [pad, bos, eos] = [yield* only("pad"), yield* only("bos"), yield* only("eos")]
    const number = places.get("number")?.[0]
    return { tokens, pad, bos, eos, ...(number === undefined ? {} : { number }) }
  })

const badVocabulary = (problem: string): Effect.Effect<never, StageError> =>
  Effect.fail(new StageError({ message: `The vocabulary cannot be used: ${problem}.`, hint: "Give the output `vocabulary` of groebner/tokenize." }))

/** The pairs of a table. Fails when rows differ in length, hold tokens that the vocabulary has not, or several numbers for a token. */
export const tokenSetOf = (name: string, { columns, rows }: ReadTable, vocabulary: Vocabulary): Effect.Effect<TokenSet, StageError> =>
  Effect.gen(function*() {
    const side = Effect.fnUntraced(function*(of: "source" | "target") {
      const problem = (message: string) => new StageError({ message: `${name}, \`${of}\`: ${message}`, hint: "Give tables of groebner/tokenize, and the vocabulary that it wrote beside them." })
      const [lists, values, counts] = [columns[of] ?? [], columns[`${of}_value`] ?? [], columns[`${of}_tokens`]]
      const first = lists[0]
      const length = isNumbers(first) ? first.length : 0
      const tokens = new Int32Array(rows * length)
      const lengths = new Int32Array(rows)
      const numbers = vocabulary.number === undefined ? undefined : new Float32Array(rows * length)
      for (let row = 0; row < rows; row++) {
        const list = lists[row]
        if (!isNumbers(list) || list.length !== length) return yield* problem(`row ${row} is not a list of ${length} tokens.`)
        tokens.set(list, row * length)
        const end = list.indexOf(vocabulary.eos)
        const wrong = list.find((token) => token < 0 || token >= vocabulary.tokens.length)
        if (wrong !== undefined) return yield* problem(`row ${row} has the token ${wrong}, but the vocabulary has ${vocabulary.tokens.length}.`)
        if (counts !== undefined && counts[row] !== end + 1) {
          return yield* problem(`row ${row} has ${String(counts[row])} tokens and takes ${end + 1} places: data of \`unit: monomials\` has several numbers for a token, which no model here takes.`)
        }
        if (end < 0 || list.subarray(end + 1).some((token) => token !== vocabulary.pad)) {
          return yield* problem(`row ${row} is not a sequence of tokens, ${vocabulary.tokens[vocabulary.eos]} and padding.`)
        }
        lengths[row] = end + 1
        if (numbers === undefined) continue
        const beside = values[row]
        if (!isNumbers(beside) || beside.length !== length) return yield* problem(`row ${row} has not one value for each token.`)
        beside.forEach((value, place) => (numbers[row * length + place] = Number.isNaN(value) ? 0 : value))
      }
      return { length, tokens, lengths, ...(numbers === undefined ? {} : { values: numbers }) }
    })
    return { rows, source: yield* side("source"), target: yield* side("target") }
  })

const isNumbers = (value: unknown): value is Int32Array | Float32Array => value instanceof Int32Array || value instanceof Float32Array

/** Share of padding in all tokens of a set, each pair padded to the lengths of its kind. */
export const paddedShare = ({ source, target }: TokenSet, kindOf: Int32Array, kinds: ReadonlyArray<Lengths>): number => {
  const sum = (values: Int32Array): number => values.reduce((total, value) => total + value, 0)
  const padded = kindOf.reduce((total, kind) => total + (kinds[kind]?.source ?? source.length) + (kinds[kind]?.target ?? target.length), 0)
  return 1 - (sum(source.lengths) + sum(target.lengths)) / padded
}
