/**
 * Whether a query gives the same answer as long as the results of its pipeline are the same: it reads no table of the store's own (`runs` has a row more after each
 * run) and calls nothing that DuckDB itself does not say is consistent (`random`, `now`, table functions, macros). Told by the words of its text, and on the safe side: a query that
 * only looks unsteady is asked again each time, and that is all.
 */
import { Effect } from "effect"
import type { Database } from "../../query/database.ts"
import type { QueryError } from "../../query/error.ts"

const unsteadyFunctions = "select distinct lower(function_name) from duckdb_functions() where stability is distinct from 'CONSISTENT'"
/** Functions that are written without brackets, samples, and what tells of the database itself. */
const unsteadyWord = /^(tablesample|current_\w+|localtime\w*|(duckdb|pg|pragma|sqlite|information)_\w+)$/

/** A string, a comment, a name in quotes, a word or a sign. No text in a string is read as anything but itself: DuckDB refuses 'now' for a time. */
const token = /'(?:[^']|'')*'|--[^\n]*|\/\*[^]*?\*\/|"(?:[^"]|"")*"|[a-z_]\w*|\S/g

/** Words and signs, in lower case and without quotes; undefined where strings are written in a way that would need a closer look. */
const wordsOf = (query: string): ReadonlyArray<string> | undefined => {
  const tokens = (query.toLowerCase().match(token) ?? []).filter((each) => !/^(--|\/\*)/.test(each))
  const isOdd = tokens.some((each, at) => each === "$" || (each.startsWith("'") && /^[a-z]$/.test(tokens[at - 1] ?? "")))
  return isOdd ? undefined : tokens.filter((each) => !each.startsWith("'")).map((each) => (each.startsWith("\"") ? each.slice(1, -1) : each))
}

/** A judge of queries that `database` answers. */
export const steadiness = (database: Database): Effect.Effect<(query: string) => boolean, QueryError> =>
  Effect.map(database.query(unsteadyFunctions), ({ rows }) => {
    const functions = new Set(rows.map(([name]) => String(name)))
    const ofStore = new Set(database.tables.filter(({ schema }) => schema === "main").map(({ name }) => name.toLowerCase()))
    return (query) => {
      const words = wordsOf(query) ?? []
      const ownTable = words[0] === "with" ? words[1] : undefined // hides the store's of that name in all that follows
      return words.length > 0 && words.every((word, at) => {
        const [before, after] = [words[at - 1], words[at + 1]]
        if (unsteadyWord.test(word) || (word === "sample" && before === "using")) return false
        return !(after === "(" && functions.has(word)) && !(ofStore.has(word) && word !== ownTable && before !== "as")
      })
    }
  })
