/** Running a stage's code on one task: the context it sees, and how its end becomes a plain outcome. */
import { isAbsolute, resolve } from "node:path"
import { Cause, Effect, Exit, Result, type Scope } from "effect"
import type { Inputs, Outputs, StageContext } from "./context.ts"
import { paramsDecoder, type ParamsSchema } from "./decode.ts"
import { StageError } from "./error.ts"
import { readIfThere, replaceFile } from "./files.ts"
import { openInput } from "./inputs.ts"
import { openOutput, type OpenOutput } from "./outputs.ts"
import type { InputSpec, OutputFacts, OutputSpec, ParameterIssue, StageHost, StageOutcome, TaskRequest } from "./protocol.ts"
import { randomStream } from "./random.ts"

/** How a stage may fail on purpose: any tagged error with a message; a `hint` tells what to do about it. */
export interface StageFailure {
  readonly _tag: string
  readonly message: string
  readonly hint?: string
  /** Of a program that the stage ran. */
  readonly exitCode?: number
}

/** A stage as execution sees it: which types its author gave its inputs and outputs is forgotten. */
export interface Executable<P> {
  readonly name: string
  readonly params: ParamsSchema<P>
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly outputs: Readonly<Record<string, OutputSpec>>
  run(context: ErasedContext<P>): Effect.Effect<void, StageFailure, Scope.Scope>
}

/** `StageContext` (context.ts) without the types of the stage's own inputs and outputs. */
export interface ErasedContext<P> extends Omit<StageContext<P, Inputs, Outputs>, "inputs" | "outputs"> {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
}

/** Milliseconds between two progress messages: ten a second are enough to look at, and more would slow short steps down. */
const progressInterval = 100

/**
 * Resolves to the outcome; a defect of the stage's code rejects with its own stack. An abort of the host's signal interrupts the
 * stage, which runs its finalizers; the outcome is then a failure tagged `Interrupted`.
 */
export const executeStage = async <P>(stage: Executable<P>, task: TaskRequest, host: StageHost): Promise<StageOutcome> => {
  if (host.signal.aborted) return interrupted
  const exit = await Effect.runPromiseExit(runTask(stage, task, host), { signal: host.signal })
  if (Exit.isSuccess(exit)) return { ok: true, outputs: exit.value }
  const defect = Cause.findDefect(exit.cause)
  if (Result.isSuccess(defect)) throw defect.success
  const failure = Cause.findError(exit.cause)
  if (Result.isFailure(failure)) return interrupted
  const { _tag: tag, exitCode, hint, message } = failure.success
  return { ok: false, error: { tag, message, ...(hint === undefined ? {} : { hint }), ...(exitCode === undefined ? {} : { exitCode }) } }
}

const interrupted: StageOutcome = { ok: false, error: { tag: "Interrupted", message: "stopped before it had finished" } }

const runTask = <P>(stage: Executable<P>, task: TaskRequest, host: StageHost): Effect.Effect<Record<string, OutputFacts>, StageFailure> =>
  Effect.gen(function*() {
    const params = yield* Effect.mapError(Effect.fromResult(paramsDecoder(stage.params)(task.params)), badParameters)
    const inputs: Record<string, unknown> = {}
    for (const [name, spec] of Object.entries(stage.inputs)) inputs[name] = yield* openInput(name, spec, task.inputs[name] ?? [])
    const open: Record<string, OpenOutput> = {}
    for (const [name, spec] of Object.entries(stage.outputs)) {
      const path = task.outputs[name]
      if (path === undefined) return yield* new StageError({ message: `the task gives no place for output "${name}"` })
      open[name] = openOutput(name, spec, path)
    }
    const outputs = Object.fromEntries(Object.entries(open).map(([name, output]) => [name, output.writer]))
    const facts: Record<string, OutputFacts> = {}
    yield* Effect.scoped(stage.run(contextOf(stage.name, params, inputs, outputs, task, host))).pipe(
      Effect.andThen(Effect.gen(function*() {
        for (const [name, output] of Object.entries(open)) facts[name] = yield* output.finish
      })),
      Effect.onError(() => Effect.sync(() => {
        for (const output of Object.values(open)) output.abandon()
      }))
    )
    return facts
  })

const badParameters = (issues: ReadonlyArray<ParameterIssue>) =>
  new StageError({ message: issues.map(({ path, message }) => `${path.length === 0 ? "with" : path.join(".")}: ${message}`).join("\n") })

const contextOf = <P>(
  stage: string,
  params: P,
  inputs: Readonly<Record<string, unknown>>,
  outputs: Readonly<Record<string, unknown>>,
  task: TaskRequest,
  host: StageHost
): ErasedContext<P> => {
  let lastProgress = -Infinity
  return {
    params,
    inputs,
    outputs,
    random: (seed, purpose) => randomStream(seed, stage, purpose),
    progress: (done, total, message) => Effect.suspend(() => {
      const now = performance.now()
      if (now - lastProgress < progressInterval && done < total) return Effect.void
      lastProgress = now
      host.emit({ type: "progress", done, total, ...(message === undefined ? {} : { message }) })
      // Lets an abort be heard by a stage that otherwise only computes.
      return Effect.yieldNow
    }),
    metric: (name, value, step) => Effect.sync(() => host.emit({ type: "metric", name, value, step })),
    log: (message, level = "info") => Effect.sync(() => host.emit({ type: "log", level, message })),
    checkpoint: {
      load: readIfThere("checkpoint", task.checkpoint),
      save: (bytes) => replaceFile("checkpoint", task.checkpoint, bytes)
    },
    scratch: task.scratch,
    file: (path) => isAbsolute(path) ? path : resolve(task.project, path),
    threads: task.threads,
    backend: task.backend,
    ...(task.backendConfig === undefined ? {} : { backendConfig: task.backendConfig })
  }
}
