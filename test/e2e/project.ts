/**
 * A project of its own in a temporary folder, with small stages that take milliseconds, and the real command run in it. A
 * number line is all the mathematics: `toy/points` gives x = 0 .. n-1, `toy/scale` multiplies, `toy/mean` averages.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import { takePlace } from "./places.ts"

const command = join(import.meta.dirname, "..", "..", "bin", "reprise.mjs")

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Project {
  readonly folder: string
  write(path: string, content: string | Uint8Array): void
  /** Runs `reprise` with these parameters, to its end. */
  reprise(...parameters: ReadonlyArray<string>): Outcome
  /** Starts it and comes back at once. */
  start(...parameters: ReadonlyArray<string>): ChildProcess
}

// As from a shell without a terminal: not from a script of npm's, which would show in the advice that the command gives.
const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")))
const environment = { ...inherited, NO_COLOR: "1", FORCE_COLOR: "", REPRISE_SOURCES: "" }

/** Given back when the test is over; or, with `afterAll`, when all of a group are that share it. */
export const makeProject = (files: Readonly<Record<string, string>> = toyProject, whenOver: (cleanUp: () => void) => void = onTestFinished): Project => {
  const { abandon, folder, giveBack } = takePlace(files)
  let isLeft = false
  whenOver(() => isLeft ? abandon() : giveBack())
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  for (const [path, content] of Object.entries(files)) if (!existsSync(join(folder, path))) write(path, content)
  return {
    folder,
    write,
    reprise: (...parameters) => {
      const run = spawnSync(process.execPath, [command, ...parameters], { cwd: folder, encoding: "utf8", env: environment, timeout: 60_000 })
      return { code: run.status, out: run.stdout, err: run.stderr }
    },
    start: (...parameters) => {
      isLeft = true
      return spawn(process.execPath, [command, ...parameters], { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] })
    }
  }
}

export const pointsStage = `
import { Count, defineStage, doc, field, Float64, Schema, table } from "reprise/stage"
import { line } from "./lib/line.ts"

export default defineStage({
  name: "toy/points",
  summary: doc("The numbers 0 to n - 1."),
  params: Schema.Struct({ n: field(Count, doc("How many.")) }),
  inputs: {},
  outputs: { points: table({ x: Float64 }) },
  run: (ctx) => ctx.outputs.points.append(line(ctx.params.n))
})
`
export const lineHelper = `
export const line = (n: number) => Array.from({ length: n }, (_, x) => ({ x }))
`
export const scaleStage = `
import { defineStage, doc, Effect, field, Float64, Schema, StageError, table } from "reprise/stage"

export default defineStage({
  name: "toy/scale",
  summary: doc("Multiplies every number by a factor, which may not be 13."),
  params: Schema.Struct({ factor: field(Schema.Finite, doc("What to multiply by."), 1) }),
  inputs: { points: table({ x: Float64 }) },
  outputs: { points: table({ x: Float64 }) },
  run: (ctx) => Effect.gen(function*() {
    if (ctx.params.factor === 13) return yield* new StageError({ message: "13 brings bad luck", hint: "choose another factor" })
    const { columns, rows } = yield* ctx.inputs.points.read
    const x = columns["x"] ?? []
    yield* ctx.outputs.points.append(Array.from({ length: rows }, (_, i) => ({ x: Number(x[i]) * ctx.params.factor })))
  })
})
`
export const meanStage = `
import { defineStage, doc, Effect, Float64, Int32, Schema, table } from "reprise/stage"

export default defineStage({
  name: "toy/mean",
  summary: doc("The mean."),
  params: Schema.Struct({}),
  inputs: { points: table({ x: Float64 }) },
  outputs: { stat: table({ mean: Float64, count: Int32 }) },
  run: (ctx) => Effect.gen(function*() {
    const { columns, rows } = yield* ctx.inputs.points.read
    const x = Array.from(columns["x"] ?? [], Number)
    yield* ctx.outputs.stat.append([{ mean: x.reduce((sum, value) => sum + value, 0) / rows, count: rows }])
  })
})
`
/** Sleeps, saying so, until told to stop. */
export const slowStage = `
import { defineStage, doc, Effect, field, Float64, Schema, table } from "reprise/stage"

export default defineStage({
  name: "toy/slow",
  summary: doc("Takes its time."),
  params: Schema.Struct({ seconds: field(Schema.Finite, doc("How long.", "s")) }),
  inputs: {},
  outputs: { done: table({ seconds: Float64 }) },
  run: (ctx) => Effect.gen(function*() {
    yield* ctx.progress(0, 1, "sleeping")
    yield* Effect.sleep(ctx.params.seconds * 1000)
    yield* ctx.outputs.done.append([{ seconds: ctx.params.seconds }])
  })
})
`

export const pipeline = `name: toy
params: { n: 5, factor: 1 }
sweep:
  grid: { factor: [1, 2, 3] }
stages:
  points: { uses: toy/points, with: { n: "\${{ params.n }}" } }
  scaled: { uses: toy/scale, in: { points: "\${{ points.points }}" }, with: { factor: "\${{ params.factor }}" } }
  mean: { uses: toy/mean, in: { points: "\${{ scaled.points }}" } }
summaries:
  means: { title: Means by factor, sql: "select factor, mean from mean order by factor" }
claims:
  - { id: double, source: "by hand", sql: "select mean from mean where factor = 2", published: 4, tolerance: 1.0e-9 }
`

export const toyProject: Readonly<Record<string, string>> = {
  "stages/toy/points.ts": pointsStage,
  "stages/toy/lib/line.ts": lineHelper,
  "stages/toy/scale.ts": scaleStage,
  "stages/toy/mean.ts": meanStage,
  "toy.yaml": pipeline
}
