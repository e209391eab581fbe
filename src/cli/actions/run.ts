/** Runs a pipeline, then says what came of it: summaries, verdicts, where the results lie and what to try next. */
import { Effect } from "effect"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { formatClaims } from "../../query/claims.ts"
import { warmIndex } from "../../query/selection.ts"
import { type Control, makeControl } from "../../run/control.ts"
import { captureEnvironment } from "../../run/environment.ts"
import { parseGpus } from "../../run/gpus.ts"
import { makeReporter, type Reporter } from "../../run/reporter.ts"
import { resolvePlan } from "../../run/resolve.ts"
import { runPlan, type RunResult } from "../../run/scheduler.ts"
import { storePaths } from "../../store/paths.ts"
import { Store } from "../../store/store.ts"
import type { JsonObject } from "../../stage/json.ts"
import { openAnswers, summariesText, verdicts } from "../answers.ts"
import { readAsked, type Asked, type Selection } from "../asked.ts"
import { failure, pending, usageFailure } from "../failure.ts"
import { type NextSteps, nextSteps } from "../next-steps.ts"
import { giveBackMemory } from "../memory.ts"
import { findPlace, type Place, type PlaceInput, wordsOf } from "../place.ts"
import { isNothingToDo, planText } from "../plan-report.ts"
import { onSignals, type Told } from "../signals.ts"
import { colours, isTerminal, notice, print, terminalWidth } from "../terminal.ts"
import { type Leaving, leaveNote } from "../up-to-date/leave.ts"
import { steadiness } from "../up-to-date/steady.ts"
import { recordedVersions } from "../versions.ts"

interface Input extends Selection, PlaceInput {
  readonly jobs: number | undefined
  readonly failFast: boolean
  readonly resource?: ReadonlyArray<string>
  readonly gpus?: string | undefined
  readonly onFailure?: "stop" | "continue" | "kill" | undefined
  readonly dryRun: boolean
  readonly force: boolean
  readonly quiet: boolean
  readonly json: boolean
}

export const runAction = Effect.fn("run")(function*(input: Input) {
  const ended = yield* runAndShow(input)
  if (ended === undefined) return
  // Only now, when the user has the results and nothing holds the plan.
  giveBackMemory(ended.tasks)
  if (ended.ran > 0) yield* bringIndexUpToDate(ended.place, ended.tasks)
  if (ended.leaving !== undefined) yield* leave(ended.leaving)
  if (ended.failed) return yield* failure(input.json ? "" : "\nThe same command again runs only what is missing.")
})

/** Undefined for a look ahead. */
const runAndShow = Effect.fn("runAndShow")(function*(input: Input) {
  if (input.jobs !== undefined && input.jobs < 1) return yield* usageFailure(`error: --jobs ${input.jobs}: at least one core is needed`)
  const others = new Map<string, number>()
  for (const text of input.resource ?? []) {
    const [, name = "", amount = ""] = /^([A-Za-z_][\w-]*)=(\d+)$/.exec(text) ?? []
    if (name === "") return yield* usageFailure(`error: --resource ${text}: write it as NAME=COUNT, for example licence=2`)
    others.set(name, Number(amount))
  }
  const gpus = input.gpus === undefined ? undefined : parseGpus(input.gpus)
  if (input.gpus !== undefined && gpus === undefined) return yield* usageFailure(`error: --gpus ${input.gpus}: say how many, as 2, or which, as 0,2 (one alone with a comma: 2,)`)
  const place = yield* findPlace(input)
  const asked = yield* readAsked(input, place)
  const store = Store.layer(place.store)
  if (input.dryRun) {
    const tasks = yield* resolvePlan({ ...asked, force: input.force }).pipe(Effect.provide(store))
    print(planText(asked.plan, tasks, false))
    return isNothingToDo(tasks) ? undefined : yield* pending
  }
  const reporter = makeReporter({
    mode: input.json ? "json" : input.quiet ? "quiet" : isTerminal() ? "terminal" : "plain",
    // Progress is no answer; the events asked for with --json are.
    write: (text) => (input.json ? process.stdout : process.stderr).write(text),
    color: colours(),
    size: () => ({ width: process.stderr.columns, height: process.stderr.rows }),
    tasks: asked.plan.tasks
  })
  const control = makeControl()
  const deafen = onSignals(toldBySignals(control, reporter))
  const result = yield* runPlan({
    ...asked,
    control,
    project: place.project,
    worker: place.worker,
    jobs: input.jobs ?? availableParallelism(),
    others: Object.fromEntries(others),
    ...(gpus === undefined ? {} : { gpus }),
    failureMode: input.onFailure ?? (input.failFast ? "stop" : "continue"),
    force: input.force,
    onEvent: reporter.event,
    command: ["reprise", ...process.argv.slice(2)],
    overrides: overridesOf(input),
    environment: captureEnvironment({
      project: place.project,
      versions: recordedVersions(place.packageRoot, place.version),
      lockFile: join(place.project, "package-lock.json")
    })
  }).pipe(Effect.provide(store), Effect.ensuring(Effect.sync(() => {
    deafen()
    reporter.close()
  })))
  const shown = input.json ? undefined : yield* showResults(asked, result, place, input)
  return {
    place,
    tasks: asked.plan.tasks.length,
    ran: result.counts.ran,
    failed: result.status === "failed",
    leaving: shown === undefined ? undefined : leavingOf(asked, result, shown, place, input)
  }
})

