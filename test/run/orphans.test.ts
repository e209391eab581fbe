import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { storePaths } from "../../src/store/paths.ts"
import { readRun, runIds } from "../../src/store/runs.ts"
import { makeLaboratory, planOf, runIn, type Laboratory } from "./support.ts"
import { Effect } from "effect"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
})
afterEach(() => laboratory.remove())

/** Starts a run of two tasks and waits until each has told the ids of its process and of the child that it started. */
const startRun = async (body: string): Promise<{ readonly run: ChildProcess; readonly pids: ReadonlyArray<number> }> => {
  const { bundle } = laboratory.stage("t/s", `
    const child = spawn("sleep", ["60"], { stdio: "ignore" })
    host.emit({ type: "log", level: "info", message: process.pid + " " + child.pid })
    ${body}`)
  const program = fileURLToPath(new URL("./orchestrator.ts", import.meta.url))
  const run = spawn(process.execPath, [program, laboratory.folder, laboratory.store, bundle], { stdio: ["ignore", "pipe", "inherit"] })
  let told = ""
  for await (const chunk of run.stdout ?? []) {
    told += String(chunk)
    if (told.trim().split("\n").length === 2) break
  }
  return { run, pids: told.trim().split(/\s+/).map(Number) }
}

const lives = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2] !== "Z"
  } catch {
    return false
  }
}

/** Waits until all of them are gone. */
const allGone = async (pids: ReadonlyArray<number>): Promise<void> => {
  const deadline = Date.now() + 5_000
  while (pids.some(lives)) {
    assert.isBelow(Date.now(), deadline, `still there: ${pids.filter(lives).join(", ")}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const waiting = `await sleep(60_000, undefined, { signal: host.signal })`
const looping = `for (const end = Date.now() + 60_000; Date.now() < end;);`

describe.skipIf(process.platform !== "linux")("when the command ends, however it ends, nothing that it started is left", () => {
  it("after Ctrl-C, which also marks the run as interrupted", async () => {
    const { pids, run } = await startRun(waiting)
    run.kill("SIGINT")
    assert.deepStrictEqual(await once(run, "exit"), [130, null])
    await allGone(pids)
    const paths = storePaths(laboratory.store)
    assert.strictEqual(readRun(paths, runIds(paths)[0] ?? "")?.status, "interrupted")
    assert.deepStrictEqual(readdirSync(paths.staging), [])
    assert.deepStrictEqual(readdirSync(paths.claims), [])
  })

  it("after a kill, also where the stages are in a loop that lets nothing through; the next run tidies up", async () => {
    const { pids, run } = await startRun(looping)
    run.kill("SIGKILL")
    await once(run, "exit")
    await allGone(pids)
    const paths = storePaths(laboratory.store)
    assert.strictEqual(readRun(paths, runIds(paths)[0] ?? "")?.status, "running", "it could not say anything")
    assert.lengthOf(readdirSync(paths.claims), 2)
    await Effect.runPromise(runIn(laboratory, planOf()))
    assert.strictEqual(readRun(paths, runIds(paths)[1] ?? "")?.status, "interrupted")
    assert.lengthOf(readdirSync(paths.claims), 0)
    assert.deepStrictEqual(readdirSync(join(laboratory.store, "staging")), [])
  })
})
