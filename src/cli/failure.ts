/** How a command ends other than well. Every failure of every part comes down to one of these before it is shown. */
import { Schema } from "effect"

/** `1`: a task failed or a claim did not hold. `2`: the file or the command line is wrong. `3`: something would run. `130`: interrupted. */
export const exitCodes = { failed: 1, usage: 2, pending: 3, interrupted: 130 } as const

/** Something the user can put right: shown as it is, without a stack trace. */
export class CommandFailure extends Schema.TaggedError<CommandFailure>()("CommandFailure", {
  /** Already complete, several lines perhaps; empty where everything has been said. */
  message: Schema.String,
  exitCode: Schema.Literals([exitCodes.failed, exitCodes.usage, exitCodes.pending, exitCodes.interrupted])
}) {}

export const usageFailure = (message: string) => new CommandFailure({ message, exitCode: exitCodes.usage })
export const failure = (message: string) => new CommandFailure({ message, exitCode: exitCodes.failed })
/** A look ahead found work; everything has been said. */
export const pending = new CommandFailure({ message: "", exitCode: exitCodes.pending })
