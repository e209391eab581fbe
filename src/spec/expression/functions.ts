/**
 * The functions of expressions. Each takes JSON values and gives one, or stops with a message. Numbers are IEEE doubles;
 * whether a result is finite is checked by whoever calls.
 */
import type { Json, JsonArray } from "../../stage/json.ts"

/** Thrown with what is wrong with the arguments; `evaluate` turns it into an error at the call. */
export class ArgumentProblem extends Error {}

export interface ExpressionFunction {
  /** As shown to a user: `round(x, digits)`. */
  readonly usage: string
  readonly doc: string
  /** Fewest and most arguments. */
  readonly least: number
  readonly most: number
  readonly apply: (...values: ReadonlyArray<Json>) => Json
}

/** The longest array that an expression may make. */
export const longestArray = 1_000_000
const longestText = 1_000_000

export const isArray = (value: Json): value is JsonArray => Array.isArray(value)

export const typeName = (value: Json | undefined): string =>
  value === undefined ? "nothing"
    : value === null ? "null"
    : isArray(value) ? "an array"
    : typeof value === "object" ? "an object"
    : typeof value === "string" ? "a string"
    : `a ${typeof value}`

/** The value as an error shows it, cut short. */
export const shown = (value: Json): string => {
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}

const number = (value: Json | undefined, what = "x"): number => {
  if (typeof value !== "number") throw new ArgumentProblem(`${what} must be a number, not ${typeName(value)}`)
  return value
}
const integer = (value: Json | undefined, what: string): number => {
  const given = number(value, what)
  if (!Number.isSafeInteger(given)) throw new ArgumentProblem(`${what} must be an integer, not ${given}`)
  return given
}
const array = (value: Json | undefined, what = "its argument"): JsonArray => {
  if (value === undefined || !isArray(value)) throw new ArgumentProblem(`${what} must be an array, not ${typeName(value)}`)
  return value
}

/** Text of a scalar: what `${{ }}` inside a longer string becomes. */
export const textOf = (value: Json): string => {
  if (typeof value === "string") return value
  if (value === null || typeof value === "object") throw new ArgumentProblem(`${typeName(value)} has no text`)
  return String(value)
}

const numbers = (values: ReadonlyArray<Json>): ReadonlyArray<number> => {
  const [first] = values
  const all = values.length === 1 && first !== undefined && isArray(first) ? first : values
  if (all.length === 0) throw new ArgumentProblem("there are no values")
  return all.map((value) => number(value, "each value"))
}

const real = (apply: (x: number) => number) => (x?: Json): number => apply(number(x))

/** Halves go away from zero; digits count in decimal, so that round(1.005, 2) is 1.01 as a reader of the file expects. */
const round = (x: number, digits: number): number => {
  if (Math.abs(digits) > 100) throw new ArgumentProblem(`digits must be between -100 and 100, not ${digits}`)
  const [mantissa = "", exponent = "0"] = Math.abs(x).toExponential().split("e")
  const shifted = Number(`${mantissa}e${Number(exponent) + digits}`)
  // So large a number has no digits to round away.
  if (!Number.isFinite(shifted) || shifted > Number.MAX_SAFE_INTEGER) return x
  const [roundedMantissa = "", roundedExponent = "0"] = Math.round(shifted).toExponential().split("e")
  return Math.sign(x) * Number(`${roundedMantissa}e${Number(roundedExponent) - digits}`)
}

/** Steps accumulate rounding errors in the last digits: 3 * 0.1 is 0.30000000000000004. Axes show 0.3. */
const tidy = (x: number): number => Number.isInteger(x) ? x : Number(x.toPrecision(15))

const build = (count: number, at: (i: number) => number): JsonArray => {
  if (!(count <= longestArray)) throw new ArgumentProblem(`more than ${longestArray} values`)
  return Array.from({ length: count }, (_, i) => tidy(at(i)))
}

/** `[start, start + step, ...]`, `end` not included. */
export const range = (start: number, end: number, step: number): JsonArray => {
  if (step === 0) throw new ArgumentProblem("the step must not be 0")
  // 0.3 / 0.1 is a little under 3: what misses an integer by rounding only counts as that integer.
  const steps = (end - start) / step
  const near = Math.round(steps)
  const count = Math.abs(steps - near) < 1e-9 * Math.max(1, Math.abs(steps)) ? near : Math.ceil(steps)
  return build(Math.max(0, count), (i) => start + i * step)
}

