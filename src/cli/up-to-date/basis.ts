/**
 * Everything from which a command's plan was made and that can change until the next command: what was typed and where, the environment, this program, the
 * pipeline's text, the stages' code, the backend, the content of every file that a parameter names. A plan is a function of these, so where all of them are as
 * they were, planning anew would give the same plan.
 */
import { createHash } from "node:crypto"
import { readFileSync, realpathSync } from "node:fs"
import { fileDigests } from "../../run/file-digests.ts"
import { type BuiltStage, readManifest } from "../../run/stage-manifest.ts"
import { locate, type StagePlace } from "../../run/stage-places.ts"
import { backendFile, defaultBackend } from "../backend-file.ts"
import { recordedVersions } from "../versions.ts"

/** What a command is told from outside. */
export interface Invocation {
  /** Digest of this program, with the version of Node that runs it. */
  readonly program: string
  /** Of Reprise, as it is recorded. */
  readonly version: string
  readonly packageRoot: string
  readonly parameters: ReadonlyArray<string>
  readonly folder: string
  /** Digest of the environment: stages may make parameters of it (`inherit` of `exec`). */
  readonly variables: string
}

export interface Basis extends Invocation {
  readonly project: string
  readonly file: Witness
  /** What is computed of the stages that the file uses, by name. */
  readonly stages: Readonly<Record<string, Pick<BuiltStage, "code" | "bundle">>>
  readonly backend: Witness
  /** Null where none was asked for. */
  readonly backendName: string | null
  /** Of what computes and answers (`recordedVersions`). */
  readonly versions: Readonly<Record<string, string>>
  /** Folders besides the project that the file may name. */
  readonly allowed: ReadonlyArray<string>
  /** Digests of what parameters name. */
  readonly files: Readonly<Record<string, string>>
}

/** A file's path and the digest of its content. */
export interface Witness {
  readonly path: string
  readonly digest: string
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex")

export const invocationOf = (about: { readonly program: string; readonly version: string; readonly packageRoot: string }, parameters: ReadonlyArray<string>): Invocation => ({
  program: `${about.program} ${process.version}`,
  version: about.version,
  packageRoot: about.packageRoot,
  parameters,
  folder: process.cwd(),
  variables: sha256(JSON.stringify(Object.entries(process.env).filter(([name]) => !shellsOwn.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1))))
})

/** What a shell changes from command to command for its own use. */
const shellsOwn = ["_", "OLDPWD", "SHLVL"]

/** Whether a pipeline's text names one of these all the same: then they count, and a command cannot tell its repetition. */
export const namesShellsOwn = (text: string): boolean => /(?<![\w-])(_|OLDPWD|SHLVL)(?![\w-])/.test(text)

/** The file of the backend that is asked for, as it is. Throws where there is none. */
export const witnessBackend = (name: string | null, roots: { readonly project: string; readonly packageRoot: string }): Witness => {
  const path = backendFile(name ?? defaultBackend(), roots) ?? ""
  return { path, digest: sha256(readFileSync(path)) }
}

/** Whether everything is as it was, by looking at all of it again. Throws where something cannot be read any more. */
export const isUnchanged = (noted: Basis, invocation: Invocation): boolean => {
  // The cheap part first: another program may not even know the rest.
  const same = (now: unknown, then: unknown) => JSON.stringify(now) === JSON.stringify(then)
  const { packageRoot, project, version, versions } = noted
  if (!same(inOrder(noted), inOrder(invocation))) return false
  if (sha256(readFileSync(noted.file.path)) !== noted.file.digest) return false
  if (!same(stagesNow(Object.keys(noted.stages), { project, packageRoot }), noted.stages)) return false
  if (!same(witnessBackend(noted.backendName, noted), noted.backend) || !same(recordedVersions(packageRoot, version), versions)) return false
  const digests = fileDigests({ project, allowed: noted.allowed })
  return Object.entries(noted.files).every(([named, digest]) => digests.of(named) === digest)
}

const inOrder = ({ folder, packageRoot, parameters, program, variables, version }: Invocation) => [program, version, packageRoot, parameters, folder, variables]

/** Undefined where a stage would have to be built, or is gone. */
const stagesNow = (names: ReadonlyArray<string>, given: { readonly project: string; readonly packageRoot: string }): Basis["stages"] | undefined => {
  const roots = { project: realpathSync(given.project), packageRoot: realpathSync(given.packageRoot) }
  const places = new Map<string, StagePlace>()
  for (const name of names) {
    const place = locate(name, roots)
    if (place === undefined) return undefined
    places.set(name, place)
  }
  const built = readManifest(places, roots)
  return built === undefined ? undefined : stagesOf(names.map((name) => [name, built[name]]))
}

/** What of the stages is in a basis, in the order of their names. */
export const stagesOf = (stages: Iterable<readonly [string, Pick<BuiltStage, "code" | "bundle"> | undefined]>): Basis["stages"] =>
  Object.fromEntries([...stages].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, stage]) => (stage === undefined ? [] : [[name, { code: stage.code, bundle: stage.bundle }]])))
