/** The value of an expression under given names. Pure and bounded: no loops in the language, arrays and texts have a largest size. */
import { Result } from "effect"
import type { Json, JsonObject } from "../../stage/json.ts"
import { suggestion } from "../suggest.ts"
import type { BinaryOperator, Expression, ExpressionError, Node } from "./ast.ts"
import { ArgumentProblem, functions, isArray, longestArray, shown, typeName } from "./functions.ts"

/**
 * @param scope what the root names stand for: `{ params: {...}, matrix: {...}, item: ... }`
 * @returns a value whose numbers are all finite, or what is wrong and where in the source
 */
export const evaluate = (expression: Expression, scope: JsonObject): Result.Result<Json, ExpressionError> => {
  try {
    const value = valueOf(expression.root, scope)
    if (typeof value === "object" && value !== null && !fits(value)) {
      return Result.fail({ message: `the result holds more than ${longestArray} values`, offset: expression.root.start })
    }
    return Result.succeed(value)
  } catch (stop) {
    if (stop instanceof EvaluationStop) return Result.fail(stop.error)
    throw stop
  }
}

/** Leaves the evaluation from any depth; never leaves this file. */
class EvaluationStop extends Error {
  readonly error: ExpressionError
  constructor(error: ExpressionError) {
    super(error.message)
    this.error = error
  }
}

const stop = (at: Node, message: string, hint?: string): never => {
  throw new EvaluationStop({ message, offset: at.start, ...(hint === undefined ? {} : { hint }) })
}

/** Whether a value has at most so many parts: parameters that hold each other twice double at every step. */
const fits = (value: Json): boolean => {
  let left = longestArray + 1
  const count = (part: Json): boolean => {
    if (--left < 0) return false
    if (typeof part !== "object" || part === null) return true
    return isArray(part) ? part.every(count) : Object.values(part).every(count)
  }
  return count(value)
}

const valueOf = (node: Node, scope: JsonObject): Json => {
  switch (node.kind) {
    case "literal":
      return node.value
    case "array":
      return node.items.map((item) => valueOf(item, scope))
    case "name": {
      const value = Object.hasOwn(scope, node.name) ? scope[node.name] : undefined
      return value ?? (value === null ? null : unknownName(node, node.name, Object.keys(scope)))
    }
    case "member":
      return member(node, valueOf(node.target, scope), node.name)
    case "index":
      return indexed(node, valueOf(node.target, scope), valueOf(node.index, scope))
    case "unary":
      return unary(node, valueOf(node.operand, scope))
    case "binary":
      return binary(node, scope)
    case "conditional":
      return valueOf(truth(node.test, valueOf(node.test, scope), "the condition") ? node.yes : node.no, scope)
    case "call":
      return call(node, node.arguments.map((argument) => valueOf(argument, scope)))
  }
}

/** `n-1` reads as one name, since names may hold hyphens: say so when `n` is known. */
const unknownName = (at: Node, name: string, known: ReadonlyArray<string>, what = "unknown name"): never =>
  stop(at, `${what} "${name}"`, subtractionHint(name, known) ?? suggestion(name, known))

export const subtractionHint = (name: string, known: Iterable<string>): string | undefined => {
  const hyphen = name.lastIndexOf("-")
  const left = name.slice(0, Math.max(0, hyphen))
  return [...known].includes(left) ? `for subtraction put spaces around the minus: ${left} - ${name.slice(hyphen + 1)}` : undefined
}

const member = (at: Node, target: Json, name: string): Json => {
  if (typeof target !== "object" || target === null || isArray(target)) return stop(at, `${typeName(target)} has no "${name}"`)
  const value = Object.hasOwn(target, name) ? target[name] : undefined
  return value === undefined ? unknownName(at, name, Object.keys(target), "there is no") : value
}

const indexed = (at: Node & { readonly kind: "index" }, target: Json, index: Json): Json => {
  if (typeof index === "string") return member(at, target, index)
  if (typeof index !== "number") return stop(at.index, `an index is a number or a string, not ${typeName(index)}`)
  if (typeof target !== "string" && !(typeof target === "object" && target !== null && isArray(target))) {
    return stop(at, `${typeName(target)} cannot be indexed by a number`)
  }
  const value = Number.isInteger(index) && index >= 0 ? target[index] : undefined
  return value === undefined ? stop(at.index, `index ${index} is outside of 0 to ${target.length - 1}`) : value
}

