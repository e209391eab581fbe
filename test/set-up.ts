/**
 * Before any test: a folder for all that tests put into temporary folders, with Node's cache of compiled code and the programs of
 * programs.ts beside it. It is gone when the tests are over, however each of them ended.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { workerProgram } from "./programs.ts"

const setUp = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-tests-"))
  // The processes that run the tests inherit these, and so do all that they start.
  process.env["REPRISE_TESTS"] = folder
  process.env["TMPDIR"] = join(folder, "tmp")
  mkdirSync(process.env["TMPDIR"])
  process.env["REPRISE_TEST_WORKER"] = await workerProgram()
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled")
  // At the very end: the processes that ran the tests end after what vitest calls the end of the tests, and write to the cache as they do.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
}
export default setUp
