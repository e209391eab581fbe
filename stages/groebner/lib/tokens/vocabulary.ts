/**
 * The words that systems are written in, and their numbers. A vocabulary follows from settings alone, never from data: what it cannot write is
 * outside, and the caller hears of it. Coefficients are words of their own (`C3`), numbers beside one word `[C]`, or digits of base 10^k.
 */
import { algebraError } from "../algebra/index.ts"

export const tokenKinds = ["pad", "bos", "eos", "unknown", "separator", "coefficient", "exponent", "operator", "number"] as const
export type TokenKind = (typeof tokenKinds)[number]

export interface TokenSettings {
  /** infix: `t + t`, `a / b`. prefix: `+ t t`, `/ a b`. */
  readonly form: "infix" | "prefix"
  /** words: one for each coefficient. numbers: the word [C] with the coefficient beside it. digits: groups of decimal digits. */
  readonly coefficients: "words" | "numbers" | "digits"
  /** symbols: a token for each word. monomials: a token for each term, of n + 2 words: coefficient, exponents and what follows. */
  readonly unit: "symbols" | "monomials"
  /** Decimal digits of a group. */
  readonly digitGroup: number
  /** Q: greatest absolute numerator and denominator among the words. */
  readonly greatestCoefficient: number
  readonly greatestExponent: number
  /** lean: what is needed. published: all words of the released code, in its order. */
  readonly words: "lean" | "published"
}

export interface Token {
  readonly text: string
  readonly kind: TokenKind
  /** Of a coefficient, group of digits or exponent. */
  readonly value?: number
}

export interface Vocabulary {
  readonly settings: TokenSettings
  readonly variables: number
  /** p of F_p; 0 for Q, -1 for R. */
  readonly characteristic: number
  /** The number of a token is its place. */
  readonly tokens: ReadonlyArray<Token>
  /** Least and greatest coefficient among the words; none with digits or numbers. */
  readonly coefficients: { readonly first: number; readonly least: number; readonly greatest: number } | undefined
  /** Numbers of `E0` and `D0`; exponents and digits follow one after another. */
  readonly firstExponent: number
  readonly firstDigit: number
  readonly base: number
  readonly pad: number
  readonly eos: number
  readonly separator: number
  readonly plus: number
  readonly slash: number
  readonly minus: number
  readonly numberWord: number
}

/** Words a table of embeddings may reasonably have. */
const mostTokens = 200_000
/** Whole numbers up to here are exact in single precision. */
const mostExactSingle = 2 ** 24

/** @throws AlgebraError for settings that contradict each other or the field. */
export const vocabularyOf = (settings: TokenSettings, variables: number, characteristic: number): Vocabulary => {
  refuse(settings, characteristic)
  const tokens = settings.words === "published" ? publishedTokens(settings, variables, characteristic) : leanTokens(settings, characteristic)
  const place = new Map(tokens.map(({ text }, at) => [text, at]))
  const at = (text: string): number => place.get(text) ?? -1
  const least = characteristic > 0 ? 0 : -settings.greatestCoefficient
  return {
    settings,
    variables,
    characteristic,
    tokens,
    coefficients: settings.coefficients === "words" ? { first: at(`C${least}`), least, greatest: greatest(settings, characteristic) } : undefined,
    firstExponent: at("E0"),
    firstDigit: at("D0"),
    base: 10 ** settings.digitGroup,
    pad: at("[PAD]"),
    eos: at("</s>"),
    separator: at("[SEP]"),
    plus: at("+"),
    slash: at("/"),
    minus: at("-"),
    numberWord: at("[C]")
  }
}

/** The vocabulary with one more separator at its end, and that word's number. */
export const withSeparator = (vocabulary: Vocabulary, text: string): { readonly vocabulary: Vocabulary; readonly word: number } => ({
  vocabulary: { ...vocabulary, tokens: [...vocabulary.tokens, { text, kind: "separator" }] },
  word: vocabulary.tokens.length
})

