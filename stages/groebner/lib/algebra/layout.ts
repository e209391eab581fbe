/**
 * How the exponents of a monomial are packed into 32-bit words so that the usual questions need no loop over variables.
 *
 * An exponent takes 8 or 16 bits, the highest of which stays 0 (the guard). Then, word by word:
 * - a product is a sum; a guard bit that becomes 1 says that an exponent overflowed;
 * - b is divisible by a when no guard is borrowed from in (b | guards) - a;
 * - the order is that of the words, each compared upwards (sign 1) or downwards (sign -1). A graded block begins with a word that
 *   holds its degree; degrevlex packs the last variable highest and compares downwards.
 */
import { algebraError } from "./errors.ts"
import type { MonomialOrder } from "./order.ts"
import { blocksOf } from "./order.ts"

export type ExponentBits = 8 | 16

/** The greatest exponent that fits into so many bits: 127 or 32767. */
export const exponentLimit = (bits: ExponentBits): number => 2 ** (bits - 1) - 1

export interface Layout {
  readonly variables: number
  readonly bits: ExponentBits
  /** The greatest exponent. */
  readonly limit: number
  /** Words of a monomial. */
  readonly words: number
  /** Of each word: the bits that must stay 0. */
  readonly guards: Int32Array
  /** Of each word: 1 if more is greater in the order, -1 if more is less. */
  readonly signs: Int32Array
  /** Of each word: 1 if it holds a degree. */
  readonly degrees: Uint8Array
  /** Of each variable: its word and how far left it lies there. */
  readonly word: Int32Array
  readonly shift: Int32Array
  /** Of each word that holds exponents: the word with the degree of its block, -1 if there is none. */
  readonly degreeWord: Int32Array
}

export const layoutOf = (order: MonomialOrder, variables: number, bits: ExponentBits): Layout => {
  if (variables < 1) throw algebraError("A monomial needs at least one variable.")
  const perWord = 32 / bits
  const guard = bits === 8 ? 0x80808080 | 0 : 0x80008000 | 0
  const degreeGuard = 0x80000000 | 0
  const words: Array<{ readonly guard: number; readonly sign: number; readonly degreeWord: number }> = []
  const word = new Int32Array(variables)
  const shift = new Int32Array(variables)
  let from = 0
  for (const { order: kind, size } of blocksOf(order, variables)) {
    const degreeWord = kind === "lex" ? -1 : words.length
    if (degreeWord >= 0) words.push({ guard: degreeGuard, sign: 1, degreeWord: -1 })
    const first = words.length
    const reverse = kind === "degrevlex"
    for (let place = 0; place < size; place++) {
      const variable = from + (reverse ? size - 1 - place : place)
      word[variable] = first + Math.floor(place / perWord)
      shift[variable] = 32 - bits * ((place % perWord) + 1)
    }
    for (let at = 0; at < Math.ceil(size / perWord); at++) words.push({ guard, sign: reverse ? -1 : 1, degreeWord })
    from += size
  }
  const isDegree = Uint8Array.from(words, ({ guard }) => (guard === degreeGuard ? 1 : 0))
  return {
    variables,
    bits,
    limit: exponentLimit(bits),
    words: words.length,
    guards: Int32Array.from(words, ({ guard }) => guard),
    signs: Int32Array.from(words, ({ sign }) => sign),
    degrees: isDegree,
    word,
    shift,
    degreeWord: Int32Array.from(words, ({ degreeWord }) => degreeWord)
  }
}
