/**
 * The command line: every command, and what becomes of a failure. What a user can put right is shown as a message and exits 1 or 2;
 * a defect of ours shows its stack and where to report it, and exits 70.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Exit } from "effect"
import { accept } from "./commands/accept.ts"
import { check } from "./commands/check.ts"
import { diff } from "./commands/diff.ts"
import { doctor } from "./commands/doctor.ts"
import { exportRun } from "./commands/export.ts"
import { gc } from "./commands/gc.ts"
import { graph } from "./commands/graph.ts"
import { importRun } from "./commands/import.ts"
import { logs } from "./commands/logs.ts"
import { plan } from "./commands/plan.ts"
import { query } from "./commands/query.ts"
import { run } from "./commands/run.ts"
import { runs } from "./commands/runs.ts"
import { schema } from "./commands/schema.ts"
import { show } from "./commands/show.ts"
import { stages } from "./commands/stages.ts"
import { status } from "./commands/status.ts"
import { verify } from "./commands/verify.ts"
import { why } from "./commands/why.ts"
import { CommandFailure, exitCodes } from "./failure.ts"
import { group, isUsageError, runCommandLine, withSubcommands } from "./framework.ts"
import { Installation } from "./installation.ts"
import type { Start } from "./start.ts"
import { endWithReader } from "./terminal.ts"

const reprise = group("reprise", {
  summary: "Reprise runs a paper's experiments from one YAML file, keeps every result, and says whether the paper's numbers came out.",
  examples: [
    { command: "reprise run pipelines/quickstart.yaml", description: "Run what is not yet in the store, then print tables and claims" },
    { command: "reprise plan pipelines/quickstart.yaml --set eps=0.02", description: "Say what would run, and why, without running it" },
    { command: 'reprise query "from runs"', description: "Ask every result in SQL" },
    { command: "reprise check pipelines/quickstart.yaml", description: "Compare the paper's claims with what was measured" },
    { command: "reprise stages attack/perturb", description: "What a stage takes and gives" },
    { command: "reprise doctor", description: "What this machine can compute on" }
  ]
}).pipe(withSubcommands([run, plan, query, check, stages, schema, runs, status, show, logs, diff, why, accept, graph, gc, verify, exportRun, importRun, doctor]))

/** Runs one command line; the process ends with its exit code. `program` is a digest of this program, where it has one. */
export const main = ({ packageRoot, parameters, program, version, worker }: Start & { readonly program: string | undefined }): void => {
  endWithReader()
  const command = runCommandLine(reprise, version, parameters.length === 0 ? ["--help"] : parameters).pipe(
    Effect.provideService(Installation, Installation.of({ packageRoot, version, worker, program }))
  )
  NodeRuntime.runMain(command, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : report(exit.cause, version))
  })
}

const defectCode = 70
/** Failures that come from what the user wrote. */
const usersOwn: ReadonlySet<string> = new Set(["StageLoadError", "QueryError"])

/** Prints a failure on standard error and gives the exit code for it. */
const report = (cause: Cause.Cause<unknown>, version: string): number => {
  if (Cause.hasInterruptsOnly(cause)) return exitCodes.interrupted
  const error = Cause.squash(cause)
  if (isUsageError(error)) return exitCodes.usage
  if (error instanceof CommandFailure) {
    if (error.message !== "") process.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
  if (!Cause.hasDies(cause) && error instanceof Error) {
    // A typed failure of one of the parts, which says what is wrong and, as a rule, what to do.
    process.stderr.write(`error: ${error.message}\n${"hint" in error && typeof error.hint === "string" ? `${error.hint}\n` : ""}`)
    return "_tag" in error && usersOwn.has(String(error._tag)) ? exitCodes.usage : exitCodes.failed
  }
  process.stderr.write(`${Cause.pretty(cause)}

This is a defect in Reprise ${version}, not in your file. Please report it with the lines above, the command, and
\`node --version\` (${process.version}, ${process.platform}). REPRISE_SOURCES=1 gives a trace with the sources' own lines.
`)
  return defectCode
}
