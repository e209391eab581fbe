/** Several orchestrators on one store and one file; owners of claims that are gone, here and elsewhere; clocks that go backwards. */
import { afterEach, assert, beforeEach, describe, it, onTestFinished, vi } from "vitest"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { storePaths } from "../../src/store/paths.ts"
import { assertNothingPartial, assertRerunFinishes, ended, makeScene, runAgain, start, startsIn, type Scene } from "./scene.ts"

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

const sorted = (numbers: ReadonlyArray<number>) => numbers.toSorted((a, b) => a - b)
const started = async (task: number): Promise<void> => {
  while (!startsIn(scene).includes(task)) await sleep(10)
}
const claims = (): ReadonlyArray<string> => readdirSync(storePaths(scene.store).claims)

describe("orchestrators on one store", () => {
  for (const many of [2, 8]) {
    it(`${many} of them do each task once between them, and all of them succeed`, async () => {
      const all = await Promise.all(Array.from({ length: many }, () => ended(start(scene))))
      assert.deepStrictEqual(all.map(({ code }) => code), all.map(() => 0), all.map(({ err }) => err).join("\n"))
      assert.deepStrictEqual(sorted(startsIn(scene)), [1, 2, 3, 4])
      assert.strictEqual(all.map(({ out }): number => JSON.parse(out).ran).reduce((sum, ran) => sum + ran, 0), 4)
      await assertRerunFinishes(scene, assertNothingPartial(scene.store))
    }, 60_000)
  }

  it("take over what another was doing when it was killed, while they wait for it", async () => {
    const first = await start(scene)
    await started(2) // 60 ms of work
    const second = ended(start(scene))
    first.kill("SIGKILL")
    await once(first, "exit")
    assert.strictEqual((await second).code, 0)
    assert.deepStrictEqual(startsIn(scene).filter((task) => task === 1), [1], "what was finished was not repeated")
    await assertRerunFinishes(scene, assertNothingPartial(scene.store))
  })
})

/** Lets this process's clock run so many times as fast. */
const hasten = (times: number): void => {
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() * times)
  onTestFinished(() => clock.mockRestore())
}

describe("the claim of an owner that is gone", () => {
  const killInTask = async (): Promise<void> => {
    const run = await start(scene)
    await started(2)
    run.kill("SIGKILL")
    await once(run, "exit")
  }

  it("on this host is taken over at once", async () => {
    await killInTask()
    assert.lengthOf(claims(), 1)
    const at = performance.now()
    await runAgain(scene)
    assert.isBelow(performance.now() - at, 5_000)
    assert.deepStrictEqual(claims(), [])
  })

  it("on another host is respected while its heartbeat may still come, and then taken over", async () => {
    await killInTask()
    const [claim = ""] = claims()
    const path = `${storePaths(scene.store).claims}/${claim}`
    const owner = JSON.parse(readFileSync(path, "utf8"))
    // The claim is a hard link to its owner's file, so that this makes the whole process one of another machine.
    writeFileSync(path, JSON.stringify({ ...owner, process: { ...owner.process, host: "elsewhere", space: "elsewhere/boot/pid" } }))
    hasten(20)
    const at = performance.now()
    const result = await runAgain(scene)
    assert.strictEqual(result.status, "succeeded")
    assert.isAbove(performance.now() - at, 29_000, "a lease is 30 s")
    assert.deepStrictEqual(claims(), [])
  })
})

describe("a clock that goes backwards", () => {
  it("between two runs repeats nothing and confuses nobody", async () => {
    assert.strictEqual((await ended(start(scene))).code, 0)
    const yesterday = await ended(start(scene, { clock: -24 * 3_600_000 }))
    assert.strictEqual(yesterday.code, 0, yesterday.err)
    assert.deepInclude(JSON.parse(yesterday.out), { ran: 0, cached: 4 })
    await assertRerunFinishes(scene, assertNothingPartial(scene.store))
  })

  it("while another runs leaves it its claims", async () => {
    const ahead = ended(start(scene, { clock: 7 * 24 * 3_600_000 }))
    await started(2)
    const behind = await ended(start(scene, { clock: -7 * 24 * 3_600_000 }))
    assert.deepStrictEqual([(await ahead).code, behind.code], [0, 0])
    assert.deepStrictEqual(sorted(startsIn(scene)), [1, 2, 3, 4])
  })
})
