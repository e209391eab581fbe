import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { storePaths, type StorePaths } from "../../src/store/paths.ts"
import { collect, planGc, type GcPolicy } from "../../src/store/gc.ts"
import { runIds, readRunTasks } from "../../src/store/runs.ts"
import { verifyStore } from "../../src/store/verify.ts"
import { makeLaboratory, planOf, runIn, type Laboratory } from "../run/support.ts"

let laboratory: Laboratory
let paths: StorePaths
beforeEach(async () => {
  laboratory = makeLaboratory()
  paths = storePaths(laboratory.store)
  laboratory.stage("t/make", `write("made " + task.params.n)`)
  // Three runs: 1 and 2, then 2 and 3, then 3.
  for (const numbers of [[1, 2], [2, 3], [3]]) {
    const plan = planOf(...numbers.map((n) => ({ id: `make-${n}`, uses: "t/make", params: { n } })))
    await Effect.runPromise(runIn(laboratory, plan))
  }
})
afterEach(() => laboratory.remove())

/** Later than anything that was written. */
const now = () => Date.now() + 1000
const gc = (policy: GcPolicy) => {
  const plan = planGc(paths, policy, now())
  let number = 0
  mkdirSync(paths.staging, { recursive: true })
  collect(paths, plan, () => join(paths.staging, String(++number)))
  return plan
}
const made = (): ReadonlyArray<string> => {
  const files = readdirSync(join(laboratory.store, "actions"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
  assert.strictEqual(verifyStore(paths).objects, files.length, "one object for each task")
  assert.deepStrictEqual(verifyStore(paths).damages, [])
  return files
}
/** Latest first. */
const ids = () => runIds(paths)

describe("gc", () => {
  it("keeps every run and all that they reach unless told otherwise", () => {
    const plan = gc({})
    assert.deepStrictEqual([plan.runs, plan.actions, plan.objects], [[], [], []])
    assert.lengthOf(plan.kept, 3)
    assert.lengthOf(made(), 3)
  })

  it("removes a named run with what only it reaches", () => {
    const [latest = "", second = "", first = ""] = ids()
    const plan = gc({ runs: new Set([first]) })
    assert.deepStrictEqual(plan.runs, [{ id: first, why: "named" }])
    assert.lengthOf(plan.actions, 1)
    assert.deepStrictEqual(ids(), [latest, second])
    assert.lengthOf(made(), 2)
    assert.isAbove(plan.bytes, 0)
  })

  it("by age keeps the latest run of a pipeline, however old", () => {
    const plan = gc({ before: now() })
    assert.lengthOf(plan.runs, 2)
    assert.deepStrictEqual(plan.kept.map(({ why }) => why), ["latest run of test"])
    assert.lengthOf(made(), 1)
    assert.strictEqual(readRunTasks(paths, ids()[0] ?? "")[0]?.task, "make-3")
  })

  it("by size lets the oldest runs go until there is room", () => {
    const all = planGc(paths, {}, now()).keptBytes
    const plan = gc({ maxBytes: all - 1 })
    assert.lengthOf(plan.runs, 1)
    assert.isBelow(plan.keptBytes, all)
    assert.lengthOf(made(), 2)
    assert.lengthOf(gc({ maxBytes: 0 }).kept, 1, "the latest stays")
  })

  it("removes leftovers: objects that nothing names, what was set aside, checkpoints of finished tasks", () => {
    const finished = readRunTasks(paths, ids()[0] ?? "")[0]?.fingerprint ?? ""
    const unfinished = "f".repeat(64)
    const leftovers = [paths.object("0".repeat(64)), paths.quarantined("1".repeat(64)), paths.checkpoint(finished)]
    for (const path of [...leftovers, paths.checkpoint(unfinished)]) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, "x")
    }
    gc({})
    assert.deepStrictEqual(leftovers.filter((path) => existsSync(path)), [])
    assert.isTrue(existsSync(paths.checkpoint(unfinished)), "a week of training may hang on it")
    utimesSync(paths.checkpoint(unfinished), new Date(0), new Date(0))
    gc({ before: 1000 })
    assert.isFalse(existsSync(paths.checkpoint(unfinished)), "unless it is older than what the user wants to keep")
    assert.lengthOf(made(), 3)
  })

  it("leaves alone what has come since it looked", () => {
    const path = paths.object("0".repeat(64))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, "x")
    assert.deepStrictEqual(planGc(paths, {}, Date.now() - 10_000).objects, [])
  })

  it("keeps what a killed run finished without having said so", () => {
    const [, , first = ""] = ids()
    rmSync(paths.run(first).tasks)
    gc({})
    assert.lengthOf(made(), 3)
  })
})
