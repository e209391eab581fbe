/** Reads every byte of a store: whether each object is what its name says, each record whole, and everything there that records name. */
import { mkdirSync, renameSync, rmSync } from "node:fs"
import { isActionRecord } from "./actions.ts"
import { entriesOf } from "./areas.ts"
import { storeError } from "./error.ts"
import { readJsonFile } from "./json-file.ts"
import { openObjects, stateAfter } from "./objects.ts"
import type { StorePaths } from "./paths.ts"
import { hasCode } from "./remedy.ts"
import { readRun, runIds } from "./runs.ts"
import { digestInPortions } from "./seal.ts"

/** Something that is not as it should be. */
export type Damage =
  | { readonly kind: "corrupt"; readonly digest: string; readonly path: string }
  | { readonly kind: "missing"; readonly digest: string; readonly fingerprint: string; readonly output: string }
  | { readonly kind: "record"; readonly fingerprint: string; readonly path: string }
  | { readonly kind: "run"; readonly run: string; readonly path: string }

export interface Verified {
  readonly objects: number
  readonly bytes: number
  readonly actions: number
  readonly runs: number
  readonly damages: ReadonlyArray<Damage>
  /** Tasks whose results are not whole. */
  readonly fingerprints: ReadonlySet<string>
}

/** How much has been read, of how much, in bytes. */
export interface Step {
  readonly bytes: number
  readonly of: number
}

/** Gives back control every few megabytes, so that whoever asked can say how far it is, and stop. Throws `StoreError` where something cannot be read. */
export function* verifyInSteps(paths: StorePaths): Generator<Step, Verified> {
  const objects = entriesOf(paths.folder, "objects")
  const total = objects.reduce((sum, { bytes }) => sum + bytes, 0)
  const damages: Array<Damage> = []
  const states = new Map<string, "intact" | "corrupt" | "missing">()
  let read = 0
  for (const { name, path } of objects) {
    const reading = stateOf(name, path)
    let step = reading.next()
    for (; step.done !== true; step = reading.next()) yield { bytes: read += step.value, of: total }
    states.set(name, step.value)
    if (step.value === "corrupt") damages.push({ kind: "corrupt", digest: name, path })
  }
  const actions = entriesOf(paths.folder, "actions")
  const fingerprints = new Set<string>()
  for (const { name, path } of actions) {
    const action = readJsonFile(path, isActionRecord)
    if (action?.fingerprint !== name) {
      damages.push({ kind: "record", fingerprint: name, path })
      fingerprints.add(name)
      continue
    }
    for (const [output, { digest }] of Object.entries(action.outputs)) {
      const state = states.get(digest)
      if (state === "intact") continue
      fingerprints.add(name)
      if (state !== "corrupt") damages.push({ kind: "missing", digest, fingerprint: name, output })
    }
  }
  const runs = runIds(paths)
  for (const run of runs) if (readRun(paths, run) === undefined) damages.push({ kind: "run", run, path: paths.run(run).record })
  return { objects: objects.length, bytes: total, actions: actions.length, runs: runs.length, damages, fingerprints }
}

/** The same, all at once. */
export const verifyStore = (paths: StorePaths): Verified => {
  const steps = verifyInSteps(paths)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Reads every byte of an object; what it yields are bytes read since. */
function* stateOf(digest: string, path: string): Generator<number, "intact" | "corrupt" | "missing"> {
  try {
    return (yield* digestInPortions(path)) === digest ? "intact" : "corrupt"
  } catch (cause) {
    return stateAfter(cause, path)
  }
}

/** Takes what is damaged out of the way, so that its tasks count as not run. A run whose record cannot be read goes to `quarantine/` with all that is left of
 * it: nothing can show it, and results that only it reached are no longer known to be wanted. */
export const setDamagesAside = (paths: StorePaths, damages: ReadonlyArray<Damage>): void => {
  const objects = openObjects(paths)
  for (const damage of damages) {
    if (damage.kind === "corrupt") objects.setAside(damage.digest)
    else if (damage.kind === "record") rmSync(damage.path, { force: true })
    else if (damage.kind === "run") setRunAside(paths, damage.run)
  }
}

const setRunAside = (paths: StorePaths, run: string): void => {
  try {
    mkdirSync(paths.quarantine, { recursive: true })
    renameSync(paths.run(run).folder, paths.quarantined(run))
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw storeError("set aside", paths.run(run).folder, cause)
  }
}
