/** Splits an expression's source into tokens. Never fails: what it cannot read becomes a token of kind `bad` that says why. */

export type Token =
  & { readonly start: number; readonly end: number }
  & (
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "name"; readonly text: string }
    | { readonly kind: "symbol"; readonly text: string }
    | { readonly kind: "end" }
    | { readonly kind: "bad"; readonly message: string; readonly hint?: string }
  )

const space = /[ \t\r\n]+/y
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
// A hyphen belongs to a name, since stages and parameters may carry one: `learning-rate`, `top-5`.
const name = /[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*/y
const symbol = /\*\*|&&|\|\||[=!<>]=|[-+*/%<>!?:()[\],.]/y

/** Signs that other languages have, with what to write here. */
const foreign: Readonly<Record<string, string>> = {
  "=": "compare with ==",
  "&": "write && for and",
  "|": "write || for or",
  "^": "write ** for a power",
  "~": "write ! for not"
}

export const tokenize = (source: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(source)?.[0]
  }
  while (at < source.length) {
    const blank = match(space)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const token = next(source, at, match)
    tokens.push(token)
    at = token.end
    if (token.kind === "bad") break
  }
  tokens.push({ kind: "end", start: source.length, end: source.length })
  return tokens
}

const next = (source: string, start: number, match: (pattern: RegExp) => string | undefined): Token => {
  const first = source.charAt(start)
  if (first === "\"" || first === "'") return quoted(source, start, first)
  const digits = match(number)
  if (digits !== undefined) {
    const end = start + digits.length
    const value = Number(digits)
    if (/[A-Za-z_0-9]/.test(source.charAt(end))) return { kind: "bad", start, end: end + 1, message: `"${digits}${source.charAt(end)}" is not a number` }
    if (!Number.isFinite(value)) return { kind: "bad", start, end, message: `the number ${digits} is too large` }
    return { kind: "number", value, start, end }
  }
  const word = match(name)
  if (word !== undefined) return { kind: "name", text: word, start, end: start + word.length }
  const sign = match(symbol)
  if (sign !== undefined) return { kind: "symbol", text: sign, start, end: start + sign.length }
  const hint = foreign[first]
  const shown = String.fromCodePoint(source.codePointAt(start) ?? 0)
  return { kind: "bad", start, end: start + shown.length, message: `unexpected character ${JSON.stringify(shown)}`, ...(hint === undefined ? {} : { hint }) }
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\", "\"": "\"", "'": "'" }

const quoted = (source: string, start: number, quote: string): Token => {
  let value = ""
  for (let at = start + 1; at < source.length; at++) {
    const character = source.charAt(at)
    if (character === quote) return { kind: "string", value, start, end: at + 1 }
    if (character !== "\\") {
      value += character
      continue
    }
    at++
    const escaped = escapes[source.charAt(at)]
    if (escaped === undefined) {
      return { kind: "bad", start: at - 1, end: at + 1, message: `unknown escape \\${source.charAt(at)}`, hint: "known: \\n \\t \\\\ \\\" \\'" }
    }
    value += escaped
  }
  return { kind: "bad", start, end: source.length, message: "this quote is not closed" }
}

/** Where the expression that starts at `from` in a longer text ends: the index of its `}}`, quotes respected; -1 without one. */
export const closingBraces = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === "}" && text.charAt(at + 1) === "}") return at
    if (character !== "\"" && character !== "'") continue
    for (at++; at < text.length && text.charAt(at) !== character; at++) if (text.charAt(at) === "\\") at++
  }
  return -1
}
