/**
 * What lies where in an archive of a run. Unpacked by any tar program it is a folder that describes itself (an RO-Crate), with the project's
 * files and a store in it:
 *
 *   reprise-archive.json     what this is, how much of it there is (ArchiveHeader)
 *   manifest-sha256.txt      digest of every other file, as `sha256sum -c` reads it
 *   ro-crate-metadata.json   the run for other programs and repositories (crate.ts)
 *   README.md                the same for people
 *   project/...              the pipeline file, the project's stages and the files that parameters name, as they were
 *   results/...              the store's objects, actions, code and run, laid out as in ../layout.ts
 *
 * Every name that is not of this list is refused when an archive is read. Pure.
 */

export const archiveFormat = 1

export const headerFile = "reprise-archive.json"
export const manifestFile = "manifest-sha256.txt"
export const crateFile = "ro-crate-metadata.json"
export const readmeFile = "README.md"

/** `reprise-archive.json`, the first file. */
export interface ArchiveHeader {
  readonly format: typeof archiveFormat
  /** Version that wrote it. */
  readonly reprise: string
  /** ISO 8601. */
  readonly created: string
  readonly run: string
  readonly pipeline: string
  /** Of all files but this one. */
  readonly files: number
  readonly bytes: number
  /** Objects of the run that are not in the archive. */
  readonly leftOut: number
}

const count = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0

export const isArchiveHeader = (value: unknown): value is ArchiveHeader =>
  typeof value === "object" && value !== null && "format" in value && value.format === archiveFormat && "run" in value && typeof value.run === "string"
  && isRunId(value.run) && "pipeline" in value && typeof value.pipeline === "string" && "reprise" in value && typeof value.reprise === "string"
  && "created" in value && typeof value.created === "string" && "files" in value && count(value.files) && "bytes" in value && count(value.bytes)
  && "leftOut" in value && count(value.leftOut)

export type Place =
  | { readonly kind: "about"; readonly file: typeof headerFile | typeof manifestFile | typeof crateFile | typeof readmeFile }
  | { readonly kind: "store" }
  | { readonly kind: "object"; readonly digest: string }
  | { readonly kind: "action"; readonly fingerprint: string }
  | { readonly kind: "code"; readonly digest: string }
  | { readonly kind: "run"; readonly run: string; readonly file: string }
  /** Relative to the project's folder, and inside it. */
  | { readonly kind: "project"; readonly path: string }

const about = [headerFile, manifestFile, crateFile, readmeFile] as const
const object = /^results\/objects\/([0-9a-f]{2})\/([0-9a-f]{62})$/
const action = /^results\/actions\/([0-9a-f]{2})\/([0-9a-f]{62})\.json$/
const code = /^results\/code\/([0-9a-f]{64})\.json$/
const run = /^results\/runs\/([^/]+)\/(run\.json|plan\.json|tasks\.ndjson|events\.ndjson|logs\/[^/]+\.log)$/

/** As `runId` of ../runs.ts makes them. */
export const isRunId = (text: string): boolean => /^\d{8}-\d{6}-[a-z0-9-]{1,40}-[0-9a-f]{4}$/.test(text)

/** A name that is one harmless part of a path on every system: no separator, no device, nothing hidden. */
export const isPlainName = (text: string): boolean =>
  text.length <= 200 && /^[^\p{C}/\\:*?"<>|.][^\p{C}/\\:*?"<>|]*$/u.test(text) && !/[. ]$/.test(text) && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(text)

/** Whether a path stays in its folder on every system. */
export const isSafePath = (path: string): boolean => path.length <= 1000 && path.split("/").every(isPlainName)

/** What a path of an archive stands for; undefined for one that archives do not have. */
export const placeOf = (path: string): Place | undefined => {
  const file = about.find((name) => name === path)
  if (file !== undefined) return { kind: "about", file }
  if (path === "results/store.json") return { kind: "store" }
  if (path.startsWith("project/")) {
    const inside = path.slice("project/".length)
    return isSafePath(inside) ? { kind: "project", path: inside } : undefined
  }
  const [, fan, rest] = object.exec(path) ?? []
  if (fan !== undefined && rest !== undefined) return { kind: "object", digest: fan + rest }
  const [, actionFan, actionRest] = action.exec(path) ?? []
  if (actionFan !== undefined && actionRest !== undefined) return { kind: "action", fingerprint: actionFan + actionRest }
  const [, digest] = code.exec(path) ?? []
  if (digest !== undefined) return { kind: "code", digest }
  const [, id, part] = run.exec(path) ?? []
  return id !== undefined && part !== undefined && isRunId(id) && part.split("/").every(isPlainName) ? { kind: "run", run: id, file: part } : undefined
}

export const objectPath = (digest: string): string => `results/objects/${digest.slice(0, 2)}/${digest.slice(2)}`
export const actionPath = (fingerprint: string): string => `results/actions/${fingerprint.slice(0, 2)}/${fingerprint.slice(2)}.json`
export const codePath = (digest: string): string => `results/code/${digest}.json`
export const runPath = (id: string, file: string): string => `results/runs/${id}/${file}`
export const projectPath = (path: string): string => `project/${path}`
