/**
 * From what the user typed to a plan: reads the file, loads the stages that it uses, checks everything, applies the changes from
 * the command line, plans. Problems come out together, each at its place, and end the command with exit code 2.
 */
import { Effect, Result } from "effect"
import { readFileSync, statSync } from "node:fs"
import { relative, resolve } from "node:path"
import { makePlan } from "../plan/make-plan.ts"
import type { Engine } from "../plan/fingerprint.ts"
import type { Plan } from "../plan/plan.ts"
import { chooseBackend } from "./backend.ts"
import { fileDigests } from "../run/file-digests.ts"
import { allowedFolders } from "../run/project-paths.ts"
import { openRegistry, type LoadedStage } from "../run/registry.ts"
import { formatProblems } from "../spec/format.ts"
import { withOverrides } from "../spec/overrides.ts"
import { parsePipeline, usedStages } from "../spec/parse.ts"
import type { Pipeline } from "../spec/pipeline.ts"
import type { Problem } from "../spec/source.ts"
import { suggestion } from "../spec/suggest.ts"
import { usageFailure, type CommandFailure } from "./failure.ts"
import { giveBackMemory, saveMemoryWhenMany } from "./memory.ts"
import type { Place } from "./place.ts"
import { colours, notice } from "./terminal.ts"
import { recordedVersions } from "./versions.ts"
import { type Basis, invocationOf, namesShellsOwn, sha256, stagesOf, type Witness, witnessBackend } from "./up-to-date/basis.ts"

export interface Selection {
  readonly file: string
  readonly set: ReadonlyArray<string>
  readonly sweep: ReadonlyArray<string>
  readonly profile: string | undefined
  readonly only: ReadonlyArray<string>
  /** Points of each sweep. */
  readonly limit?: number | undefined
  readonly backend: string | undefined
  /** Folders besides the project that the file may name. */
  readonly allow?: ReadonlyArray<string>
}

export interface Asked {
  readonly plan: Plan
  readonly stages: ReadonlyMap<string, LoadedStage>
  /** Path as it is recorded: from the project's folder where the file lies inside it. */
  readonly file: string
  /** What tensors are computed on, and with which version. */
  readonly engine: Engine
  /** From what the plan was made; undefined where that cannot be told for certain later. */
  readonly basis: Basis | undefined
}

/** Pipelines are small; what is larger than this was named by mistake, and is not read. */
const largestFile = 64 * 1024 * 1024

export const readAsked = Effect.fn("readAsked")(function*(selection: Selection, place: Place) {
  if (selection.limit !== undefined && selection.limit < 1) return yield* usageFailure(`error: --limit ${selection.limit}: at least one point`)
  const text = yield* readPipelineFile(selection.file)
  const registry = openRegistry({ project: place.project, packageRoot: place.packageRoot })
  const names = registry.names()
  const known = new Set(names)
  const stages = yield* registry.load(usedStages(text).filter((name) => known.has(name)))
  const library = { names, find: (name: string) => stages.get(name)?.stage }
  const refuse = (problems: ReadonlyArray<Problem>) => usageFailure(formatProblems(problems, text, { colours: colours() }))

  const parsed = parsePipeline(selection.file, text, library)
  if (Result.isFailure(parsed)) return yield* refuse(parsed.failure)
  const changed = withOverrides(parsed.success, selection)
  if (Result.isFailure(changed)) return yield* refuse(changed.failure)

  const backendName = selection.backend ?? null
  const backend = witness(() => witnessBackend(backendName, place))
  const engine = yield* chooseBackend(selection.backend, place)
  const allowed = allowedFolders(selection.allow ?? [], process.env)
  const digests = fileDigests({
    project: place.project,
    allowed,
    onLarge: (path, bytes) => notice(`Reading ${relative(place.project, path)} (${Math.round(bytes / 2 ** 20)} MiB) to know its content; this is done again only when it changes.`)
  })
  const files: Record<string, string> = {}
  const plan = makePlan(changed.success, {
    library,
    code: (uses) => stages.get(uses)?.code ?? "",
    engine,
    fileDigest: (named) => {
      const digest = digests.of(named)
      if (typeof digest === "string") files[named] = digest
      return digest
    },
    onPoint: saveMemoryWhenMany,
    ...(selection.limit === undefined ? {} : { limit: selection.limit }),
    ...(selection.only.length === 0 ? {} : { only: yield* onlyThese(selection.only, changed.success) })
  })
  digests.save()
  if (Result.isFailure(plan)) return yield* refuse(plan.failure)
  giveBackMemory(plan.success.tasks.length)
  const inside = relative(place.project, resolve(selection.file))
  const basis: Basis | undefined = place.program === undefined || backend === undefined || engine.name !== undefined || namesShellsOwn(text) ? undefined : {
    ...invocationOf({ ...place, program: place.program }, process.argv.slice(2)),
    project: place.project,
    file: { path: resolve(selection.file), digest: sha256(text) },
    stages: stagesOf(stages),
    backend,
    backendName,
    versions: recordedVersions(place.packageRoot, place.version),
    allowed,
    files
  }
  return { plan: plan.success, stages, file: inside.startsWith("..") ? resolve(selection.file) : inside, engine, basis } satisfies Asked
})

/** Undefined where there is no such file: whoever reads it next says so. */
const witness = (look: () => Witness): Witness | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** `--only` takes names of sweeps and of stages alike. */
const onlyThese = (names: ReadonlyArray<string>, pipeline: Pipeline): Effect.Effect<{ sweeps?: ReadonlyArray<string>; stages?: ReadonlyArray<string> }, CommandFailure> => {
  const known = { sweeps: pipeline.sweeps.map((sweep) => sweep.name), stages: Object.keys(pipeline.stages) }
  const wrong = names.find((name) => !known.sweeps.includes(name) && !known.stages.includes(name))
  if (wrong !== undefined) {
    const hint = suggestion(wrong, [...known.sweeps, ...known.stages])
    return usageFailure(`error: --only ${wrong}: the file has no sweep and no stage of this name${hint === undefined ? "" : `; ${hint}`}`)
  }
  const sweeps = names.filter((name) => known.sweeps.includes(name))
  const stages = names.filter((name) => !known.sweeps.includes(name))
  return Effect.succeed({ ...(sweeps.length === 0 ? {} : { sweeps }), ...(stages.length === 0 ? {} : { stages }) })
}

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
