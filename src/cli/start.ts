/**
 * Where a command starts. Most runs of a pipeline that is being worked on find all their results, and are answered here without loading the command line, the
 * planner and the stages; everything else is main.ts.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { invocationOf, sha256 } from "./up-to-date/basis.ts"
import { repeat } from "./up-to-date/repeat.ts"

export interface Start {
  readonly packageRoot: string
  /** The program of worker processes. */
  readonly worker: string
  readonly version: string
  readonly parameters: ReadonlyArray<string>
}

/** Runs one command line; the process ends with its exit code. */
export const main = async (start: Start): Promise<void> => {
  const program = programDigest()
  if (program !== undefined && start.parameters[0] === "run" && repeat(invocationOf({ ...start, program }, start.parameters))) return
  const { main } = await import("./main.ts")
  main({ ...start, program })
}

/** Tells this program from every other: the bundle names what it loads by its content. The sources have no such name, and always do everything. */
const programDigest = (): string | undefined => {
  const self = fileURLToPath(import.meta.url)
  return self.endsWith(".mjs") ? sha256(readFileSync(self)) : undefined
}
