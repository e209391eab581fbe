import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TaskReply } from "../../src/run/messages.ts"
import { startWorker, type WorkerDeath } from "../../src/run/worker-process.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reprise-worker-"))
  writeFileSync(join(folder, "dies.mjs"), 'process.on("message", () => { console.log("last words"); process.exit(3) })')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** How the task ends in a worker that ends with exit code 3 as soon as it is given it. */
const endOf = (log: string): Promise<TaskReply | WorkerDeath> => {
  const worker = startWorker(1, { program: join(folder, "dies.mjs"), cwd: folder, output: join(folder, "out"), variables: {} })
  const request = { id: "a-1", params: {}, inputs: {}, outputs: {}, scratch: "", checkpoint: "", project: folder, threads: 1, backend: "cpu" }
  return new Promise((resolve) => worker.run({ bundle: "", request, log }, () => undefined, resolve))
}

describe("a worker that dies", () => {
  it("leaves its last words and its end in the task's log", async () => {
    const log = join(folder, "logs", "a-1.log")
    assert.deepStrictEqual(await endOf(log), { type: "died", code: 3, signal: null })
    assert.strictEqual(readFileSync(log, "utf8"), "last words\nThe worker ended with exit code 3 in the middle of the task.\n")
  })

  it("ends its task also where the log cannot be written, as on a full disk", async () => {
    const nowhere = join(folder, "dies.mjs", "a-1.log") // a file stands where the folder should be
    assert.deepStrictEqual(await endOf(nowhere), { type: "died", code: 3, signal: null })
  })
})
