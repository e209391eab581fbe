/** Answers one query, or asks for them interactively. */
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { openDatabase } from "../../query/database.ts"
import { encodeResult } from "../../query/encode.ts"
import { formatResult } from "../../query/format.ts"
import { runPrompt } from "../../query/prompt.ts"
import { usageFailure, type CommandFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { notice, terminalWidth } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly sql: string | undefined
  readonly file: string | undefined
  readonly format: "table" | "csv" | "json" | "ndjson" | "markdown" | "arrow" | "parquet" | undefined
  readonly latest: boolean
  readonly pipeline: string | undefined
  readonly output: string | undefined
  readonly all: boolean
}

export const queryAction = Effect.fn("query")(function*(input: Input) {
  const place = yield* findPlace(input)
  const sql = yield* textOf(input)
  const format = input.format ?? "table"
  const isBinary = format === "arrow" || format === "parquet"
  if (isBinary && input.output === undefined && process.stdout.isTTY) {
    return yield* usageFailure(`error: ${format} is nothing for a terminal; name a file with --output`)
  }
  yield* Effect.scoped(Effect.gen(function*() {
    const database = yield* openDatabase({ store: place.store, selection: { kind: input.latest ? "latest" : "all" }, pipeline: input.pipeline })
    for (const note of database.notes) notice(note)
    if (sql === undefined) return yield* runPrompt(database, { width: terminalWidth })
    const result = yield* database.query(sql)
    for (const remark of database.remarks()) notice(remark)
    const answer = isBinary ? yield* encodeResult(result, format)
      // A file has no width, and nobody wants a part of the rows in it.
      : `${formatResult(result, format, input.output === undefined ? { width: terminalWidth(), all: input.all } : { all: true })}\n`
    if (input.output === undefined) process.stdout.write(answer)
    else yield* writeAnswer(input.output, answer)
  }))
})

const writeAnswer = (path: string, answer: string | Uint8Array): Effect.Effect<void, CommandFailure> =>
  Effect.try({
    try: () => writeFileSync(path, answer),
    catch: (cause) => usageFailure(`error: cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`)
  })

/** The query: from the command line, from a file, or, where standard input is no terminal, from there; undefined: ask for it. */
const textOf = (input: Input): Effect.Effect<string | undefined, CommandFailure> => {
  if (input.sql !== undefined && input.file !== undefined) return usageFailure("error: give the query itself or a file with it, not both")
  if (input.sql !== undefined) return Effect.succeed(input.sql)
  const file = input.file ?? (process.stdin.isTTY ? undefined : "-")
  if (file === undefined) return Effect.undefined
  return Effect.try({
    try: () => readFileSync(file === "-" ? 0 : resolve(file), "utf8"),
    catch: (cause) => usageFailure(`error: cannot read the query from ${file}: ${cause instanceof Error ? cause.message : String(cause)}`)
  })
}
