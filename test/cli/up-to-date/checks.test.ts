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
/** When the look is taken: later than the clock's coarsest step after the files were written, or before. */
const [late, early] = [() => Date.now() + 1000, () => 0]

/** A file in the place of another, as a store puts it there. */
const replace = (path: string, content: string) => {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}
const rewrite = (path: string, content: string) => {
  chmodSync(path, 0o644)
  writeFileSync(path, content)
}

/** Both answers after a change: the check's, taken before it, and the store's. */
const after = (change: (paths: StorePaths) => void) => inFolder((folder) => Effect.gen(function*() {
  yield* keep(fingerprint, outputs)
  const { lookup, paths } = yield* Store
  const check = checkOf(paths, fingerprint, actionOf(fingerprint, outputs).outputs, late()) ?? ""
  change(paths)
  return { check: holds(paths, check), store: (yield* lookup(fingerprint)).kind }
}).pipe(Effect.provide(Store.layer(folder))))

const losses: Readonly<Record<string, (paths: StorePaths) => void>> = {
  "an object that is gone": (paths) => rmSync(paths.object(sha256("second"))),
  "an object that is cut off": (paths) => rewrite(paths.object(sha256("first")), "fir"),
  "an action that is gone": (paths) => rmSync(paths.action(fingerprint)),
  "an action that is damaged": (paths) => replace(paths.action(fingerprint), "{"),
  "an action of another task": (paths) => replace(paths.action(fingerprint), JSON.stringify(actionOf("e".repeat(64), outputs)))
}
/** What the store takes for a hit, and only a look at the bytes could tell. */
const touches: Readonly<Record<string, (paths: StorePaths) => void>> = {
  "an object was written over with as many bytes": (paths) => rewrite(paths.object(sha256("first")), "other"),
  "the action was made again": (paths) => replace(paths.action(fingerprint), readFileSync(paths.action(fingerprint), "utf8"))
}

describe("a task's results", () => {
  it.effect("are as they were where nothing was touched", () => Effect.gen(function*() {
    assert.deepStrictEqual(yield* after(() => undefined), { check: true, store: "hit" })
  }))
  for (const [name, change] of Object.entries(losses)) {
    it.effect(`are not there with ${name}`, () => Effect.gen(function*() {
      const { check, store } = yield* after(change)
      assert.isFalse(check)
      assert.notStrictEqual(store, "hit")
    }))
  }
  for (const [name, change] of Object.entries(touches)) {
    it.effect(`are left to the run proper where ${name}`, () => Effect.gen(function*() {
      assert.deepStrictEqual(yield* after(change), { check: false, store: "hit" })
    }))
  }
  it.effect("leave no check where they are not there, not whole, or too new", () => inFolder((folder) => Effect.gen(function*() {
    const { paths } = yield* Store
    const made = actionOf(fingerprint, outputs).outputs
    assert.isUndefined(checkOf(paths, fingerprint, made, late()))
    yield* keep(fingerprint, outputs)
    assert.strictEqual(checkOf(paths, fingerprint, made, early()), "unsettled")
    rewrite(paths.object(sha256("second")), "longer than before")
    assert.isUndefined(checkOf(paths, fingerprint, made, late()))
  }).pipe(Effect.provide(Store.layer(folder)))))
})
