/** Checks every byte of a store, and has what is damaged made again. */
import { Effect } from "effect"
import { relative } from "node:path"
import { checkFormat } from "../../store/format.ts"
import { storeError } from "../../store/error.ts"
import type { RunRecord } from "../../store/layout.ts"
import { storePaths, type StorePaths } from "../../store/paths.ts"
import { latestRuns, readRunTasks } from "../../store/runs.ts"
import { setDamagesAside, verifyInSteps, type Damage, type Verified } from "../../store/verify.ts"
import { bytesText } from "../amounts.ts"
import { count } from "../columns.ts"
import { failure } from "../failure.ts"
import { showMoving } from "../moving.ts"
import { findPlace, type Place, type PlaceInput } from "../place.ts"
import { notice, print } from "../terminal.ts"
import { runAction } from "./run.ts"

interface Input extends PlaceInput {
  readonly repair: boolean
  readonly jobs: number | undefined
  readonly format: "text" | "json" | undefined
}

export const verifyAction = Effect.fn("verify")(function*(input: Input) {
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const attempt = <A>(body: () => A) => Effect.try({ try: body, catch: (cause) => storeError("verify", place.store, cause) })
  yield* attempt(() => checkFormat(paths))
  const found = yield* verified(paths)
  if (input.format === "json") print(JSON.stringify({ ...found, fingerprints: [...found.fingerprints] }, null, 2))
  else print(verifiedText(found))
  if (found.damages.length === 0) return
  if (!input.repair) return yield* failure(input.format === "json" ? "" : "\nTo make them again: reprise verify --repair")

  const runs = yield* attempt(() => runsThatReach(paths, found.fingerprints))
  yield* attempt(() => setDamagesAside(paths, found.damages))
  for (const run of runs) {
    notice(`\nRunning ${run.file} again, as in ${run.id}`)
    yield* runAction(asBefore(run, place, input)).pipe(
      Effect.catchTag("CommandFailure", ({ message }) => Effect.sync(() => notice(message)))
    )
  }
  const after = yield* verified(paths)
  if (after.damages.length === 0) return print("\nEverything is whole again.")
  print(`\n${verifiedText(after)}`)
  return yield* failure("These could not be made again: their pipelines, parameters or stages are not what they were. Results that the files ask for today are whole.\nTo forget the rest: reprise gc --older-than AGE, or --run RUN")
})

/** A beat of the event loop now and then, without which nobody would hear a Ctrl-C. */
const restMs = 50

const verified = Effect.fn("verified")(function*(paths: StorePaths) {
  const moving = showMoving("Reading")
  const steps = verifyInSteps(paths)
  const reading = Effect.gen(function*() {
    for (let rested = performance.now();;) {
      const step = yield* Effect.try({ try: () => steps.next(), catch: (cause) => storeError("verify", paths.folder, cause) })
      if (step.done === true) return step.value
      moving.step(step.value.bytes, step.value.of)
      if (performance.now() - rested < restMs) continue
      yield* Effect.sleep(0)
      rested = performance.now()
    }
  })
  return yield* reading.pipe(Effect.ensuring(Effect.sync(moving.end)))
})

const verifiedText = (found: Verified): string =>
  [
    `${count(found.objects, "object")} (${bytesText(found.bytes)}), ${count(found.actions, "task record")}, ${count(found.runs, "run")}: ${found.damages.length === 0 ? "all intact." : `${count(found.damages.length, "damage")}.`}`,
    ...found.damages.map((damage) => `  ${damageText(damage)}`)
  ].join("\n")

const damageText = (damage: Damage): string => {
  switch (damage.kind) {
    case "corrupt":
      return `corrupt: ${shown(damage.path)}`
    case "missing":
      return `missing: object ${damage.digest.slice(0, 10)}, output ${damage.output} of the task with fingerprint ${damage.fingerprint.slice(0, 10)}`
    case "record":
      return `unreadable: ${shown(damage.path)}`
    case "run":
      return `a run whose record cannot be read: ${shown(damage.path)} (repair puts the run into quarantine/)`
  }
}

const shown = (path: string): string => relative(process.cwd(), path)

/** For every way in which pipelines were run, its latest run, if one of the runs used what is damaged. */
const runsThatReach = (paths: StorePaths, fingerprints: ReadonlySet<string>): ReadonlyArray<RunRecord> => {
  const ways = Map.groupBy(latestRuns(paths, Infinity), ({ file, overrides }) => JSON.stringify([file, overrides]))
  return [...ways.values()].flatMap((runs) =>
    runs.some(({ id }) => readRunTasks(paths, id).some(({ fingerprint }) => fingerprint !== null && fingerprints.has(fingerprint))) ? runs.slice(0, 1) : [])
}

/** What followed a flag of a command, each time: `--allow A --allow=B`. */
const flagValues = (command: ReadonlyArray<string>, flag: string): ReadonlyArray<string> =>
  command.flatMap((word, at) => (word === flag ? command[at + 1] ?? [] : word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : []))

const asBefore = (run: RunRecord, place: Place, input: Input) => {
  const texts = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])
  const { limit, only, profile, set, sweep } = run.overrides
  return {
    file: relative(process.cwd(), `${place.project}/${run.file}`),
    set: texts(set),
    sweep: texts(sweep),
    only: texts(only),
    limit: typeof limit === "number" ? limit : undefined,
    profile: typeof profile === "string" ? profile : undefined,
    backend: flagValues(run.command, "--backend")[0],
    allow: flagValues(run.command, "--allow"),
    project: input.project,
    store: input.store,
    jobs: input.jobs,
    failFast: false,
    dryRun: false,
    force: false,
    quiet: true,
    json: false
  }
}
