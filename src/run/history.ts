/**
 * What earlier runs of a pipeline did: to say why a task runs now, and whether it came out as before. Read only when
 * something is not cached, and then only for the stages in question: a run that has nothing to do pays nothing.
 */
import { Effect } from "effect"
import { differences, makeExplainer, makeNearest, type CodeFiles, type Difference, type EarlierTask } from "../plan/explain.ts"
import type { FingerprintRecord } from "../plan/fingerprint.ts"
import type { PlannedTask } from "../plan/plan.ts"
import type { Reason } from "../plan/reason.ts"
import { canonicalJson } from "../stage/json.ts"
import type { StoreError } from "../store/error.ts"
import type { RunTask } from "../store/layout.ts"
import type { StoreShape } from "../store/store.ts"
import type { RunnableStage } from "./decide.ts"
import type { TaskOutputs } from "./walk.ts"

export interface History {
  /** Compares with the nearest earlier task of the same stage. */
  readonly explain: (record: FingerprintRecord) => Effect.Effect<Reason, StoreError>
  /** Everything in which the nearest earlier task of the same stage differs; undefined where there is none. */
  readonly compare: (record: FingerprintRecord) => Effect.Effect<{ readonly earlier: EarlierTask; readonly differences: ReadonlyArray<Difference> } | undefined, StoreError>
  /** Whether these are the bytes that the stage gave at one of the task's coordinates the last time. */
  readonly cameOutAsBefore: (task: PlannedTask, outputs: TaskOutputs) => Effect.Effect<boolean, StoreError>
}

/** How many of the pipeline's latest runs are looked at. */
const runsRead = 5

/** Of one stage. */
interface Past {
  readonly explain: (record: FingerprintRecord) => Reason
  readonly nearest: (record: FingerprintRecord) => EarlierTask | undefined
  readonly filesOf: CodeFiles
}

/** Little of each task, for there may be 100,000 of them in each run. */
interface Earlier {
  /** By the stage's name: fingerprints of its tasks, each once, the latest first. */
  readonly fingerprints: ReadonlyMap<string, ReadonlySet<string>>
  /** Stage id and coordinates -> digests of what came out the last time. */
  readonly outputs: ReadonlyMap<string, string>
}

const placeOf = (stage: string, coordinates: RunTask["coordinates"][number]): string =>
  canonicalJson([stage, coordinates.sweep, coordinates.values])

const digestsOf = (outputs: TaskOutputs): string => Object.keys(outputs).sort().map((name) => `${name}=${outputs[name]?.digest ?? ""}`).join(" ")

/** `currentRun` is left out: it is not its own past. */
export const openHistory = (
  store: StoreShape,
  pipeline: string,
  stages: ReadonlyMap<string, RunnableStage>,
  currentRun?: string
): Effect.Effect<History> =>
  Effect.gen(function*() {
    const read = yield* Effect.cached(readEarlier(store, pipeline, currentRun))
    const pasts = new Map<string, Past>()

    const pastOf = Effect.fn("history.pastOf")(function*(uses: string) {
      const known = pasts.get(uses)
      if (known !== undefined) return known
      const earlier: Array<EarlierTask> = []
      const codeFiles = new Map([...stages.values()].map((stage) => [stage.code, stage.files]))
      for (const fingerprint of (yield* read).fingerprints.get(uses) ?? []) { // latest first
        const action = yield* store.action(fingerprint)
        if (action === undefined) continue
        earlier.push({ record: action.record, since: action.producer.run })
        if (!codeFiles.has(action.record.code)) {
          const files = yield* store.codeFiles(action.record.code)
          if (files !== undefined) codeFiles.set(action.record.code, files)
        }
      }
      earlier.reverse()
      const filesOf: CodeFiles = (code) => codeFiles.get(code)
      const past = { explain: makeExplainer(earlier, filesOf), nearest: makeNearest(earlier), filesOf }
      pasts.set(uses, past)
      return past
    })

    return {
      explain: (record) => Effect.map(pastOf(record.stage), ({ explain }) => explain(record)),
      compare: (record) =>
        Effect.map(pastOf(record.stage), ({ filesOf, nearest }) => {
          const earlier = nearest(record)
          return earlier === undefined ? undefined : { earlier, differences: differences(earlier.record, record, filesOf) }
        }),
      cameOutAsBefore: (task, outputs) =>
        Effect.map(read, (earlier) => {
          const now = digestsOf(outputs)
          return task.coordinates.some((coordinates) => earlier.outputs.get(placeOf(task.stage, coordinates)) === now)
        })
    }
  })

const readEarlier = Effect.fn("history.read")(function*(store: StoreShape, pipeline: string, currentRun: string | undefined) {
  const runs = yield* store.runs({ pipeline, limit: runsRead + 1 })
  const fingerprints = new Map<string, Set<string>>()
  const outputs = new Map<string, string>()
  const take = (line: RunTask): void => {
    if (line.fingerprint !== null) {
      const ofStage = fingerprints.get(line.uses) ?? new Set()
      fingerprints.set(line.uses, ofStage.add(line.fingerprint))
    }
    if (line.status !== "ran" && line.status !== "cached") return
    for (const coordinates of line.coordinates) {
      const place = placeOf(line.stage, coordinates)
      if (!outputs.has(place)) outputs.set(place, digestsOf(line.outputs))
    }
  }
  for (const { id } of runs) if (id !== currentRun) yield* store.eachTask(id, take)
  return { fingerprints, outputs } satisfies Earlier
})
