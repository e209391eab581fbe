/**
 * What is wrong with parameters, in plain words. Words only, so this file too is left out when a stage's code is fingerprinted (like doc.ts).
 */
import { type SchemaAST, SchemaIssue } from "effect"
import { nearest } from "../text/nearest.ts"
import type { ParameterIssue } from "./protocol.ts"
import { keysAt } from "./schema-walk.ts"

// Leaf messages that only the path can complete.
const MISSING = "missing"
const UNKNOWN = "unknown"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey" ? MISSING : issue._tag === "UnexpectedKey" ? UNKNOWN : SchemaIssue.defaultLeafHook(issue)
})

/** One issue for each thing that is wrong, with the path to it. */
export const issuesInWords = (ast: SchemaAST.AST, issue: SchemaIssue.Issue): ReadonlyArray<ParameterIssue> =>
  format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => typeof part === "object" ? part.key : part).map((key) => typeof key === "symbol" ? String(key) : key)
    const key = String(keys.at(-1) ?? "")
    if (message === MISSING) return { path: keys, message: `parameter "${key}" is required` }
    if (message === UNKNOWN) return { path: keys, message: unknownKey(key, keysAt(ast, keys.slice(0, -1))) }
    return { path: keys, message: message.charAt(0).toLowerCase() + message.slice(1) }
  })

const unknownKey = (key: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(key, known)
  if (meant !== undefined) return `unknown parameter "${key}"; did you mean "${meant}"?`
  return known.length === 0 ? `unknown parameter "${key}"; this stage takes none` : `unknown parameter "${key}"; known are ${known.join(", ")}`
}
