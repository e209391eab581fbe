/** What a stage started dies with it, however it was killed; a checkpoint is there for the next attempt. */
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { once } from "node:events"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { assertNothingPartial, assertRerunFinishes, ended, makeScene, start, type Scene } from "./scene.ts"

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

/** Puts a line before what the stage does. */
const before = (line: string): void => {
  const path = join(scene.folder, "stage.mjs")
  writeFileSync(path, `import { spawn } from "node:child_process"\n${readFileSync(path, "utf8").replace("async execute(task) {", (start) => `${start}\n${line}`)}`)
}
const note = async (name: string): Promise<string> => {
  const path = join(scene.folder, name)
  while (!existsSync(path) || readFileSync(path, "utf8") === "") await sleep(10)
  return readFileSync(path, "utf8")
}
const lives = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2] !== "Z"
  } catch {
    return false
  }
}
const gone = async (pids: ReadonlyArray<number>): Promise<void> => {
  for (const deadline = Date.now() + 5_000; pids.some(lives);) {
    assert.isBelow(Date.now(), deadline, "a process that a stage started is left")
    await sleep(25)
  }
}

/** Starts a shell that starts two sleeps, one in a session of its own, tells their ids, and waits, unless the test has said to go on. */
const family = `
  if (!existsSync(task.project + "/go")) {
    const file = task.project + "/pids"
    spawn("sh", ["-c", "sleep 60 & one=$!; setsid sleep 60 & while [ $(ps -o sid= -p $!) = $(ps -o sid= -p $one) ]; do sleep 0.01; done; echo $$ $one $! > " + file + ".new; mv " + file + ".new " + file + "; wait"], { stdio: "ignore" })
    await sleep(60_000)
  }`

describe.skipIf(process.platform !== "linux")("grandchildren", () => {
  for (const victim of ["worker", "orchestrator"] as const) {
    it(`are gone after a kill of the ${victim}`, async () => {
      before(family)
      const run = await start(scene, {})
      const pids = (await note("pids")).trim().split(" ").map(Number)
      assert.isTrue(pids.every(lives))
      writeFileSync(join(scene.folder, "go"), "")
      process.kill(Number(readFileSync(join(scene.notes, `${victim}.pid`), "utf8")), "SIGKILL")
      await once(run, "exit")
      await gone(pids)
      await assertRerunFinishes(scene, assertNothingPartial(scene.store))
    })
  }
})

describe("a checkpoint", () => {
  for (const victim of ["worker", "orchestrator"] as const) {
    it(`outlives a kill of the ${victim}, is what the next run goes on from, and is gone afterwards`, async () => {
      before(`
        if (task.params.n === 4) {
          if (existsSync(task.checkpoint)) writeFileSync(task.project + "/resumed", readFileSync(task.checkpoint, "utf8"))
          else {
            writeFileSync(task.checkpoint, "step 7")
            writeFileSync(task.project + "/saved", task.checkpoint)
            await sleep(60_000)
          }
        }`)
      const run = start(scene, {})
      const checkpoint = await note("saved")
      process.kill(Number(readFileSync(join(scene.notes, `${victim}.pid`), "utf8")), "SIGKILL")
      await ended(run)
      await assertRerunFinishes(scene, assertNothingPartial(scene.store))
      assert.strictEqual(readFileSync(join(scene.folder, "resumed"), "utf8"), "step 7")
      assert.isFalse(existsSync(checkpoint))
    })
  }
})
