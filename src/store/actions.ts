/**
 * What finished tasks left, by fingerprint. A hit needs every object to be there with its recorded size; the bytes
 * themselves are checked when they are read as an input. Synchronous, because a run that has nothing to do does only this.
 */
import type { ActionRecord, StoredOutput } from "./layout.ts"
import { readJsonFile, writeJsonFileAsync } from "./json-file.ts"
import type { Objects } from "./objects.ts"
import type { StorePaths } from "./paths.ts"
import { worthFlushingMs } from "./seal.ts"

export type Lookup =
  | { readonly kind: "hit"; readonly action: ActionRecord }
  | { readonly kind: "miss" }
  /** The task has run, and an output of it is gone. */
  | { readonly kind: "missing"; readonly action: ActionRecord; readonly output: string; readonly digest: string }
  /** The task has run, and an output of it is damaged or was set aside for it. */
  | { readonly kind: "corrupt"; readonly action: ActionRecord; readonly output: string; readonly digest: string }

export interface Actions {
  lookup(fingerprint: string): Lookup
  /** The record alone, whether or not its objects are there. */
  read(fingerprint: string): ActionRecord | undefined
  /** Atomic. `temporary` names a file that is not there, on the same file system. Rejects with a `StoreError`. */
  write(action: ActionRecord, temporary: string): Promise<void>
}

const digestPattern = /^[0-9a-f]{64}$/
const isStoredOutput = (value: unknown): value is StoredOutput =>
  typeof value === "object" && value !== null && "digest" in value && typeof value.digest === "string" && digestPattern.test(value.digest)
  && "bytes" in value && typeof value.bytes === "number"

export const isActionRecord = (value: unknown): value is ActionRecord =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "fingerprint" in value && "record" in value
  && "producer" in value && "outputs" in value && typeof value.outputs === "object" && value.outputs !== null
  && Object.values(value.outputs).every(isStoredOutput)

export const openActions = (paths: StorePaths, objects: Objects): Actions => {
  const read = (fingerprint: string): ActionRecord | undefined => {
    const action = readJsonFile(paths.action(fingerprint), isActionRecord)
    return action?.fingerprint === fingerprint ? action : undefined
  }
  return {
    read,
    lookup: (fingerprint) => {
      const action = read(fingerprint)
      if (action === undefined) return { kind: "miss" }
      for (const output in action.outputs) {
        const stored = action.outputs[output]
        if (stored === undefined) continue
        const { digest } = stored
        const size = objects.size(digest)
        if (size === stored.bytes) continue
        return { kind: size === undefined && !objects.isSetAside(digest) ? "missing" : "corrupt", action, output, digest }
      }
      return { kind: "hit", action }
    },
    write: (action, temporary) => writeJsonFileAsync(paths.action(action.fingerprint), action, temporary, action.wallMs >= worthFlushingMs)
  }
}
