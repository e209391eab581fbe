/**
 * Templates: values of the file in which any text may hold `${{ expressions }}`. A text that is one expression keeps the
 * expression's type; an expression inside longer text becomes text. (`${{ "${{" }}` writes the braces themselves.)
 */
import { Result } from "effect"
import type { Json, JsonObject } from "../stage/json.ts"
import { evaluate, type Expression, type ExpressionError, parseExpression, type Reference, references } from "./expression.ts"
import { textOf } from "./expression/functions.ts"
import { closingBraces } from "./expression/tokens.ts"
import type { Template } from "./pipeline.ts"

export type Path = ReadonlyArray<string | number>

/** An expression of a template: the value at `path` holds it as the `part`-th of its text. */
export interface TemplateExpression {
  readonly path: Path
  readonly part: number
  readonly expression: Expression
}

/** What is wrong with one expression of a template; `offset` counts in its source. */
export interface TemplateError extends ExpressionError {
  readonly path: Path
  readonly part: number
  readonly source: string
}

const opening = "${{"
const mostExpressions = 1000

/** A text as a template; every expression in it that does not parse is an error, with `path` left to the caller. */
export const parseText = (text: string): Result.Result<Template, ReadonlyArray<TemplateError>> => {
  const parts: Array<string | Expression> = []
  const errors: Array<TemplateError> = []
  let at = 0
  let part = 0
  for (let open = text.indexOf(opening); open >= 0; open = text.indexOf(opening, at)) {
    if (open > at) parts.push(text.slice(at, open))
    if (part === mostExpressions) return Result.fail([{ message: `a text holds at most ${mostExpressions} expressions`, offset: -opening.length, path: [], part, source: "" }])
    const from = open + opening.length
    const close = closingBraces(text, from)
    const source = text.slice(from, close < 0 ? text.length : close).trim()
    const parsed = parseExpression(source)
    if (Result.isFailure(parsed)) errors.push({ ...parsed.failure, path: [], part, source })
    else if (close < 0) errors.push({ message: "this expression has no closing }}", offset: -opening.length, path: [], part, source })
    else parts.push(parsed.success)
    at = close < 0 ? text.length : close + 2
    part++
    if (close < 0) break
  }
  if (errors.length > 0) return Result.fail(errors)
  if (part === 0) return Result.succeed({ kind: "literal", value: text })
  if (at < text.length) parts.push(text.slice(at))
  const [first] = parts
  return Result.succeed(
    parts.length === 1 && first !== undefined && typeof first !== "string" ? { kind: "expression", expression: first } : { kind: "text", parts }
  )
}

/** The template that stands for a plain value, its texts taken literally. */
export const literalTemplate = (value: Json): Template => {
  if (value === null || typeof value !== "object") return { kind: "literal", value }
  if (Array.isArray(value)) return { kind: "array", items: value.map(literalTemplate) }
  return { kind: "object", entries: Object.fromEntries(Object.entries(value).map(([key, part]) => [key, literalTemplate(part)])) }
}

/** The value of a template in which nothing is left to evaluate; undefined where something is. In an object such parts are left out. */
export const writtenOut = (template: Template): Json | undefined => {
  switch (template.kind) {
    case "literal":
      return template.value
    case "array": {
      const items = template.items.map(writtenOut)
      return items.every((item) => item !== undefined) ? items : undefined
    }
    case "object":
      return writtenOutObject(template.entries)
    default:
      return undefined
  }
}

/** The same for named templates: what of `with` is known before any parameter is. */
export const writtenOutObject = (templates: Readonly<Record<string, Template>>): JsonObject =>
  Object.fromEntries(Object.entries(templates).flatMap(([name, template]): ReadonlyArray<readonly [string, Json]> => {
    const value = writtenOut(template)
    return value === undefined ? [] : [[name, value]]
  }))

export const templateExpressions = (template: Template, path: Path = []): ReadonlyArray<TemplateExpression> => {
  switch (template.kind) {
    case "literal":
      return []
    case "expression":
      return [{ path, part: 0, expression: template.expression }]
    case "text":
      return template.parts.filter((part) => typeof part !== "string").map((expression, part) => ({ path, part, expression }))
    case "array":
      return template.items.flatMap((item, index) => templateExpressions(item, [...path, index]))
    case "object":
      return Object.entries(template.entries).flatMap(([key, entry]) => templateExpressions(entry, [...path, key]))
  }
}

/** Every name that the template reads. */
export const templateReferences = (template: Template): ReadonlyArray<Reference> =>
  templateExpressions(template).flatMap(({ expression }) => references(expression))

/** Names of the parameters that a template reads; undefined when it reads `params` as a whole. */
export const parametersRead = (found: ReadonlyArray<Reference>): ReadonlySet<string> | undefined => {
  const names = new Set<string>()
  for (const { root, path } of found) {
    if (root !== "params") continue
    const [name] = path
    if (typeof name !== "string") return undefined
    names.add(name)
  }
  return names
}

/** @param scope what the root names stand for, as in `evaluate` */
export const evaluateTemplate = (template: Template, scope: JsonObject): Result.Result<Json, TemplateError> => {
  switch (template.kind) {
    case "literal":
      return Result.succeed(template.value)
    case "expression":
      return inPart(evaluate(template.expression, scope), template.expression, 0)
    case "text":
      return evaluateText(template.parts, scope)
    case "array": {
      const items: Array<Json> = []
      for (const [index, item] of template.items.entries()) {
        const value = evaluateTemplate(item, scope)
        if (Result.isFailure(value)) return under(index, value.failure)
        items.push(value.success)
      }
      return Result.succeed(items)
    }
    case "object": {
      const entries: Array<[string, Json]> = []
      for (const [key, entry] of Object.entries(template.entries)) {
        const value = evaluateTemplate(entry, scope)
        if (Result.isFailure(value)) return under(key, value.failure)
        entries.push([key, value.success])
      }
      return Result.succeed(Object.fromEntries(entries))
    }
  }
}

const evaluateText = (parts: ReadonlyArray<string | Expression>, scope: JsonObject): Result.Result<string, TemplateError> => {
  let text = ""
  let part = 0
  for (const piece of parts) {
    if (typeof piece === "string") {
      text += piece
      continue
    }
    const value = inPart(evaluate(piece, scope), piece, part)
    if (Result.isFailure(value)) return Result.fail(value.failure)
    if (value.success === null || typeof value.success === "object") {
      const message = `${value.success === null ? "null" : "an array or object"} cannot stand inside text`
      return Result.fail({ message, offset: 0, path: [], part, source: piece.source, hint: "use join(array, \", \") for the elements of an array" })
    }
    text += textOf(value.success)
    part++
  }
  return Result.succeed(text)
}

const inPart = (result: Result.Result<Json, ExpressionError>, { source }: Expression, part: number): Result.Result<Json, TemplateError> =>
  Result.mapError(result, (error) => ({ ...error, path: [], part, source }))

const under = (step: string | number, error: TemplateError): Result.Result<never, TemplateError> =>
  Result.fail({ ...error, path: [step, ...error.path] })
