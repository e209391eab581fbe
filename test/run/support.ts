/** Plans and stages made by hand: a stage is a plain module in a temporary folder, run by real worker processes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { Plan, PlannedTask } from "../../src/plan/plan.ts"
import type { RunnableStage } from "../../src/run/decide.ts"
import type { RunEvent } from "../../src/run/events.ts"
import { resolvePlan, type ResolvedTask } from "../../src/run/resolve.ts"
import { runPlan, type RunOptions, type RunResult } from "../../src/run/scheduler.ts"
import type { StoreError } from "../../src/store/error.ts"
import { storePaths } from "../../src/store/paths.ts"
import { Store } from "../../src/store/store.ts"

export interface Laboratory {
  readonly folder: string
  readonly store: string
  /** A stage with one output `out`; `body` is the inside of `async execute(task, host)` after which `write(text)` writes the output. */
  stage(name: string, body: string, options?: { readonly volatile?: boolean }): RunnableStage
  readonly stages: Map<string, RunnableStage>
  remove(): void
}

export const makeLaboratory = (): Laboratory => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-run-"))
  const stages = new Map<string, RunnableStage>()
  mkdirSync(join(folder, "code"))
  return {
    folder,
    store: join(folder, "results"),
    stages,
    stage: (name, body, options = {}) => {
      const text = `
        import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
        import { spawn } from "node:child_process"
        import { setTimeout as sleep } from "node:timers/promises"
        export default {
          async execute(task, host) {
            const read = (name) => task.inputs[name].map((file) => readFileSync(file.path, "utf8")).join("+")
            const write = (text) => writeFileSync(task.outputs.out, text)
            const fail = (message, hint) => ({ ok: false, error: { tag: "StageError", message, hint } })
            ${body}
            return { ok: true, outputs: { out: { rows: 1 } } }
          }
        }`
      const code = createHash("sha256").update(text).digest("hex")
      const bundle = join(folder, "code", `${code}.mjs`)
      writeFileSync(bundle, text)
      const stage: RunnableStage = {
        stage: { volatile: options.volatile ?? false, engine: false, outputs: { out: { kind: "artefact", mediaType: "text/plain", extension: "txt" } } },
        code,
        bundle,
        files: { [`stages/${name}.ts`]: code }
      }
      stages.set(name, stage)
      return stage
    },
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

export interface TaskSketch {
  readonly id: string
  readonly uses: string
  readonly params?: PlannedTask["params"]
  /** Ids of the tasks whose output `out` is given to the input `in`. */
  readonly in?: ReadonlyArray<string>
  readonly retry?: PlannedTask["declaration"]["retry"]
  readonly timeout?: number
  readonly cpus?: number
  readonly gpus?: number
  readonly memoryMiB?: number
  readonly coordinates?: PlannedTask["coordinates"]
}

export const planned = (sketch: TaskSketch): PlannedTask => {
  const stage = sketch.id.split("-")[0] ?? sketch.id
  return {
    id: sketch.id,
    recipe: sketch.id,
    stage,
    uses: sketch.uses,
    params: sketch.params ?? {},
    inputs: sketch.in === undefined ? {} : { in: sketch.in.map((task) => ({ task, output: "out" })) },
    files: {},
    declaration: {
      id: stage,
      uses: sketch.uses,
      with: {},
      in: {},
      when: undefined,
      matrix: {},
      retry: sketch.retry ?? { times: 0, delaySeconds: 0 },
      timeout: sketch.timeout,
      resources: { cpus: sketch.cpus ?? 1, gpus: sketch.gpus ?? 0, memoryMiB: sketch.memoryMiB }
    },
    coordinates: sketch.coordinates ?? [{ sweep: null, values: sketch.params ?? {} }]
  }
}

export const planOf = (...tasks: ReadonlyArray<TaskSketch>): Plan => ({
  pipeline: {
    name: "test",
    description: undefined,
    paper: undefined,
    params: {},
    profiles: {},
    sweeps: [],
    stages: {},
    summaries: {},
    figures: {},
    claims: [],
    source: { file: "test.yaml", text: "name: test\n", locate: () => ({ line: 1, column: 1 }) }
  },
  tasks: tasks.map(planned),
  axes: [],
  asked: {}
})

/** Made before the tests (test/set-up.ts): it starts in half of the time that the sources take. */
const worker = process.env["REPRISE_TEST_WORKER"]

export const runOptions = (laboratory: Laboratory, plan: Plan): RunOptions => ({
  plan,
  ...(worker === undefined ? {} : { worker }),
  stages: laboratory.stages,
  engine: { version: "0", backend: "cpu" },
  project: laboratory.folder,
  jobs: 2,
  failureMode: "continue",
  command: ["reprise", "run", "test.yaml"],
  overrides: {},
  environment: { record: {}, commit: null, dirty: Effect.succeed(false) }
})

export interface Observed extends RunResult {
  readonly events: ReadonlyArray<RunEvent>
}

/** Runs a plan against the laboratory's store. */
export const runIn = (laboratory: Laboratory, plan: Plan, more: Partial<RunOptions> = {}): Effect.Effect<Observed, StoreError> => {
  const events: Array<RunEvent> = []
  return runPlan({ ...runOptions(laboratory, plan), onEvent: (event) => void events.push(event), ...more }).pipe(
    Effect.map((result) => ({ ...result, events })),
    Effect.provide(Store.layer(laboratory.store))
  )
}

/** The events of one type. */
export const of = <T extends RunEvent["type"]>(run: { readonly events: ReadonlyArray<RunEvent> }, type: T) =>
  run.events.filter((event): event is Extract<RunEvent, { readonly type: T }> => event.type === type)

/** Tasks in the order in which they were started. */
export const started = (run: Observed): ReadonlyArray<string> => of(run, "task-started").map(({ task }) => task)

/** What a task wrote. */
export const textOf = (laboratory: Laboratory, run: Observed, task: string): string =>
  readFileSync(storePaths(laboratory.store).object(run.outputs.get(task)?.["out"]?.digest ?? ""), "utf8")

/** What would run, and why. */
export const resolveIn = (laboratory: Laboratory, plan: Plan): Effect.Effect<ReadonlyArray<ResolvedTask>, StoreError> =>
  Effect.provide(resolvePlan(runOptions(laboratory, plan)), Store.layer(laboratory.store))
