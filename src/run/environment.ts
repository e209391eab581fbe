/** Where a run ran, and whether the checkout has changes, which is asked of git only when something runs. */
import { execFile } from "node:child_process"
import { Effect } from "effect"
import { type EnvironmentOptions, type Surroundings, surroundings } from "./surroundings.ts"

export interface RunEnvironment extends Surroundings {
  /** Whether the checkout differs from its commit. Slow (some 10 ms). */
  readonly dirty: Effect.Effect<boolean>
}

export const captureEnvironment = (options: EnvironmentOptions): RunEnvironment => {
  const found = surroundings(options)
  return { ...found, dirty: found.commit === null ? Effect.succeed(false) : isDirty(options.project) }
}

/** A checkout that git cannot tell about in time counts as changed. */
const isDirty = (project: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const child = execFile("git", ["--no-optional-locks", "status", "--porcelain"], { cwd: project, timeout: 5_000 }, (error, stdout) =>
      resume(Effect.succeed(error !== null || stdout !== "")))
    return Effect.sync(() => child.kill())
  })
