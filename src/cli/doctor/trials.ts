/**
 * Trying what needs native code. Each part is tried in a process of its own (`reprise doctor --try NAME`), so that a crash there is
 * a finding here.
 */
import { Effect, Result, Schema } from "effect"
import { join } from "node:path"
import { sessionOptionsOf } from "../../tensor/backends/config.ts"
import { chooseBackend } from "../backend.ts"
import type { Place } from "../place.ts"
import { ask } from "./ask.ts"

/** What a process that tries something prints, as its last line. */
const Outcome = Schema.Struct({
  runs: Schema.Boolean,
  /** Why it does not run. */
  reason: Schema.optionalKey(Schema.String),
  version: Schema.optionalKey(Schema.String),
  ms: Schema.optionalKey(Schema.Finite),
  difference: Schema.optionalKey(Schema.Finite),
  /** What runs on the processor instead. */
  elsewhere: Schema.optionalKey(Schema.Array(Schema.String))
})
export type Outcome = typeof Outcome["Type"]

const DATABASE = "duckdb"
/** SwiftShader takes half a minute for its first shaders on a slow machine. */
const LIMIT_MS = 90_000

/** In the process of its own: tries a backend, or the database. Never fails. */
export const tryHere = (name: string, place: Place): Effect.Effect<Outcome> =>
  (name === DATABASE ? tryDatabase : tryEngine(name, place)).pipe(
    Effect.catchCause((cause) => Effect.succeed<Outcome>({ runs: false, reason: String(cause) }))
  )

const tryEngine = (name: string, place: Place) => Effect.gen(function*() {
  const { tryBackend } = yield* Effect.promise(() => import("../../tensor/backends/trial.ts"))
  const engine = yield* chooseBackend(name, place)
  const options = yield* Effect.fromResult(sessionOptionsOf(engine.backend, engine.config, 1))
  const trial = yield* tryBackend(options)
  return { runs: true, version: `${engine.name ?? "onnxruntime"} ${engine.version} (${engine.backend})`, ...trial } satisfies Outcome
}).pipe(Effect.catch((error) => Effect.succeed<Outcome>({ runs: false, reason: error.message.replace(/^error: /, "").replace(" `reprise doctor` says what this machine has.", "") })))

const tryDatabase: Effect.Effect<Outcome> = Effect.promise(async () => {
  const { DuckDBInstance } = await import("@duckdb/node-api")
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  const rows = (await connection.runAndReadAll("select version()")).getRows()
  connection.closeSync()
  return { runs: true, version: String(rows[0]?.[0] ?? "") }
})

/** Starts that process and takes what it says, or how it ended. */
export const tryApart = async (name: string, place: Place): Promise<Outcome> => {
  const parameters = [join(place.packageRoot, "bin", "reprise.mjs"), "doctor", "--try", name, "--project", place.project]
  const { stdout, stderr, code, signal } = await ask(process.execPath, parameters, LIMIT_MS)
  const line = stdout.trim().split("\n").at(-1) ?? ""
  const outcome = Schema.decodeResult(Schema.fromJsonString(Outcome))(line)
  if (Result.isSuccess(outcome)) return outcome.success
  const ended = signal === undefined ? `exit code ${code ?? "unknown"}` : signal === "SIGTERM" ? `ended after ${LIMIT_MS / 1000} s` : `the native library crashed: ${signal}`
  return { runs: false, reason: [ended, stderr.trim().split("\n").at(-1) ?? ""].filter((part) => part !== "").join("; ") }
}

/** DuckDB and every backend that `--backend` takes. */
export const tryAll = async (backends: ReadonlyArray<string>, place: Place): Promise<{ readonly database: Outcome; readonly backends: Readonly<Record<string, Outcome>> }> => {
  const database = tryApart(DATABASE, place)
  const outcomes: Record<string, Outcome> = {}
  // One after the other: they want the same cores, and the time is reported.
  for (const name of backends) outcomes[name] = await tryApart(name, place)
  return { database: await database, backends: outcomes }
}
