/**
 * Settings that depend on others: a text with `$` in it is a formula over the names in scope, as in `$channels * 4` or
 * `0.1 * $i / ($depth - 1)`. A name alone stands for its value, whatever that is; otherwise names are numbers, with + - * / and
 * parentheses.
 */
import { unknown } from "./problem.ts"

export type Variables = Readonly<Record<string, unknown>>

/** Thrown inside this file and turned into the problem's words at its border. */
class Mistake extends Error {}

const token = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|\$([A-Za-z_][\w-]*)|([-+*/()]))/y

const tokensOf = (text: string): ReadonlyArray<string> => {
  const tokens: Array<string> = []
  token.lastIndex = 0
  const end = text.trimEnd().length
  while (token.lastIndex < end) {
    const from = token.lastIndex
    const match = token.exec(text)
    if (match === null) throw new Mistake(`"${text}" is no formula: "${text.slice(from).trim()}" is not understood`)
    tokens.push(match[0].trim())
  }
  return tokens
}

const lookUp = (name: string, variables: Variables): unknown => {
  if (!Object.hasOwn(variables, name)) throw new Mistake(unknown("name", `$${name}`, Object.keys(variables).map((known) => `$${known}`)))
  return variables[name]
}

const evaluate = (text: string, variables: Variables): number => {
  const tokens = tokensOf(text)
  let at = 0
  const product = (): number => {
    let value = factor()
    while (tokens[at] === "*" || tokens[at] === "/") value = tokens[at++] === "*" ? value * factor() : value / factor()
    return value
  }
  const sum = (): number => {
    let value = product()
    while (tokens[at] === "+" || tokens[at] === "-") value = tokens[at++] === "+" ? value + product() : value - product()
    return value
  }
  const factor = (): number => {
    const next = tokens[at++]
    if (next === "-") return -factor()
    if (next === "(") {
      const value = sum()
      if (tokens[at++] !== ")") throw new Mistake(`"${text}" lacks a closing parenthesis`)
      return value
    }
    if (next?.startsWith("$") === true) {
      const value = lookUp(next.slice(1), variables)
      if (typeof value !== "number") throw new Mistake(`"${text}" calculates with ${next}, which is no number`)
      return value
    }
    const value = Number(next)
    if (next === undefined || Number.isNaN(value)) throw new Mistake(`"${text}" is no formula`)
    return value
  }
  const value = sum()
  if (at < tokens.length) throw new Mistake(`"${text}" is no formula: "${tokens.slice(at).join(" ")}" is left over`)
  if (!Number.isFinite(value)) throw new Mistake(`"${text}" is not finite`)
  return value
}

/** The value with all its formulas worked out; `onProblem` hears what is wrong with one, and it becomes undefined. */
export const resolve = (value: unknown, variables: Variables, onProblem: (message: string, path: ReadonlyArray<string | number>) => void): unknown => {
  if (typeof value === "string") {
    if (!value.includes("$")) return value
    try {
      const name = /^\$([A-Za-z_][\w-]*)$/.exec(value.trim())?.[1]
      return name === undefined ? evaluate(value, variables) : lookUp(name, variables)
    } catch (error) {
      if (!(error instanceof Mistake)) throw error
      onProblem(error.message, [])
      return undefined
    }
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => resolve(item, variables, (message, path) => onProblem(message, [i, ...path])))
  }
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) =>
    [key, resolve(item, variables, (message, path) => onProblem(message, [key, ...path]))]))
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