const spaced = (a: Json | undefined, b: Json | undefined, n: Json | undefined, map: (x: number) => number): JsonArray => {
  const [from, to, count] = [number(a, "a"), number(b, "b"), integer(n, "n")]
  if (count < 1) throw new ArgumentProblem(`n must be at least 1, not ${count}`)
  return build(count, (i) => map(i === count - 1 && count > 1 ? to : from + (i * (to - from)) / Math.max(1, count - 1)))
}

const bounded = (text: string): string => {
  if (text.length > longestText) throw new ArgumentProblem(`a text of more than ${longestText} characters`)
  return text
}

const many = Number.POSITIVE_INFINITY
const define = (usage: string, doc: string, least: number, most: number, apply: ExpressionFunction["apply"]): [string, ExpressionFunction] => [
  usage.slice(0, usage.indexOf("(")),
  { usage, doc, least, most, apply }
]

export const functions: ReadonlyMap<string, ExpressionFunction> = new Map([
  define("sqrt(x)", "square root", 1, 1, real(Math.sqrt)),
  define("abs(x)", "absolute value", 1, 1, real(Math.abs)),
  define("exp(x)", "e to the power x", 1, 1, real(Math.exp)),
  define("log(x)", "natural logarithm; log(x, base) to another base", 1, 2, (x, base) =>
    base === undefined ? Math.log(number(x)) : base === 10 ? Math.log10(number(x)) : base === 2 ? Math.log2(number(x)) : Math.log(number(x)) / Math.log(number(base, "base"))),
  define("pow(x, y)", "x to the power y", 2, 2, (x, y) => number(x) ** number(y, "y")),
  define("floor(x)", "largest integer not above x", 1, 1, real(Math.floor)),
  define("ceil(x)", "smallest integer not below x", 1, 1, real(Math.ceil)),
  define("round(x, digits)", "x to so many decimal digits (0 unless given), halves away from zero", 1, 2, (x, digits) => round(number(x), integer(digits ?? 0, "digits"))),
  define("min(x, ...)", "smallest of the arguments, or of one array", 1, many, (...values) => numbers(values).reduce((a, b) => Math.min(a, b))),
  define("max(x, ...)", "largest of the arguments, or of one array", 1, many, (...values) => numbers(values).reduce((a, b) => Math.max(a, b))),
  define("range(a, b, step)", "a, a + step, ... up to b, which is not included; the step is 1 unless given; range(b) starts at 0", 1, 3, (a, b, step) =>
    b === undefined ? range(0, number(a, "b"), 1) : range(number(a, "a"), number(b, "b"), number(step ?? 1, "step"))),
  define("linspace(a, b, n)", "n evenly spaced numbers from a to b, both included", 3, 3, (a, b, n) => spaced(a, b, n, (x) => x)),
  define("logspace(a, b, n)", "n numbers from 10**a to 10**b, evenly spaced in the exponent", 3, 3, (a, b, n) => spaced(a, b, n, (x) => 10 ** x)),
  define("len(x)", "length of an array or a string, number of keys of an object", 1, 1, (x = null) => {
    if (typeof x === "string" || isArray(x)) return x.length
    if (typeof x === "object" && x !== null) return Object.keys(x).length
    throw new ArgumentProblem(`${typeName(x)} has no length`)
  }),
  define("concat(x, ...)", "arrays one after another, or scalars as one text", 1, many, (...values) => {
    if (!values.some(isArray)) return bounded(values.map(textOf).join(""))
    const all = values.flatMap((value) => array(value, "each argument"))
    if (all.length > longestArray) throw new ArgumentProblem(`more than ${longestArray} values`)
    return all
  }),
  define("join(array, separator)", "the scalars of an array as one text, with a separator (none unless given)", 1, 2, (values, separator = "") =>
    bounded(array(values).map(textOf).join(textOf(separator)))),
  define("int(x)", "a number without its fraction, or the integer that a text says", 1, 1, (x = null) => {
    const value = typeof x === "boolean" ? Number(x) : typeof x === "string" && /^\s*[-+]?\d+\s*$/.test(x) ? Number(x) : x
    if (typeof value !== "number") throw new ArgumentProblem(`${typeof x === "string" ? shown(x) : typeName(x)} is not an integer`)
    return Math.trunc(value)
  }),
  define("str(x)", "a scalar as text", 1, 1, (x = null) => textOf(x))
])
