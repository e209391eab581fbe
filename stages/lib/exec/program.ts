/** Runs one program: what it is told, how it is started and ended, and what it prints. */
import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect, killLeftovers, killsForMemory, StageError, type StageHost, type TaskRequest } from "../../../src/stage.ts"
import { inContainer } from "./container.ts"
import { environmentOf } from "./environment.ts"
import { failureOf, type OutOfMemory, type ProgramFailed } from "./failures.ts"
import { giveInputs, placeFiles } from "./inputs.ts"
import { outputPlaces, takeOutput } from "./outputs.ts"
import { type ProgramParams, variableOf } from "./params.ts"
import { makeRedaction } from "./redaction.ts"
import { makeReportReader } from "./reports.ts"

const failed = (about: string, hint?: string) => (cause: unknown) =>
  new StageError({ message: `${about}: ${cause instanceof Error ? cause.message : String(cause)}`, ...(hint === undefined ? {} : { hint }), cause })
const attempt = <A>(about: string, body: () => A, hint?: string): Effect.Effect<A, StageError> => Effect.try({ try: body, catch: failed(about, hint) })

export const runProgram = Effect.fn("exec")(function*(params: ProgramParams, task: TaskRequest, host: StageHost) {
  const folder = join(task.scratch, "work")
  const handed = join(task.scratch, "io")
  const outputs = yield* attempt("the program's folder", () => {
    mkdirSync(handed, { recursive: true })
    placeFiles(params.files, folder, task.project)
    return outputPlaces(params, handed)
  }, "A path in `files` may not lead out of the folder.")
  const inputs = yield* Effect.tryPromise({ try: () => giveInputs(params, task, handed), catch: failed("inputs") })
  const metrics = join(handed, "metrics.ndjson")
  const description = join(handed, "task.json")
  yield* attempt("the task's description", () =>
    writeFileSync(description, JSON.stringify({ params: params.params, inputs, outputs, metrics, checkpoint: task.checkpoint, threads: task.threads, gpus: task.gpus ?? [] }, null, 2)))

  const variables = environmentOf(params, process.env, {
    REPRISE_TASK: description,
    REPRISE_METRICS: metrics,
    REPRISE_CHECKPOINT: task.checkpoint,
    REPRISE_THREADS: String(task.threads),
    OMP_NUM_THREADS: params.env["OMP_NUM_THREADS"] ?? String(task.threads),
    ...Object.fromEntries(Object.entries(inputs).flatMap(([name, path]) => (typeof path === "string" ? [[`REPRISE_INPUT_${variableOf(name)}`, path]] : []))),
    ...Object.fromEntries(Object.entries(outputs).map(([name, path]) => [`REPRISE_OUTPUT_${variableOf(name)}`, path]))
  })
  const command = "shell" in params.run ? ["sh", "-euc", params.run.shell] : params.run
  const whole = params.container === undefined ? command : inContainer(params, params.container, command, {
    cwd: folder,
    readable: Object.values(task.inputs).flat().map(({ path }) => path),
    writable: [task.scratch, dirname(task.checkpoint)],
    variables: Object.keys(variables),
    gpus: task.gpus ?? []
  })
  yield* run(whole, folder, variables, makeRedaction(params.secrets, process.env), metrics, host)
  yield* Effect.forEach(Object.entries(params.outputs), ([name, output]) => takeOutput(name, output, outputs[name] ?? "", task))
})

const pollMs = 200
/** How long a program that is told to stop may take. */
const graceMs = 3_000
const lastLines = 5

const run = (
  [program = "", ...parameters]: ReadonlyArray<string>,
  cwd: string,
  env: Record<string, string>,
  redaction: ReturnType<typeof makeRedaction>,
  metrics: string,
  host: StageHost
): Effect.Effect<void, StageError | ProgramFailed | OutOfMemory> =>
  Effect.callback<void, StageError | ProgramFailed | OutOfMemory>((resume) => {
    const killsBefore = killsForMemory()
    const child = spawn(program, parameters, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const reports = makeReportReader(metrics, (event) =>
      host.emit((event.type === "progress" || event.type === "log") && event.message !== undefined ? { ...event, message: redaction.whole(event.message) } : event))
    const timer = setInterval(reports.read, pollMs)
    let tail = ""
    const print = (text: string) => {
      tail = (tail + text).split("\n").slice(-lastLines - 1).join("\n")
      if (text !== "") process.stdout.write(text)
    }
    const streams = [child.stdout, child.stderr].map((stream) => {
      const clean = redaction.stream()
      stream.setEncoding("utf8").on("data", (chunk: string) => print(clean.push(chunk)))
      return clean
    })
    const settle = (result: () => Effect.Effect<void, StageError | ProgramFailed | OutOfMemory>) => {
      clearInterval(timer)
      killLeftovers()
      reports.end()
      for (const stream of streams) print(stream.end())
      resume(result())
    }
    child.on("error", (cause) => settle(() => Effect.fail(new StageError({
      message: `${program} could not be started: ${cause.message}`,
      hint: "Is it installed, and on the PATH? A script of the project is named under `files`, and started by its interpreter: [python3, train.py].",
      cause
    }))))
    // The pipes may outlive the program, where it left something running that holds them.
    child.on("exit", (code, signal) => {
      setTimeout(() => settle(() => code === 0 ? Effect.void : Effect.fail(failureOf(program, { code, signal, tail, kernelKilled: killsForMemory() !== killsBefore }))), 10)
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
