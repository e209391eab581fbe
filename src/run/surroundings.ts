/**
 * What a run records about where it ran. It costs no more than reading a few small files, so that a run with nothing to do pays nothing; and is apart from
 * environment.ts so that such a run need not load Effect.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { arch, cpus, hostname, platform, release, totalmem } from "node:os"
import { dirname, isAbsolute, join, resolve } from "node:path"
import type { JsonObject } from "../stage/json.ts"

/** Variables that can change what numbers come out or how fast. Never anything that may hold a secret. */
export const recordedVariables: ReadonlyArray<string> = [
  "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
  "NODE_OPTIONS", "UV_THREADPOOL_SIZE", "LANG", "LC_ALL", "TZ", "SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_PARTITION", "CI"
]

export interface EnvironmentOptions {
  readonly project: string
  /** Name and version of what computes: the engine, the database. */
  readonly versions: Readonly<Record<string, string>>
  /** A lock file of the installed packages. */
  readonly lockFile?: string
}

export interface Surroundings {
  readonly record: JsonObject
  /** Of the project; null where it is no git checkout. */
  readonly commit: string | null
}

export const surroundings = (options: EnvironmentOptions): Surroundings => {
  const commit = commitOf(options.project)
  const processors = cpus()
  const lock = options.lockFile === undefined ? undefined : textOf(options.lockFile)
  return {
    commit,
    record: {
      host: hostname(),
      platform: `${platform()} ${arch()} ${release()}`,
      cpu: processors[0]?.model ?? "unknown",
      cpus: processors.length,
      memoryMiB: Math.round(totalmem() / 1_048_576),
      commit,
      lockFile: lock === undefined ? null : createHash("sha256").update(lock).digest("hex"),
      versions: { node: process.versions.node, ...options.versions },
      variables: Object.fromEntries(recordedVariables.flatMap((name) => {
        const value = process.env[name]
        return value === undefined ? [] : [[name, value]]
      }))
    }
  }
}

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** The checked-out commit, read from git's own files: starting git would cost more than all the rest. */
const commitOf = (project: string): string | null => {
  const git = gitFolder(resolve(project))
  const head = git === undefined ? undefined : textOf(join(git, "HEAD"))?.trim()
  if (git === undefined || head === undefined) return null
  if (!head.startsWith("ref: ")) return head
  const ref = head.slice(5)
  // A worktree keeps its HEAD for itself and shares the branches.
  const common = textOf(join(git, "commondir"))?.trim()
  const shared = common === undefined ? git : resolve(git, common)
  const loose = textOf(join(shared, ref))?.trim()
  if (loose !== undefined) return loose
  const packed = textOf(join(shared, "packed-refs"))?.split("\n").find((line) => line.endsWith(` ${ref}`))
  return packed?.slice(0, packed.indexOf(" ")) ?? null
}

const gitFolder = (folder: string): string | undefined => {
  const path = join(folder, ".git")
  if (existsSync(path)) {
    const link = /^gitdir: (.*)$/m.exec(textOf(path) ?? "")?.[1]
    return link === undefined ? path : isAbsolute(link) ? link : resolve(folder, link)
  }
  const parent = dirname(folder)
  return parent === folder ? undefined : gitFolder(parent)
}
