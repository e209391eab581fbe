import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { leaseMs, openClaims } from "../../src/store/claims.ts"
import { liveness, ownIdentity, type ProcessIdentity } from "../../src/store/identity.ts"
import { storePaths } from "../../src/store/paths.ts"
import { createRun, readRun } from "../../src/store/runs.ts"
import { openStaging, ownedRunFile, type Owner } from "../../src/store/staging.ts"
import { sweep } from "../../src/store/sweep.ts"
import { inFolder, sha256 } from "./support.ts"

const work = sha256("work")

/** A process that was here and is gone. */
const deadProcess = (): ProcessIdentity => ({ ...ownIdentity(), pid: spawnSync("true").pid })
const foreignProcess: ProcessIdentity = { host: "other", pid: 1, started: "1", space: "other/boot/pid" }

/** Two processes on one store, the second with a clock of ours. */
const twoProcesses = (folder: string) => {
  const paths = storePaths(folder)
  let now = 0
  const first = openStaging(paths)
  const second = openStaging(paths)
  return {
    paths,
    first: openClaims(paths, first),
    second: openClaims(paths, second, () => now),
    secondStaging: second,
    pass: (ms: number) => {
      now += ms
    }
  }
}

const claimOf = (path: string, process: ProcessIdentity) => {
  const owner: Owner = { version: 1, token: "gone", process, since: 0 }
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, JSON.stringify(owner))
}

describe("liveness", () => {
  it("knows the living, the dead, and those of whom it cannot know", () => {
    assert.strictEqual(liveness(ownIdentity()), "alive")
    assert.strictEqual(liveness(deadProcess()), "dead")
    assert.strictEqual(liveness({ ...ownIdentity(), started: "12345" }), "dead", "another process has taken the number")
    assert.strictEqual(liveness(foreignProcess), "unknown")
  })
})

describe("claims", () => {
  it.effect("are held by one process at a time", () =>
    inFolder((folder) => Effect.sync(() => {
      const { first, second, pass } = twoProcesses(folder)
      assert.isTrue(first.take(work))
      assert.isFalse(second.take(work))
      pass(10 * leaseMs)
      assert.isFalse(second.take(work), "however long: the process lives")
      first.release(work)
      assert.isTrue(second.take(work))
      first.release(work) // not ours any more
      assert.isFalse(first.take(work))
    })))

  it.effect("of a dead process are taken over at once", () =>
    inFolder((folder) => Effect.sync(() => {
      const { paths, second } = twoProcesses(folder)
      claimOf(paths.claim(work), deadProcess())
      assert.isTrue(second.take(work))
      assert.strictEqual(second.holder(work)?.process.pid, process.pid)
    })))

  it.effect("of another machine lapse when its heartbeat has stood still for a lease by our clock, whatever its own says", () =>
    inFolder((folder) => Effect.sync(() => {
      const { pass, paths, second } = twoProcesses(folder)
      claimOf(paths.claim(work), foreignProcess)
      utimesSync(paths.claim(work), new Date(0), new Date(0)) // a clock far behind
      assert.isFalse(second.take(work))
      pass(leaseMs - 1)
      assert.isFalse(second.take(work))
      utimesSync(paths.claim(work), new Date(5000), new Date(5000)) // it lives
      pass(leaseMs)
      assert.isFalse(second.take(work))
      pass(leaseMs)
      assert.isTrue(second.take(work))
    })))

  it.effect("that are damaged lapse like those of another machine", () =>
    inFolder((folder) => Effect.sync(() => {
      const { pass, paths, second } = twoProcesses(folder)
      claimOf(paths.claim(work), foreignProcess)
      writeFileSync(paths.claim(work), "{")
      assert.isFalse(second.take(work))
      pass(leaseMs)
      assert.isTrue(second.take(work))
    })))
})

describe("sweep", () => {
  it.effect("removes what dead processes left and ends their runs, and touches nothing else", () =>
    inFolder((folder) => Effect.sync(() => {
      const { first, paths, second, secondStaging } = twoProcesses(folder)
      const now = Date.now()
      const counts = { total: 3, cached: 1, ran: 0, failed: 0, skipped: 0 }
      const start = { pipeline: "p", file: "", command: [], overrides: {}, environment: {}, total: 3 }
      const run = createRun(paths, start, now, () => secondStaging.fresh("x"))
      run.task({ task: "a", stage: "a", uses: "t/a", fingerprint: null, status: "cached", params: {}, coordinates: [], outputs: {}, startedAt: 1, wallMs: 0 })
      run.flush()
      const dead = join(paths.staging, "1-dead")
      mkdirSync(join(dead, "1-task"), { recursive: true })
      writeFileSync(join(dead, ownedRunFile), run.id)
      claimOf(join(dead, "owner.json"), deadProcess())
      claimOf(join(paths.staging, "1-foreign", "owner.json"), foreignProcess)
      claimOf(paths.claim(sha256("dead")), deadProcess())
      claimOf(paths.claim(sha256("foreign")), foreignProcess)
      first.take(work)

      sweep(paths, secondStaging, second, now)
      assert.deepInclude(readRun(paths, run.id), { status: "interrupted", finishedAt: now, counts })
      assert.isFalse(existsSync(dead))
      assert.strictEqual(readdirSync(paths.staging).length, 3)
      assert.sameMembers(readdirSync(paths.claims), [`${work}.json`, `${sha256("foreign")}.json`])

      sweep(paths, secondStaging, second, now + 30 * 24 * 3_600_000)
      assert.isFalse(existsSync(join(paths.staging, "1-foreign")), "nobody has heard from it for a month")
      assert.strictEqual(readdirSync(paths.staging).length, 2)
    })))
})
