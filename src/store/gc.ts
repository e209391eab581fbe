/**
 * What may go from a store, and its going. Kept are runs, and whatever a kept run used or made: the records of its tasks, the objects
 * that these name, checkpoints of what is not finished. Which runs are kept is the user's to say; the latest run of each pipeline is,
 * unless it is named. Without a word all runs are kept, and only what no run reaches goes: leftovers.
 *
 * Safe at any moment: what arrived since the look is left alone, a run that is going is never touched (it ends the command), and
 * should a run start meanwhile and lose an input, it makes the input again (scheduler).
 */
import { existsSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { isActionRecord } from "./actions.ts"
import { bytesUnder, entriesOf, namesIn, type Entry } from "./areas.ts"
import { readJsonFile } from "./json-file.ts"
import type { ActionRecord, RunRecord } from "./layout.ts"
import type { StorePaths } from "./paths.ts"
import { readRun, readRunTasks, runIds } from "./runs.ts"

export interface GcPolicy {
  /** Runs that ended before this go, in milliseconds since 1970; checkpoints that were written before it, too. */
  readonly before?: number
  /** These runs go, the latest of their pipelines or not. */
  readonly runs?: ReadonlySet<string>
  /** Runs go, the oldest first, until what is left is at most so large. */
  readonly maxBytes?: number
}

export interface KeptRun {
  readonly id: string
  readonly why: string
}

/** What would go. */
export interface GcPlan {
  readonly kept: ReadonlyArray<KeptRun>
  readonly keptBytes: number
  readonly runs: ReadonlyArray<{ readonly id: string; readonly why: string }>
  readonly actions: ReadonlyArray<Entry>
  readonly objects: ReadonlyArray<Entry>
  readonly checkpoints: ReadonlyArray<Entry>
  /** Corrupt objects that were set aside, indexes and code lists that can be made again or explain nothing any more. */
  readonly others: ReadonlyArray<string>
  readonly bytes: number
}

interface Contents {
  readonly runs: ReadonlyArray<RunRecord>
  /** Of runs, with their logs. */
  readonly runBytes: ReadonlyMap<string, number>
  readonly actions: ReadonlyArray<Entry & { readonly action: ActionRecord | undefined }>
  readonly objects: ReadonlyArray<Entry>
}

const sum = (entries: Iterable<{ readonly bytes: number }>): number => {
  let bytes = 0
  for (const entry of entries) bytes += entry.bytes
  return bytes
}

/** What a set of runs reaches. */
const reachOf = (paths: StorePaths, contents: Contents, runs: ReadonlySet<string>) => {
  const fingerprints = new Set<string>()
  const digests = new Set<string>()
  for (const id of runs) {
    for (const { fingerprint, outputs } of readRunTasks(paths, id)) {
      if (fingerprint !== null) fingerprints.add(fingerprint)
      for (const name in outputs) digests.add(outputs[name]?.digest ?? "")
    }
  }
  for (const { action, name } of contents.actions) {
    if (action === undefined) continue
    // A run that was killed may have finished a task and not have said so.
    if (runs.has(action.producer.run)) fingerprints.add(name)
    if (fingerprints.has(name)) for (const output in action.outputs) digests.add(action.outputs[output]?.digest ?? "")
  }
  return { fingerprints, digests }
}

/** Decides; changes nothing. Throws what the file system throws, and `StoreError`. */
export const planGc = (paths: StorePaths, policy: GcPolicy, now: number): GcPlan => {
  const { folder } = paths
  const contents: Contents = {
    runs: runIds(paths).flatMap((id) => readRun(paths, id) ?? []), // latest first
    runBytes: new Map(runIds(paths).map((id) => [id, bytesUnder(paths.run(id).folder)])),
    actions: entriesOf(folder, "actions").map((entry) => ({ ...entry, action: readJsonFile(entry.path, isActionRecord) })),
    objects: entriesOf(folder, "objects")
  }
  const latest = new Set([...Map.groupBy(contents.runs, ({ pipeline }) => pipeline).values()].flatMap((runs) => runs[0]?.id ?? []))
  const going = new Map<string, string>()
  for (const { finishedAt, id, startedAt } of contents.runs) {
    if (policy.runs?.has(id) === true) going.set(id, "named")
    else if (policy.before !== undefined && !latest.has(id) && (finishedAt ?? startedAt) < policy.before) going.set(id, "old")
  }

  const leftWith = () => {
    const kept = new Set(contents.runs.map(({ id }) => id).filter((id) => !going.has(id)))
    const { digests, fingerprints } = reachOf(paths, contents, kept)
    const isNew = (entry: Entry) => entry.arrivedAt >= now
    const actions = contents.actions.filter((entry) => fingerprints.has(entry.name) || isNew(entry))
    const objects = contents.objects.filter((entry) => digests.has(entry.name) || isNew(entry))
    return { kept, actions, objects, fingerprints, bytes: sum(actions) + sum(objects) + [...kept].reduce((bytes, id) => bytes + (contents.runBytes.get(id) ?? 0), 0) }
  }
  let left = leftWith()
  for (const { id } of policy.maxBytes === undefined ? [] : contents.runs.toReversed()) {
    if (left.bytes <= (policy.maxBytes ?? Infinity)) break
    if (going.has(id) || latest.has(id)) continue
    going.set(id, "oldest, for room")
    left = leftWith()
  }

  const keptActions = new Set(left.actions.map(({ name }) => name))
  const keptObjects = new Set(left.objects.map(({ name }) => name))
  const keptCode = new Set(left.actions.map(({ action }) => action?.record.code))
  const actions = contents.actions.filter(({ name }) => !keptActions.has(name))
  const objects = contents.objects.filter(({ name }) => !keptObjects.has(name))
  const checkpoints = entriesOf(folder, "checkpoints").filter(({ name, writtenAt }) =>
    keptActions.has(name) || (policy.before !== undefined && writtenAt < policy.before))
  const changes = going.size + actions.length + objects.length > 0
  const others = [
    ...namesIn(paths.quarantine).map((name) => join(paths.quarantine, name)),
    ...namesIn(join(folder, "code")).filter((name) => !keptCode.has(name.replace(/\.json$/, ""))).map((name) => join(folder, "code", name)),
    ...(changes && existsSync(join(folder, "index")) ? [join(folder, "index")] : [])
  ]
  return {
    kept: contents.runs.filter(({ id }) => left.kept.has(id)).map(({ id, pipeline }) => ({ id, why: latest.has(id) ? `latest run of ${pipeline}` : reasonToKeep(policy) })),
    keptBytes: left.bytes,
    runs: [...going].map(([id, why]) => ({ id, why })),
    actions,
    objects,
    checkpoints,
    others,
    bytes: sum(actions) + sum(objects) + sum(checkpoints) + others.reduce((bytes, path) => bytes + bytesUnder(path), 0)
      + [...going.keys()].reduce((bytes, id) => bytes + (contents.runBytes.get(id) ?? 0), 0)
  }
}

const reasonToKeep = (policy: GcPolicy): string =>
  policy.before !== undefined ? "not that old" : policy.maxBytes !== undefined ? "there is room" : "every run is kept unless told otherwise"

/** Removes what was planned. Killed in the middle it leaves a store in order: a run goes in one step, a record before its objects. `trash` is a
 * folder of the process's own on the same file system. */
export const collect = (paths: StorePaths, plan: GcPlan, trash: () => string): void => {
  for (const { id } of plan.runs) {
    const aside = trash()
    renameSync(paths.run(id).folder, aside)
    rmSync(aside, { recursive: true, force: true })
  }
  for (const { path } of [...plan.actions, ...plan.objects, ...plan.checkpoints]) rmSync(path, { force: true })
  for (const path of plan.others) rmSync(path, { recursive: true, force: true })
}
