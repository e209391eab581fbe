/**
 * Singular as a process that answers many questions. It leads a process group of its own, which is ended as a whole, since some of Singular's procedures
 * leave children behind; and the kernel ends it should this process die, for nobody would be left to do so.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process"
import { Effect, type Scope } from "effect"
import { StageError } from "../../../../src/stage.ts"
import { isAnswered, preamble } from "./singular-text.ts"

/** What came of a question: everything printed, or why there is no answer. */
export type Reply =
  | { readonly outcome: "answered"; readonly output: string }
  | { readonly outcome: "timeout" }
  /** The process ended on the way: out of memory, or a crash. */
  | { readonly outcome: "died"; readonly message: string }

/** Version as Singular gives it; undefined where there is none. */
export const singularVersion = (program: string): string | undefined => {
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" })
  return status === 0 ? /version (\S+)/.exec(stdout)?.[1] ?? "unknown" : undefined
}

/** Tools of util-linux put limits on what they start; elsewhere there are none. */
const limited = (program: string, mebibytes: number): ReadonlyArray<string> => {
  const limits = [["prlimit", `--as=${mebibytes * 2 ** 20}`], ["setpriv", "--pdeathsig", "KILL"]]
  return [...limits.filter(([tool = ""]) => process.platform === "linux" && spawnSync(tool, ["--version"]).status === 0).flat(), program, "-q"]
}

/** How long a start may take. */
const startMs = 60_000

export class SingularProcess {
  readonly #command: ReadonlyArray<string>
  #child: ChildProcessWithoutNullStreams | undefined

  private constructor(command: ReadonlyArray<string>) {
    this.#command = command
  }

  /** Started at the first question, and again after one that ended it; gone with the scope. `mebibytes` bounds its memory. */
  static readonly open = (program: string, mebibytes: number): Effect.Effect<SingularProcess, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => new SingularProcess(limited(program, mebibytes))),
      (opened) => Effect.sync(() => opened.end())
    )

  /** Asks, and waits at most so long; a start does not count. An interruption ends the process. */
  ask(question: string, milliseconds: number): Effect.Effect<Reply, StageError> {
    return Effect.suspend(() => this.#child === undefined
      ? this.#exchange(this.#start(), preamble, startMs).pipe(Effect.flatMap((ready) =>
        ready.outcome === "answered" ? this.ask(question, milliseconds) : Effect.fail(new StageError({
          message: `Singular does not start: ${ready.outcome === "died" ? ready.message : `no sign of it in ${startMs / 1000} s`}`,
          hint: "It needs some hundred MiB of `memory`."
        }))
      ))
      : this.#exchange(this.#child, question, milliseconds))
  }

  #exchange(child: ChildProcessWithoutNullStreams, text: string, milliseconds: number): Effect.Effect<Reply, StageError> {
    return Effect.callback<Reply, StageError>((resume) => {
      let output = ""
      const leave = (): void => {
        clearTimeout(timer)
        child.removeAllListeners("error").removeAllListeners("exit").on("error", () => undefined)
        child.stdout.removeAllListeners("data")
      }
      const give = (result: Effect.Effect<Reply, StageError>): void => {
        leave()
        resume(result)
      }
      const giveUp = (result: Effect.Effect<Reply, StageError>): void => {
        this.end()
        give(result)
      }
      const timer = setTimeout(() => giveUp(Effect.succeed({ outcome: "timeout" })), milliseconds)
      child.stdout.on("data", (part: string) => {
        output += part
        if (isAnswered(output)) give(Effect.succeed({ outcome: "answered", output }))
      })
      child.on("error", (cause) => giveUp(Effect.fail(new StageError({ message: `Singular could not be started: ${cause.message}`, cause }))))
      child.on("exit", (code, signal) => giveUp(Effect.succeed({ outcome: "died", message: output.trim().split("\n").at(-1) || `Singular ended with ${signal ?? `status ${code}`}` })))
      child.stdin.write(text)
      return Effect.sync(() => {
        this.end()
        leave()
      })
    })
  }

  /** Ends the whole group. */
  end(): void {
    const pid = this.#child?.pid
    this.#child = undefined
    if (pid === undefined) return
    try {
      process.kill(-pid, "SIGKILL")
    } catch {
      // The group has ended by itself.
    }
  }

  #start(): ChildProcessWithoutNullStreams {
    const [program = "", ...parameters] = this.#command
    const child = spawn(program, parameters, { detached: true, stdio: ["pipe", "pipe", "pipe"] })
    child.stdout.setEncoding("utf8")
    // A process that has ended takes no more questions; `exit` tells of that.
    child.stdin.on("error", () => undefined)
    child.stderr.resume()
    this.#child = child
    return child
  }
}
