/** What the command writes, in one place: answers on standard output, everything about the work on standard error. */

/** A line, or several, of the answer. */
export const print = (text: string): void => {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`)
}

/** About the work: progress, warnings, what to do next. */
export const notice = (text: string): void => {
  process.stderr.write(text.endsWith("\n") ? text : `${text}\n`)
}

/**
 * A reader that has seen enough (`| head`) closes the pipe: that is no error of ours. A run, which listens to signals, ends in good order then. That a terminal
 * is gone (EIO) is for its signal to say.
 */
export const endWithReader = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EIO") return
      if (process.listenerCount("SIGHUP") > 0) process.kill(process.pid, "SIGTERM")
      else process.exit(error.code === "EPIPE" ? 0 : 1)
    })
  }
}

/** Whether to colour what goes to standard error; NO_COLOR and FORCE_COLOR are honoured. */
export const colours = (): boolean =>
  (process.env["FORCE_COLOR"] ?? "") !== "" || (process.stderr.isTTY && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb")

/** Whether progress can be redrawn in place. */
export const isTerminal = (): boolean => process.stderr.isTTY && process.env["TERM"] !== "dumb"

/** Characters in a line of standard output; undefined for a file or a pipe, and for a terminal that does not know (it says 0). */
export const terminalWidth = (): number | undefined => (process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : undefined)

/** A word of a command line that a shell takes as it is. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** How the command is called from here, for advice to the user: as a script of its own checkout, through npx or another script, or plainly. */
export const invocation = (environment: NodeJS.ProcessEnv = process.env): string => {
  if (environment["npm_lifecycle_event"] === undefined) return "reprise"
  return environment["npm_package_name"] === "reprise" && environment["npm_lifecycle_event"] !== "npx" ? "npm run reprise --" : "npx reprise"
}
