/** Runs one program: its folder, what it is told, what it prints, and what it leaves. */
import { spawn } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join, resolve, sep } from "node:path"
import { Effect, type Json, StageError, type StageHost, type TaskRequest } from "../../../src/stage.ts"
import type { CsvType } from "../../data/lib/csv.ts"
import { environmentOf, makeRedaction, type Chosen } from "./environment.ts"
import { killLeftovers } from "./leftovers.ts"
import { makeReportReader } from "./reports.ts"
import { giveTable, takeTable, type Format } from "./tables.ts"

export interface ProgramParams extends Chosen {
  readonly run: ReadonlyArray<string> | { readonly shell: string }
  readonly files: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, Json>>
  readonly outputs: Readonly<Record<string, { readonly table: Format; readonly columns?: Readonly<Record<string, CsvType>> } | { readonly file: string } | { readonly model: string }>>
  readonly as: Readonly<Record<string, Format>>
  readonly gather: ReadonlyArray<string>
}

const attempt = <A>(about: string, body: () => A, hint?: string): Effect.Effect<A, StageError> =>
  Effect.try({ try: body, catch: (cause) => new StageError({ message: `${about}: ${cause instanceof Error ? cause.message : String(cause)}`, ...(hint === undefined ? {} : { hint }), cause }) })

export const runProgram = Effect.fn("exec")(function*(params: ProgramParams, task: TaskRequest, host: StageHost) {
  const folder = join(task.scratch, "work")
  const handed = join(task.scratch, "io")
  yield* attempt("the program's folder", () => {
    mkdirSync(handed, { recursive: true })
    placeFiles(params.files, folder, task.project)
  }, "A path in `files` may not lead out of the folder.")
  const inputs = yield* attempt("inputs", () => giveInputs(params, task, handed))
  const outputs = Object.fromEntries(Object.entries(params.outputs).map(([name, output]) => [name, join(handed, `out-${name}${"table" in output ? `.${output.table}` : "model" in output ? ".onnx" : ""}`)]))
  const metrics = join(handed, "metrics.ndjson")
  const description = join(handed, "task.json")
  yield* attempt("the task's description", () =>
    writeFileSync(description, JSON.stringify({ params: params.params, inputs, outputs, metrics, checkpoint: task.checkpoint, threads: task.threads }, null, 2)))

  const environment = environmentOf(params, process.env, {
    REPRISE_TASK: description,
    REPRISE_METRICS: metrics,
    REPRISE_CHECKPOINT: task.checkpoint,
    REPRISE_THREADS: String(task.threads),
    OMP_NUM_THREADS: params.env["OMP_NUM_THREADS"] ?? String(task.threads),
    ...Object.fromEntries(Object.entries(inputs).flatMap(([name, path]) => (typeof path === "string" ? [[`REPRISE_INPUT_${variable(name)}`, path]] : []))),
    ...Object.fromEntries(Object.entries(outputs).map(([name, path]) => [`REPRISE_OUTPUT_${variable(name)}`, path]))
  })
  yield* run(params, folder, environment, metrics, host)
  yield* Effect.forEach(Object.entries(params.outputs), ([name, output]) => takeOutput(name, output, outputs[name] ?? "", task))
})

const variable = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")

/** Copies, so that the program can neither change the project nor find there what it did not declare. */
const placeFiles = (files: ProgramParams["files"], folder: string, project: string): void => {
  mkdirSync(folder, { recursive: true })
  for (const [name, source] of Object.entries(files)) {
    const place = resolve(folder, name)
    if (!place.startsWith(folder + sep)) throw new Error(`${name} leads out of it`)
    mkdirSync(dirname(place), { recursive: true })
    copyFileSync(resolve(project, source), place)
  }
}

interface Gathered {
  readonly path: string
  readonly coordinates: Readonly<Record<string, Json>>
}

const giveInputs = (params: ProgramParams, task: TaskRequest, folder: string): Readonly<Record<string, string | ReadonlyArray<Gathered>>> =>
  Object.fromEntries(Object.entries(task.inputs).map(([name, files]) => {
    const given = files.map(({ coordinates, kind, path }, at) => {
      const format = params.as[name] ?? "arrow"
      if (format === "arrow" || (kind !== "table" && kind !== "dataset")) return { path, coordinates }
      const place = join(folder, `in-${name}-${at}.${format}`)
      giveTable(path, place, format)
      return { path: place, coordinates }
    })
    return [name, params.gather.includes(name) ? given : given[0]?.path ?? ""]
  }))

const takeOutput = (name: string, output: ProgramParams["outputs"][string], from: string, task: TaskRequest): Effect.Effect<void, StageError> => {
  const to = task.outputs[name]
  if (!existsSync(from) || to === undefined) {
    return Effect.fail(new StageError({ message: `The program ended well and did not write its output "${name}".`, hint: `It finds the path in the environment variable REPRISE_OUTPUT_${variable(name)}, and under outputs.${name} in the file that REPRISE_TASK names.` }))
  }
  return attempt(`output "${name}"`, () => {
    if ("table" in output) takeTable(from, to, output.table, output.columns ?? {})
    else renameSync(from, to)
  }, "Correct what the program writes, or the output's format.")
}

const pollMs = 200
/** How long a program that is told to stop may take. */
const graceMs = 3_000
const lastLines = 5

const run = (params: ProgramParams, cwd: string, env: Record<string, string>, metrics: string, host: StageHost): Effect.Effect<void, StageError> =>
  Effect.callback<void, StageError>((resume) => {
    const [program = "", ...parameters] = "shell" in params.run ? ["sh", "-euc", params.run.shell] : params.run
    const redact = makeRedaction(params.secrets, process.env)
    const child = spawn(program, parameters, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const reports = makeReportReader(metrics, host.emit)
    const timer = setInterval(reports.read, pollMs)
    let tail = ""
    const print = (chunk: string) => {
      const text = redact(chunk)
      tail = (tail + text).split("\n").slice(-lastLines - 1).join("\n")
      process.stdout.write(text)
    }
    child.stdout.setEncoding("utf8").on("data", print)
    child.stderr.setEncoding("utf8").on("data", print)
    const settle = (result: Effect.Effect<void, StageError>) => {
      clearInterval(timer)
      killLeftovers()
      reports.end()
      resume(result)
    }
    child.on("error", (cause) => settle(Effect.fail(new StageError({
      message: `${program} could not be started: ${cause.message}`,
      hint: "Is it installed, and on the PATH? A script of the project is named under `files`, and started by its interpreter: [python3, train.py].",
      cause
    }))))
    // The pipes may outlive the program, where it left something running that holds them.
    child.on("exit", (code, signal) => {
      setTimeout(() => {
        if (code === 0) return settle(Effect.void)
        const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`
        settle(Effect.fail(new StageError({ message: `${program} ${how}.${tail.trim() === "" ? "" : ` Its last words:\n${tail.trimEnd()}`}` })))
      }, 10)
    })
    return Effect.callback<void>((stopped) => {
      const kill = setTimeout(() => child.kill("SIGKILL"), graceMs)
      child.once("exit", () => {
        clearTimeout(kill)
        clearInterval(timer)
        killLeftovers()
        stopped(Effect.void)
      })
      child.kill("SIGTERM")
    })
  })
