/**
 * Before any test: a folder for all that tests put into temporary folders, with Node's cache of compiled code beside it. It is gone when
 * the tests are over, however each of them ended.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const setUp = (): () => void => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-tests-"))
  // The processes that run the tests inherit both, and so do all that they start.
  process.env["TMPDIR"] = join(folder, "tmp")
  mkdirSync(process.env["TMPDIR"])
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled")
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
export default setUp
