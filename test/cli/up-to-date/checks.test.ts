/** Whether a task's results are still there, by a look at stamps, beside what the store says that reads the action. */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkOf, holds } from "../../../src/cli/up-to-date/checks.ts"
import type { StorePaths } from "../../../src/store/paths.ts"
import { Store } from "../../../src/store/store.ts"
import { actionOf, inFolder, keep, sha256 } from "../../store/support.ts"

const outputs = { a: "first", b: "second" }
const fingerprint = "f".repeat(64)
const settled = () => Date.now() + 1000
const unsettled = () => 0

/** A file in the place of another, as a store puts it there. */
const replace = (path: string, content: string) => {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}

/** Both answers after a change: the check's, taken before it, and the store's. */
const after = (change: (paths: StorePaths) => void, takenAt: () => number) => inFolder((folder) => Effect.gen(function*() {
  yield* keep(fingerprint, outputs)
  const { lookup, paths } = yield* Store
  const check = checkOf(paths, fingerprint, actionOf(fingerprint, outputs).outputs, takenAt()) ?? ""
  assert.strictEqual(check.includes("unsettled"), takenAt === unsettled)
  change(paths)
  return { check: holds(paths, check), store: (yield* lookup(fingerprint)).kind }
}).pipe(Effect.provide(Store.layer(folder))))

const losses: Readonly<Record<string, (paths: StorePaths) => void>> = {
  "an object that is gone": (paths) => rmSync(paths.object(sha256("second"))),
  "an object that is cut off": (paths) => {
    chmodSync(paths.object(sha256("first")), 0o644)
    writeFileSync(paths.object(sha256("first")), "fir")
  },
  "an action that is gone": (paths) => rmSync(paths.action(fingerprint)),
  "an action that is damaged": (paths) => replace(paths.action(fingerprint), "{"),
  "an action of another task": (paths) => replace(paths.action(fingerprint), JSON.stringify(actionOf("e".repeat(64), outputs)))
}

describe("a task's results", () => {
  for (const takenAt of [settled, unsettled]) {
    it.effect(`are there where nothing was touched (${takenAt === settled ? "by the stamp" : "read"})`, () => Effect.gen(function*() {
      assert.deepStrictEqual(yield* after(() => undefined, takenAt), { check: true, store: "hit" })
    }))
    for (const [name, change] of Object.entries(losses)) {
      it.effect(`are not with ${name} (${takenAt === settled ? "by the stamp" : "read"})`, () => Effect.gen(function*() {
        const { check, store } = yield* after(change, takenAt)
        assert.isFalse(check)
        assert.notStrictEqual(store, "hit")
      }))
    }
    it.effect(`are not known to be where another action stands there (${takenAt === settled ? "by the stamp" : "read"})`, () => Effect.gen(function*() {
      const { check } = yield* after((paths) => replace(paths.action(fingerprint), JSON.stringify(actionOf(fingerprint, { a: "first", b: "other!" }))), takenAt)
      assert.isFalse(check)
    }))
  }

  it.effect("leave no check where there is no action", () => inFolder((folder) => Effect.gen(function*() {
    const { paths } = yield* Store
    assert.isUndefined(checkOf(paths, fingerprint, {}, settled()))
  }).pipe(Effect.provide(Store.layer(folder)))))

  it.effect("are looked for as they were: the store reads just the same bytes", () => inFolder((folder) => Effect.gen(function*() {
    yield* keep(fingerprint, outputs)
    const { paths } = yield* Store
    const check = checkOf(paths, fingerprint, actionOf(fingerprint, outputs).outputs, settled()) ?? ""
    replace(paths.action(fingerprint), readFileSync(paths.action(fingerprint), "utf8"))
    assert.isFalse(holds(paths, check), "another file in its place, though it says the same, is left to the run proper")
  }).pipe(Effect.provide(Store.layer(folder)))))
})