const truth = (at: Node, value: Json, what: string): boolean =>
  typeof value === "boolean" ? value : stop(at, `${what} must be true or false, not ${typeName(value)}`, "write a comparison, such as x > 0")

const unary = (node: Node & { readonly kind: "unary" }, value: Json): Json => {
  if (node.operator === "!") return !truth(node.operand, value, "what ! negates")
  const given = operand(node.operand, value, node.operator)
  return node.operator === "-" ? (given === 0 ? 0 : -given) : given
}

const operand = (at: Node, value: Json, operator: string): number => {
  if (typeof value === "number") return value
  return stop(at, `${operator} takes numbers, not ${typeName(value)}`, operator === "+" && typeof value === "string" ? "join texts with concat(a, b)" : undefined)
}

const binary = (node: Node & { readonly kind: "binary" }, scope: JsonObject): Json => {
  const { operator } = node
  const left = valueOf(node.left, scope)
  if (operator === "&&" || operator === "||") {
    const holds = truth(node.left, left, `the left side of ${operator}`)
    if (holds === (operator === "||")) return holds
    return truth(node.right, valueOf(node.right, scope), `the right side of ${operator}`)
  }
  const right = valueOf(node.right, scope)
  switch (operator) {
    case "==":
    case "!=":
      return equal(node, left, right) === (operator === "==")
    case "<":
    case "<=":
    case ">":
    case ">=":
      return ordered(node, operator, left, right)
    default:
      return arithmetic(node, operator, operand(node.left, left, operator), operand(node.right, right, operator))
  }
}

const equal = (node: Node, left: Json, right: Json): boolean => {
  if (left === null || right === null) return left === right
  if (typeof left !== typeof right || isArray(left) !== isArray(right)) {
    return stop(node, `compares ${typeName(left)} with ${typeName(right)}: never equal`)
  }
  return deepEqual(left, right)
}

const deepEqual = (left: Json, right: Json): boolean => {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right
  if (isArray(left) || isArray(right)) {
    return isArray(left) && isArray(right) && left.length === right.length && left.every((value, i) => deepEqual(value, right[i] ?? null))
  }
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length
    && keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key] ?? null, right[key] ?? null))
}

const ordered = (node: Node, operator: "<" | "<=" | ">" | ">=", left: Json, right: Json): boolean => {
  const comparable = (typeof left === "number" && typeof right === "number") || (typeof left === "string" && typeof right === "string")
  if (!comparable) return stop(node, `${operator} compares two numbers or two strings, not ${typeName(left)} and ${typeName(right)}`)
  switch (operator) {
    case "<":
      return left < right
    case "<=":
      return left <= right
    case ">":
      return left > right
    case ">=":
      return left >= right
  }
}

const arithmetic = (node: Node & { readonly kind: "binary" }, operator: Exclude<BinaryOperator, "&&" | "||">, a: number, b: number): number => {
  if ((operator === "/" || operator === "%") && b === 0) return stop(node.right, "division by zero")
  switch (operator) {
    case "+":
      return finite(node, a + b)
    case "-":
      return finite(node, a - b)
    case "*":
      return finite(node, a * b)
    case "/":
      return finite(node, a / b)
    case "%": {
      // The sign of the divisor, as in Python: -1 % 3 is 2.
      const rest = a % b
      return finite(node, rest !== 0 && (rest < 0) !== (b < 0) ? rest + b : rest)
    }
    default:
      return finite(node, a ** b)
  }
}

const finite = (at: Node, value: number): number => {
  if (!Number.isFinite(value)) return stop(at, Number.isNaN(value) ? "the result is not a number" : "the result is too large for a number")
  // -0 and 0 are one parameter value.
  return value === 0 ? 0 : value
}

const call = (node: Node & { readonly kind: "call" }, values: ReadonlyArray<Json>): Json => {
  const known = functions.get(node.name)
  if (known === undefined) return stop(node, `unknown function "${node.name}"`)
  try {
    const value = known.apply(...values)
    if (typeof value !== "number" || Number.isFinite(value)) return typeof value === "number" ? finite(node, value) : value
    return stop(node, `${node.name}(${values.map(shown).join(", ")}) is not a finite number`)
  } catch (problem) {
    if (problem instanceof ArgumentProblem) return stop(node, `${node.name}: ${problem.message}`, `usage: ${known.usage}`)
    throw problem
  }
}
