/** Turns DuckDB's words for a mistake into ours where the user would be led astray. Pure. */
import { suggest } from "../spec/suggest.ts"
import { QueryError } from "./error.ts"

/** What can be asked, for advice. */
export interface Askable {
  readonly store: string
  /** Schema whose views need no prefix. */
  readonly pipeline: string | undefined
  readonly tables: ReadonlyArray<{ readonly schema: string; readonly name: string }>
}

const shownNames = 20

/** As one would write it in a query. */
export const spokenName = (table: { readonly schema: string; readonly name: string }, pipeline: string | undefined): string =>
  table.schema === pipeline || table.schema === "main" ? spokenPart(table.name) : `${spokenPart(table.schema)}.${spokenPart(table.name)}`

const spokenPart = (name: string): string => /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll("\"", "\"\"")}"`

const unknownTable = (written: string, askable: Askable): string => {
  const views = askable.tables.filter((table) => table.schema !== "main")
  if (views.length === 0) return `The store ${askable.store} holds no results yet: run a pipeline first.`
  const near = suggest(written, new Set(askable.tables.map((table) => table.name)))
  const meant = askable.tables.find((table) => table.name === near)
  if (meant !== undefined) return `Did you mean ${spokenName(meant, askable.pipeline)}?`
  const names = [...new Set(askable.tables.map((table) => spokenName(table, askable.pipeline)))]
  const rest = names.length - shownNames
  return `There are ${names.slice(0, shownNames).join(", ")}${rest > 0 ? ` and ${rest} more (show all tables)` : ""}.`
}

export const advise = (error: QueryError, askable: Askable): QueryError => {
  if (error.hint !== undefined) return error
  const message = error.message.replace(/^Failed to extract statements: /, "")
  if (message.includes("file system operations are disabled by configuration")) {
    return new QueryError({ message: "A query sees the store's tables and no files.", hint: "To write an answer to a file, give the command --output FILE.", cause: error })
  }
  const missing = /Table with name "?(.+?)"? does not exist/.exec(message)?.[1]
  // DuckDB suggests its own system tables.
  if (missing !== undefined) return new QueryError({ message: message.replace(/\nDid you mean [^\n]*/, ""), hint: unknownTable(missing, askable), cause: error })
  return new QueryError({ message, cause: error })
}
