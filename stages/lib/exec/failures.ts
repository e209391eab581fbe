/** How a program fails. */
import { Schema } from "../../../src/stage.ts"

/** It ended with another code than 0, or was killed. */
export class ProgramFailed extends Schema.TaggedError<ProgramFailed>()("ProgramFailed", {
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  exitCode: Schema.optionalKey(Schema.Int)
}) {}

/** The kernel killed it because the machine, or what Reprise may have of it, was full. The tag is what tasks of all kinds say of that. */
export class OutOfMemory extends Schema.TaggedError<OutOfMemory>()("OutOfMemory", {
  message: Schema.String,
  hint: Schema.String
}) {}

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last lines that it printed. */
  readonly tail: string
  /** Whether the kernel has killed for want of memory while it ran. */
  readonly kernelKilled: boolean
}

/** What a shell makes of a program of its own that was killed by SIGKILL. */
const killedInShell = 137

export const failureOf = (program: string, { code, kernelKilled, signal, tail }: Ending): ProgramFailed | OutOfMemory => {
  const lastWords = tail.trim() === "" ? "" : ` Its last words:\n${tail.trimEnd()}`
  if (kernelKilled && (signal === "SIGKILL" || code === killedInShell)) {
    return new OutOfMemory({
      message: `The machine ran out of memory, and its kernel killed ${program}.${lastWords}`,
      hint: "Use fewer --jobs, or declare `resources: { memory: ... }` for the stage, so that fewer of its tasks run at once."
    })
  }
  const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`
  return new ProgramFailed({ message: `${program} ${how}.${lastWords}`, ...(code === null ? {} : { exitCode: code }) })
}
