/** The interactive prompt: statements until `;`, a few dot commands, history, and completion of names. */
import { Effect } from "effect"
import { appendFileSync, mkdirSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { spokenName } from "./advice.ts"
import type { Database } from "./database.ts"
import type { QueryError } from "./error.ts"
import { formatResult } from "./format.ts"

export interface PromptOptions {
  readonly input?: NodeJS.ReadableStream | undefined
  readonly output?: NodeJS.WritableStream | undefined
  readonly width?: (() => number | undefined) | undefined
  /** Where statements are remembered; undefined: nowhere. */
  readonly history?: string | undefined
}

const help = `Statements end with a semicolon and may go over several lines.
  .tables         what can be asked
  .schema NAME    the columns of a table
  .help           this
  .quit           leave (so does Ctrl-D)`

const keywords = ["select", "from", "where", "group by", "order by", "limit", "having", "join", "using", "describe", "summarize", "avg", "count", "sum", "min", "max", "stddev", "median"]

/** Where statements are remembered between sessions. */
export const historyFile = (): string => join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "reprise", "history")

/** Completions of the word that the line ends with: names of tables and columns, words of SQL, dot commands. Pure. */
export const complete = (line: string, database: Pick<Database, "tables" | "pipeline">): readonly [ReadonlyArray<string>, string] => {
  if (/^\s*\.\w*$/.test(line)) {
    const word = line.trimStart()
    return [[".tables", ".schema", ".help", ".quit"].filter((command) => command.startsWith(word)), word]
  }
  const word = /[\w."]*$/.exec(line)?.[0] ?? ""
  if (word === "") return [[], ""]
  const names = new Set([
    ...database.tables.flatMap((table) => [spokenName(table, database.pipeline), ...table.columns]),
    ...keywords
  ])
  return [[...names].filter((name) => name.toLowerCase().startsWith(word.toLowerCase())).sort(), word]
}

/** Whether the text, outside of quotes and comments, ends its last statement. Pure. */
export const isComplete = (text: string): boolean =>
  /;\s*$/.test(text.replaceAll(/'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$)/g, ""))

const listing = (database: Database): string =>
  database.tables.map((table) => `${spokenName(table, database.pipeline)}  (${table.columns.slice(0, 8).join(", ")}${table.columns.length > 8 ? ", …" : ""})`).join("\n")

const schemaText = (database: Database, name: string): Effect.Effect<string, QueryError> => {
  const found = database.tables.find((table) => spokenName(table, database.pipeline) === name || table.name === name)
  return found === undefined
    ? Effect.succeed(`There is no table ${name}. .tables lists them.`)
    : Effect.map(database.query(`describe ${spokenName(found, database.pipeline)}`), (result) =>
      formatResult({ columns: result.columns.slice(0, 2), rows: result.rows.map((row) => row.slice(0, 2)) }, "table", { all: true }))
}

const remembered = (file: string | undefined): Array<string> => {
  if (file === undefined) return []
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-1000).toReversed()
  } catch {
    return []
  }
}

const remember = (file: string | undefined, statement: string): void => {
  if (file === undefined) return
  try {
    mkdirSync(dirname(file), { recursive: true })
    appendFileSync(file, `${statement.replaceAll(/\s*\n\s*/g, " ")}\n`, { mode: 0o600 })
  } catch {
    // A prompt without a memory is still a prompt.
  }
}

/** Asks until the input ends or the user leaves. */
export const runPrompt = (database: Database, options: PromptOptions = {}): Effect.Effect<void> => {
  const input = options.input ?? process.stdin
  const output = options.output ?? process.stdout
  const history = "history" in options ? options.history : historyFile()
  const width = options.width ?? (() => process.stdout.columns)
  const say = (text: string) => void output.write(`${text}\n`)
  const failure = (error: QueryError) => error.hint === undefined ? error.message : `${error.message}\n${error.hint}`

  const made = new Set<string>()
  const newRemarks = () => database.remarks().filter((remark) => !made.has(remark) && made.add(remark))

  const answer = (text: string): Effect.Effect<string> => {
    const [command = "", argument = ""] = text.trim().replace(/;$/, "").split(/\s+/)
    const told = command === ".help" ? Effect.succeed(help)
      : command === ".tables" ? Effect.succeed(listing(database))
      : command === ".schema" ? schemaText(database, argument)
      : command.startsWith(".") ? Effect.succeed(`There is no ${command}.\n${help}`)
      : Effect.map(database.script(text), (results) => [...results.map((result) => formatResult(result, "table", { width: width() })), ...newRemarks()].join("\n\n"))
    return Effect.match(told, { onSuccess: (text) => text, onFailure: failure })
  }

  return Effect.scoped(Effect.gen(function*() {
    const lines = yield* Effect.acquireRelease(
      Effect.sync(() => openLines(input, output, remembered(history), (line) => complete(line, database))),
      (lines) => Effect.sync(lines.close)
    )
    say("Ask in SQL; end with a semicolon. .tables lists what there is, .help the rest.")
    let pending = ""
    for (;;) {
      const line = yield* lines.next(pending === "" ? "reprise> " : "     ...> ")
      if (line === "end") break
      if (line === "abandon") {
        pending = ""
        continue
      }
      const text = pending === "" ? line.text : `${pending}\n${line.text}`
      if (text.trim() === "") continue
      const isCommand = pending === "" && text.trimStart().startsWith(".")
      if (isCommand && /^\s*\.(quit|exit|q)\b/.test(text)) break
      if (!isCommand && !isComplete(text)) {
        pending = text
        continue
      }
      pending = ""
      remember(history, text)
      say(yield* Effect.raceFirst(answer(text), Effect.as(lines.interrupted, "Interrupted.")))
    }
  }))
}

type Line = { readonly text: string } | "abandon" | "end"

interface Lines {
  /** The next line; `abandon` when the user gives up the statement, `end` when nothing more will come. */
  next(prompt: string): Effect.Effect<Line>
  /** Ends when the user presses Ctrl-C while nothing is asked for. */
  readonly interrupted: Effect.Effect<void>
  close(): void
}

/** Lines as they are typed, each asked for in turn; what is pasted at once waits. */
const openLines = (
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  history: Array<string>,
  completer: (line: string) => readonly [ReadonlyArray<string>, string]
): Lines => {
  const reader = createInterface({
    input, output, history, historySize: 1000, removeHistoryDuplicates: true,
    completer: (line: string) => {
      const [found, word] = completer(line)
      return [[...found], word]
    }
  })
  const waiting: Array<Line> = []
  let taker: ((line: Line) => void) | undefined
  let closed = false
  const give = (line: Line): void => {
    const take = taker
    taker = undefined // before it is called: it may ask for the next line at once
    if (take === undefined) waiting.push(line)
    else take(line)
  }
  reader.on("line", (text) => give({ text }))
  reader.on("close", () => {
    closed = true
    give("end")
  })
  // Ctrl-C gives up the statement being answered or typed, and on an empty line it leaves.
  let prompting = ""
  let stop: (() => void) | undefined
  reader.on("SIGINT", () => {
    if (taker === undefined) return stop?.()
    if (reader.line === "" && prompting.startsWith("reprise")) return reader.close()
    output.write("^C\n")
    reader.write(null, { ctrl: true, name: "e" })
    reader.write(null, { ctrl: true, name: "u" })
    give("abandon")
  })
  return {
    next: (prompt) => Effect.callback<Line>((resume) => {
      const early = waiting.shift()
      if (early !== undefined) return resume(Effect.succeed(early))
      if (closed) return resume(Effect.succeed("end"))
      taker = (line) => resume(Effect.succeed(line))
      prompting = prompt
      reader.setPrompt(prompt)
      reader.prompt()
    }),
    interrupted: Effect.callback<void>((resume) => {
      stop = () => resume(Effect.void)
    }),
    close: () => reader.close()
  }
}
