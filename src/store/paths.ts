/** Where things lie in a store (layout.ts says what they are). Pure. */
import { join } from "node:path"

export interface StorePaths {
  readonly folder: string
  readonly format: string
  readonly runs: string
  readonly claims: string
  readonly staging: string
  readonly quarantine: string
  object(digest: string): string
  action(fingerprint: string): string
  checkpoint(fingerprint: string): string
  claim(fingerprint: string): string
  quarantined(digest: string): string
  code(digest: string): string
  run(id: string): RunPaths
}

export interface RunPaths {
  readonly folder: string
  readonly record: string
  readonly plan: string
  readonly tasks: string
  readonly events: string
  /** One file for each task that printed something or failed. */
  readonly logs: string
  log(task: string): string
}

export const storePaths = (folder: string): StorePaths => {
  // Two levels, so that no folder grows to a million entries. Built by hand: `join` is most of the cost of a lookup otherwise.
  const fanned = (area: string, name: string, suffix: string) => `${folder}/${area}/${name.slice(0, 2)}/${name.slice(2)}${suffix}`
  return {
    folder,
    format: join(folder, "store.json"),
    runs: join(folder, "runs"),
    claims: join(folder, "claims"),
    staging: join(folder, "staging"),
    quarantine: join(folder, "quarantine"),
    object: (digest) => fanned("objects", digest, ""),
    action: (fingerprint) => fanned("actions", fingerprint, ".json"),
    checkpoint: (fingerprint) => fanned("checkpoints", fingerprint, ""),
    claim: (fingerprint) => `${folder}/claims/${fingerprint}.json`,
    quarantined: (digest) => `${folder}/quarantine/${digest}`,
    code: (digest) => `${folder}/code/${digest}.json`,
    run: (id) => runPaths(join(folder, "runs", id))
  }
}

/** Where things lie in the folder of a run. */
export const runPaths = (folder: string): RunPaths => ({
  folder,
  record: join(folder, "run.json"),
  plan: join(folder, "plan.json"),
  tasks: join(folder, "tasks.ndjson"),
  events: join(folder, "events.ndjson"),
  logs: join(folder, "logs"),
  log: (task) => join(folder, "logs", `${task}.log`)
})