/** How long ending may take before it is explained. */
const unexplainedMs = 300

const toldBySignals = (control: Control, reporter: Reporter): Told => ({
  stopping: () => void setTimeout(() => reporter.say("Stopping: what runs has a few seconds to clean up. Ctrl-C again ends it at once."), unexplainedMs).unref(),
  hurry: () => control.tell("hurry"),
  pause: () => control.tell("pause"),
  resume: () => {
    control.tell("resume")
    reporter.redraw()
  }
})

const overridesOf = (input: Selection): JsonObject => ({
  ...(input.profile === undefined ? {} : { profile: input.profile }),
  ...(input.set.length === 0 ? {} : { set: input.set }),
  ...(input.sweep.length === 0 ? {} : { sweep: input.sweep }),
  ...(input.only.length === 0 ? {} : { only: input.only }),
  ...(input.limit === undefined ? {} : { limit: input.limit })
})

/** What has been printed of summaries and claims, and whether that is what the same results will always give. */
interface Shown {
  readonly texts: ReadonlyArray<string>
  readonly isSteady: boolean
}

const showResults = Effect.fn("showResults")(function*(asked: Asked, result: RunResult, place: Place, input: Input) {
  const { claims, summaries } = asked.plan.pipeline
  const queries = [...Object.values(summaries), ...claims].map(({ sql }) => sql)
  const shown: Shown = queries.length === 0 || result.outputs.size === 0 ? { texts: [], isSteady: true } : yield* Effect.scoped(Effect.gen(function*() {
    const database = yield* openAnswers(asked.plan, result.outputs, place)
    const tables = yield* summariesText(asked.plan, database)
    const texts = tables === "" ? [] : [`\n${tables}`]
    if (claims.length > 0) texts.push(`\nClaims\n${formatClaims(yield* verdicts(asked.plan, database), "table", terminalWidth())}`)
    texts.forEach(print)
    return { texts, isSteady: asked.basis !== undefined && queries.every(yield* steadiness(database)) }
  }))
  if (!input.quiet) print(`\n${nextSteps(stepsAfter(asked, input), place.store, result.folder)}`)
  return shown
})

/** So that the next query need not. Without it queries are slower, and that is all. */
const bringIndexUpToDate = (place: Place, tasks: number): Effect.Effect<void> =>
  Effect.try({
    try: () => warmIndex(storePaths(place.store), () => giveBackMemory(tasks)),
    catch: (cause) => failure(`The index for queries was not brought up to date: ${cause instanceof Error ? cause.message : String(cause)}`)
  }).pipe(Effect.catch(({ message }) => Effect.sync(() => notice(message))))

/** The next steps from here, for `next-steps.ts`. */
const stepsAfter = (asked: Asked, input: Input): NextSteps => {
  const table = Object.values(asked.plan.pipeline.stages).findLast((stage) =>
    Object.values(asked.stages.get(stage.uses)?.stage.outputs ?? {}).filter((output) => output.kind === "table").length === 1)
  return { file: input.file, ...(table === undefined ? {} : { table: table.id }), hasClaims: asked.plan.pipeline.claims.length > 0, where: wordsOf(input) }
}

/**
 * What the same command needs to know the next time to see that nothing has changed. Undefined where it could not tell: a search and a volatile stage decide anew each
 * time, and some queries give another answer each time.
 */
const leavingOf = (asked: Asked, result: RunResult, shown: Shown, place: Place, input: Input): Leaving | undefined => {
  const { basis, plan: { searches, tasks }, stages } = asked
  const isRepeatable = shown.isSteady && !input.force && searches === undefined && [...stages.values()].every(({ stage }) => !stage.volatile)
  if (basis === undefined || !isRepeatable || result.status === "failed") return undefined
  return {
    basis,
    paths: storePaths(place.store),
    run: result.run,
    tasks: tasks.map(({ id }) => id),
    ...(shown.texts.length === 0 ? {} : { answers: { width: terminalWidth() ?? null, texts: shown.texts } }),
    ...(input.quiet ? {} : { next: stepsAfter(asked, input) })
  }
}

/** So long the results of a run's last tasks are too new to be told apart from others by their stamps. */
const settlingMs = 50

/** Best effort: without it the next run reads and plans as this one did. */
const leave = (leaving: Leaving): Effect.Effect<void> =>
  Effect.try(() => leaveNote(leaving)).pipe(
    Effect.flatMap((left) => left === "unsettled" ? Effect.andThen(Effect.sleep(settlingMs), Effect.try(() => leaveNote(leaving))) : Effect.void),
    Effect.ignore
  )
