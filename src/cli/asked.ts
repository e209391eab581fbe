/**
 * From what the user typed to a plan: reads the file, loads the stages that it uses, checks everything, applies the changes from
 * the command line, plans. Problems come out together, each at its place, and end the command with exit code 2.
 */
import { Effect, Result } from "effect"
import { createHash } from "node:crypto"
import { readFileSync, statSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { makePlan } from "../plan/make-plan.ts"
import type { Plan } from "../plan/plan.ts"
import { engineVersion } from "../run/environment.ts"
import { openRegistry, type LoadedStage } from "../run/registry.ts"
import { formatProblems } from "../spec/format.ts"
import { withOverrides } from "../spec/overrides.ts"
import { parsePipeline, usedStages } from "../spec/parse.ts"
import type { Problem } from "../spec/source.ts"
import { usageFailure, type CommandFailure } from "./failure.ts"
import type { Place } from "./place.ts"
import { colours } from "./terminal.ts"

export interface Selection {
  readonly file: string
  readonly set: ReadonlyArray<string>
  readonly sweep: ReadonlyArray<string>
  readonly profile: string | undefined
  readonly only: ReadonlyArray<string>
  readonly backend: string | undefined
}

export interface Asked {
  readonly plan: Plan
  readonly stages: ReadonlyMap<string, LoadedStage>
  /** Path as it is recorded: from the project's folder where the file lies inside it. */
  readonly file: string
  readonly backend: string
}

/** Pipelines are small; what is larger than this was named by mistake, and is not read. */
const largestFile = 64 * 1024 * 1024

export const readAsked = Effect.fn("readAsked")(function*(selection: Selection, place: Place) {
  const text = yield* readPipelineFile(selection.file)
  const registry = openRegistry({ project: place.project, packageRoot: place.packageRoot })
  const names = registry.names()
  const known = new Set(names)
  const stages = yield* registry.load(usedStages(text).filter((name) => known.has(name)))
  const library = { names, find: (name: string) => stages.get(name)?.stage }
  const refuse = (problems: ReadonlyArray<Problem>) => usageFailure(formatProblems(problems, text, { colours: colours() }))

  const parsed = parsePipeline(selection.file, text, library)
  if (Result.isFailure(parsed)) return yield* refuse(parsed.failure)
  const changed = withOverrides(parsed.success, { profile: selection.profile, set: selection.set, sweep: selection.sweep }, library)
  if (Result.isFailure(changed)) return yield* refuse(changed.failure)

  const backend = selection.backend ?? "cpu"
  const plan = makePlan(changed.success, {
    library,
    code: (uses) => stages.get(uses)?.code ?? "",
    engine: { version: engineVersion(place.packageRoot), backend },
    fileDigest: digestsOf(place.project),
    ...(selection.only.length === 0 ? {} : { only: selection.only })
  })
  if (Result.isFailure(plan)) return yield* refuse(plan.failure)
  const inside = relative(place.project, resolve(selection.file))
  return { plan: plan.success, stages, file: inside.startsWith("..") ? resolve(selection.file) : inside, backend } satisfies Asked
})

const readPipelineFile = (file: string): Effect.Effect<string, CommandFailure> =>
  Effect.suspend(() => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) return usageFailure(`error: there is no file ${file}`)
    if (found.isDirectory()) return usageFailure(`error: ${file} is a folder; name the pipeline's YAML file in it`)
    if (found.size > largestFile) return usageFailure(`error: ${file} has ${Math.round(found.size / 2 ** 20)} MiB: that is no pipeline file`)
    return Effect.try({
      try: () => readFileSync(file, "utf8"),
      catch: (cause) => usageFailure(`error: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
    })
  })

/** Content digests of the project's files, each read once; undefined for what is no file. */
const digestsOf = (project: string): (path: string) => string | undefined => {
  const known = new Map<string, string | undefined>()
  return (path) => {
    if (!known.has(path)) known.set(path, digestOf(join(project, path)))
    return known.get(path)
  }
}

const digestOf = (path: string): string | undefined =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true ? createHash("sha256").update(readFileSync(path)).digest("hex") : undefined
