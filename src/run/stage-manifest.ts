/**
 * What was made of a set of stages: the digest of each one's code and the module that runs, kept for as long as no file that they are made of changes.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Roots } from "./bundler.ts"
import type { StagePlace } from "./stage-places.ts"
import { isStamps, type Stamp, unchanged } from "./stamps.ts"

export interface BuiltStage {
  /** Digest of the code that it can reach. */
  readonly code: string
  /** The same by file, for saying what changed. */
  readonly files: Readonly<Record<string, string>>
  /** Absolute path of the module to run, whose default export is the stage. */
  readonly bundle: string
}
/** By name. */
export type BuiltStages = Readonly<Record<string, BuiltStage>>

interface Manifest {
  readonly version: 2
  readonly stamps: ReadonlyArray<Stamp>
  /** Absolute paths of the modules that have to be there. */
  readonly modules: ReadonlyArray<string>
  readonly stages: BuiltStages
}

/** Where modules and manifests lie. */
export const codeFolder = ({ project }: Roots): string => join(project, ".reprise", "code")

const manifestPath = (places: ReadonlyMap<string, StagePlace>, roots: Roots): string => {
  const digest = createHash("sha256").update(JSON.stringify([...places].map(([name, { path }]) => [name, path]))).digest("hex")
  return join(codeFolder(roots), `${digest.slice(0, 20)}.json`)
}

/** What was made of these stages; undefined where they have to be made anew. */
export const readManifest = (places: ReadonlyMap<string, StagePlace>, roots: Roots): BuiltStages | undefined => {
  try {
    const manifest: unknown = JSON.parse(readFileSync(manifestPath(places, roots), "utf8"))
    if (!isManifest(manifest) || !unchanged(manifest.stamps)) return undefined
    return manifest.modules.every((path) => existsSync(path)) ? manifest.stages : undefined
  } catch {
    return undefined // absent, or half written by a file system that lost power: it is made again
  }
}

const isManifest = (value: unknown): value is Manifest =>
  typeof value === "object" && value !== null && "version" in value && value.version === 2 && "stamps" in value && isStamps(value.stamps)
  && "modules" in value && Array.isArray(value.modules)
  && "stages" in value && typeof value.stages === "object" && value.stages !== null

export const writeManifest = (places: ReadonlyMap<string, StagePlace>, roots: Roots, made: Pick<Manifest, "modules" | "stages" | "stamps">): void => {
  const path = manifestPath(places, roots)
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, JSON.stringify({ version: 2, ...made } satisfies Manifest))
  renameSync(temporary, path)
}
