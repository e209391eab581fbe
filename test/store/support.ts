/** A store in a temporary folder, and records to put into it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { ActionRecord } from "../../src/store/layout.ts"
import { Store } from "../../src/store/store.ts"

/** Gives a test a folder of its own. */
export const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "reprise-store-"))),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

export const actionOf = (fingerprint: string, outputs: Readonly<Record<string, string>>): ActionRecord => ({
  version: 1,
  fingerprint,
  record: { type: "reprise/task", version: 1, stage: "t/a", code: "c", params: {}, inputs: {}, items: {}, files: {}, engine: null },
  outputs: Object.fromEntries(Object.entries(outputs).map(([name, text]) => [
    name,
    { digest: sha256(text), kind: "artefact", mediaType: "text/plain", bytes: Buffer.byteLength(text) }
  ])),
  startedAt: 1,
  wallMs: 1,
  cpuMs: 1,
  peakMemoryBytes: 1,
  producer: { run: "r", host: "h", commit: null, dirty: false }
})

/** Publishes outputs (name -> text) under a fingerprint, as a run does. */
export const keep = (fingerprint: string, outputs: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const store = yield* Store
    const staged: Record<string, string> = {}
    for (const [name, text] of Object.entries(outputs)) {
      const path = yield* store.workspace(name)
      yield* Effect.sync(() => writeFileSync(path, text))
      staged[name] = path
    }
    yield* store.commit(actionOf(fingerprint, outputs), staged)
  })
