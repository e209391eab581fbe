/** Pairs of token sequences for trainings of tests, as tables and in memory. */
import { join } from "node:path"
import { randomStream } from "../../../src/stage/random.ts"
import { Int32, Int64, listOf, Utf8 } from "../../../src/table/schema.ts"
import { openTableWriter } from "../../../src/table/write.ts"
import type { Sequences, TokenSet, Vocabulary } from "../../../stages/train/lib/token-set.ts"

/** Eight letters behind the tokens that have a meaning. */
export const letters: Vocabulary = { tokens: ["[PAD]", "<s>", "</s>", "a", "b", "c", "d", "e", "f", "g", "h"], pad: 0, bos: 1, eos: 2 }

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** Words of 1 to `longest` letters and the same backwards: what a model has to know of the places of a sequence is all that there is to learn. */
export const backwards = (rows: number, longest: number, purpose = "words"): { readonly source: Rows; readonly target: Rows } => {
  const words = Array.from({ length: rows }, (_, row) => {
    const random = randomStream(0, "test", purpose).at(row)
    return Array.from({ length: 1 + random.integer(longest) }, () => 3 + random.integer(8))
  })
  return { source: words, target: words.map((word) => word.toReversed()) }
}

const padded = (word: ReadonlyArray<number>, length: number): Int32Array => {
  const row = new Int32Array(length).fill(letters.pad)
  row.set([...word, letters.eos])
  return row
}

export interface PairFiles {
  readonly pairs: string
  readonly vocabulary: string
}

/** Writes pairs, padded to a length, and the vocabulary. */
export const writePairs = (folder: string, name: string, { source, target }: { readonly source: Rows; readonly target: Rows }, length: number): PairFiles => {
  const pairs = join(folder, `${name}.arrow`)
  const table = openTableWriter(pairs, { source: listOf(Int32), target: listOf(Int32) })
  table.append(source.map((word, row) => ({ source: padded(word, length), target: padded(target[row] ?? [], length) })))
  table.close()
  const vocabulary = join(folder, `${name}-vocabulary.arrow`)
  const words = openTableWriter(vocabulary, { id: Int64, token: Utf8, kind: Utf8 })
  words.append(letters.tokens.map((token, id) => ({ id: BigInt(id), token, kind: ["pad", "bos", "eos"][id] ?? "letter" })))
  words.close()
  return { pairs, vocabulary }
}

/** Letter "a" stands for a number. */
export const lettersAndNumbers: Vocabulary = { ...letters, number: 3 }

/** Numbers beside every "a" of a set: how many tokens the row has up to there. */
export const withNumbers = (data: TokenSet): TokenSet => {
  const side = (sequences: Sequences): Sequences => ({ ...sequences, values: Float32Array.from(sequences.tokens, (token, i) => (token === lettersAndNumbers.number ? i % sequences.length + 1 : 0)) })
  return { ...data, source: side(data.source), target: side(data.target) }
}

/** The same in memory. */
export const pairsOf = ({ source, target }: { readonly source: Rows; readonly target: Rows }, length: number): TokenSet => {
  const side = (words: Rows) => ({
    length,
    tokens: Int32Array.from(words.flatMap((word) => [...padded(word, length)])),
    lengths: Int32Array.from(words, (word) => word.length + 1)
  })
  return { rows: source.length, source: side(source), target: side(target) }
}
