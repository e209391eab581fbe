/** What disks and people do to a store while nobody runs: a journal cut short, a bit flipped, a file deleted. */
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { readRunTasks, runIds } from "../../src/store/runs.ts"
import { storePaths, type StorePaths } from "../../src/store/paths.ts"
import { makeScene, results, runAgain, startsIn, type Scene } from "./scene.ts"

let scene: Scene
let paths: StorePaths
beforeEach(async () => {
  scene = makeScene()
  paths = storePaths(scene.store)
  await runAgain(scene)
})
afterEach(() => scene.remove())

const digestOf = async (task: string): Promise<string> => (await runAgain(scene)).outputs.get(task)?.["out"]?.digest ?? ""

describe("a journal", () => {
  it("that is cut by any number of bytes gives every line that is whole, and the next run repeats nothing", async () => {
    const [id = ""] = runIds(paths)
    const whole = readFileSync(paths.run(id).tasks, "utf8")
    const lines = whole.trimEnd().split("\n")
    assert.lengthOf(lines, 4)
    for (let cut = 1; cut <= whole.length; cut++) {
      truncateSync(paths.run(id).tasks, whole.length - cut)
      const left = whole.slice(0, whole.length - cut)
      // A line that has lost no more than its line break is whole.
      const expected = lines.filter((line) => left.includes(line)).length
      assert.lengthOf(readRunTasks(paths, id), expected, `cut by ${cut} bytes`)
    }
    const again = await runAgain(scene)
    assert.deepInclude(again.counts, { ran: 0, cached: 4 })
  })
})

describe("a result", () => {
  it("of which one byte is flipped is found before it is used, set aside and made again, and only it", async () => {
    const digest = await digestOf("b-2")
    const bytes = readFileSync(paths.object(digest))
    bytes[3] = (bytes[3] ?? 0) ^ 1
    chmodSync(paths.object(digest), 0o644)
    writeFileSync(paths.object(digest), bytes)
    // c-3 reads it: its own result is gone, so that it has to run.
    rmSync(paths.object(await digestOf("c-3")))
    const before = startsIn(scene).length
    const again = await runAgain(scene)
    assert.strictEqual(again.status, "succeeded")
    assert.deepStrictEqual(startsIn(scene).slice(before), [2, 3])
    assert.strictEqual(readFileSync(paths.object(digest), "utf8"), results["b-2"])
    assert.deepStrictEqual(readFileSync(paths.quarantined(digest)), bytes)
  })

  it("that was deleted behind its record is made again, and nothing that was made from it", async () => {
    rmSync(paths.object(await digestOf("a-1")))
    const before = startsIn(scene).length
    assert.deepInclude((await runAgain(scene)).counts, { ran: 1, cached: 3, kept: 2 })
    assert.deepStrictEqual(startsIn(scene).slice(before), [1])
  })

  it("whose record is cut short counts as not there", async () => {
    const fingerprint = readRunTasks(paths, runIds(paths)[0] ?? "").find(({ task }) => task === "d-4")?.fingerprint ?? ""
    const whole = readFileSync(paths.action(fingerprint), "utf8")
    for (const kept of [0, 1, whole.length >> 1, whole.length - 1]) {
      truncateSync(paths.action(fingerprint), kept)
      assert.deepInclude((await runAgain(scene)).counts, { ran: 1, cached: 3 }, `${kept} bytes are left`)
    }
  })
})