const refuse = ({ coefficients, digitGroup, form, unit, words, greatestCoefficient }: TokenSettings, characteristic: number): void => {
  if (characteristic < 0 && coefficients !== "numbers") throw algebraError("Coefficients over R have no words: take `coefficients: numbers`.")
  if (coefficients === "numbers" && characteristic > mostExactSingle) throw algebraError(`Numbers beside tokens have single precision, which holds residues up to ${mostExactSingle}: take \`coefficients: digits\`.`)
  if (words === "published" && coefficients === "digits") throw algebraError("The published vocabulary has no digits: take `vocabulary: lean`.")
  if (coefficients === "digits" && form === "prefix" && characteristic === 0) throw algebraError("In prefix form the digits of a denominator cannot be told from the numerator's: take `form: infix`.")
  if (unit === "monomials") {
    if (form === "prefix") throw algebraError("Tokens for whole monomials carry the sign that follows them: take `form: infix`.")
    if (coefficients === "digits") throw algebraError("A monomial's token has one coefficient, not a varying number of digits: take `coefficients: words` or `numbers`.")
    if (coefficients === "words" && characteristic === 0) throw algebraError("A monomial's token has one coefficient, and a fraction is two words: take `coefficients: numbers`.")
  }
  const size = coefficients === "words" ? (characteristic > 0 ? characteristic : 2 * greatestCoefficient + 1) : coefficients === "digits" ? 10 ** digitGroup : 1
  if (size > mostTokens) throw algebraError(`${size} words for coefficients are more than ${mostTokens}: take \`coefficients: digits\` with small groups.`)
}

const greatest = (settings: TokenSettings, characteristic: number): number => (characteristic > 0 ? characteristic - 1 : settings.greatestCoefficient)

const operator = (text: string): Token => ({ text, kind: "operator" })
const special: Readonly<Record<"pad" | "bos" | "eos" | "separator", Token>> = {
  pad: { text: "[PAD]", kind: "pad" },
  bos: { text: "<s>", kind: "bos" },
  eos: { text: "</s>", kind: "eos" },
  separator: { text: "[SEP]", kind: "separator" }
}

const counted = (letter: string, kind: TokenKind, from: number, to: number): ReadonlyArray<Token> =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ text: `${letter}${from + i}`, kind, value: from + i }))

const coefficientWords = (settings: TokenSettings, characteristic: number): ReadonlyArray<Token> =>
  settings.coefficients === "words" ? counted("C", "coefficient", characteristic > 0 ? 0 : -settings.greatestCoefficient, greatest(settings, characteristic))
    : settings.coefficients === "digits" ? counted("D", "coefficient", 0, 10 ** settings.digitGroup - 1)
      : []

const leanTokens = (settings: TokenSettings, characteristic: number): ReadonlyArray<Token> => [
  special.pad, special.bos, special.eos, special.separator, operator("+"),
  ...(characteristic === 0 && settings.coefficients !== "numbers" ? [operator("/")] : []),
  ...(characteristic === 0 && settings.coefficients === "digits" ? [operator("-")] : []),
  ...(settings.coefficients === "numbers" ? [{ text: "[C]", kind: "number" } as const] : []),
  ...coefficientWords(settings, characteristic),
  ...counted("E", "exponent", 0, settings.greatestExponent)
]

/** As the released code lists them, those that its sequences never use included. */
const publishedTokens = (settings: TokenSettings, variables: number, characteristic: number): ReadonlyArray<Token> => [
  ...Array.from({ length: variables }, (_, v) => operator(`x${v}`)),
  { text: "[C]", kind: settings.coefficients === "numbers" ? "number" : "operator" },
  ...coefficientWords(settings, characteristic),
  operator("[E]"),
  ...counted("E", "exponent", 0, settings.greatestExponent),
  operator("+"), operator("*"), operator("^"), operator("/"),
  special.pad, special.bos, special.eos, operator("[CLS]"), special.separator, { text: "[UNK]", kind: "unknown" }
]
