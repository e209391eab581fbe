/**
 * Digests of the files and folders that parameters name, for fingerprints. What was read once is known by the stamps of its files afterwards, so
 * that a plan over gigabytes of images costs a `stat` for each of them.
 */
import { createHash } from "node:crypto"
import { type BigIntStats, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { type ProjectFile, projectFiles } from "../stage/project-files.ts"
import { digestFile } from "../store/seal.ts"

/** What is known of a path: a digest of its files' names and stamps, and the digest of their content. */
interface Known {
  readonly stamps: string
  readonly digest: string
}

export interface ContentDigests {
  /** SHA-256 of a file, or of a folder with the names of all that is in it; undefined where there is neither. `named` as in
   * project-files.ts. */
  of(named: string): string | undefined
  /** Keeps what was read for the next time. */
  save(): void
}

/** Files up to this size are read every time: that costs no more than looking them up. */
const smallBytes = 2 ** 20
/** Entries younger than this when they were read could change again and leave the same stamp. In nanoseconds. */
const settledAfter = 2_000_000_000n

export interface DigestOptions {
  /** Hears of a path of at least `large` bytes (256 MiB) that has to be read. */
  readonly onLarge?: (path: string, bytes: number) => void
  readonly large?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Folder from which names are found; they are whole paths unless given. */
  readonly project?: string
  /** Is called with each link in a folder and where it leads to. */
  readonly onLink?: (link: string, target: string) => void
}

/** `keptIn` is the file in which digests are kept. */
export const contentDigests = (keptIn: string, { large = 2 ** 28, now: clock = Date.now, onLarge = () => undefined, onLink, project = "/" }: DigestOptions = {}): ContentDigests => {
  let known: Map<string, Known> | undefined
  let changed = false
  return {
    of: (named) => {
      const path = resolve(project, named)
      const found = projectFiles(project, named, onLink)
      if (found === undefined) return undefined
      const files = withStats(found)
      const [only] = files
      const isFile = files.length === 1 && only?.name === ""
      if (isFile && only !== undefined && only.stat.size <= smallBytes) return digestFile(only.path).digest
      known ??= read(keptIn)
      const stamps = createHash("sha256")
      for (const { name, stat: { ctimeNs, mtimeNs, size } } of files) stamps.update(`${name}\0${size} ${mtimeNs} ${ctimeNs}\0`)
      const stamp = stamps.digest("hex")
      const before = known.get(path)
      if (before?.stamps === stamp) return before.digest
      const now = BigInt(clock()) * 1_000_000n
      const bytes = files.reduce((sum, { stat: { size } }) => sum + Number(size), 0)
      if (bytes >= large) onLarge(path, bytes)
      const digest = isFile ? digestFile(path).digest : digestOfFolder(files)
      if (files.every(({ stat: { ctimeNs, mtimeNs } }) => mtimeNs < now - settledAfter && ctimeNs < now - settledAfter)) {
        known.set(path, { stamps: stamp, digest })
        changed = true
      }
      return digest
    },
    save: () => {
      if (changed && known !== undefined) write(keptIn, known)
      changed = false
    }
  }
}

interface FoundFile extends ProjectFile {
  readonly stat: BigIntStats
}

const withStats = (files: ReadonlyArray<ProjectFile>): ReadonlyArray<FoundFile> =>
  files.flatMap((file) => {
    const stat = statSync(file.path, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? [] : [{ ...file, stat }]
  })

const digestOfFolder = (files: ReadonlyArray<FoundFile>): string => {
  const hash = createHash("sha256").update("folder\0")
  for (const { name, path } of files) hash.update(`${name}\0${digestFile(path).digest}\0`)
  return hash.digest("hex")
}

const read = (path: string): Map<string, Known> => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"))
    return isKept(value) ? new Map(Object.entries(value.paths)) : new Map()
  } catch {
    return new Map() // not there yet, or damaged: everything is read again
  }
}

const isKept = (value: unknown): value is { readonly version: 1; readonly paths: Readonly<Record<string, Known>> } =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "paths" in value &&
  typeof value.paths === "object" && value.paths !== null && Object.values(value.paths).every(isKnown)

const isKnown = (value: unknown): value is Known =>
  typeof value === "object" && value !== null && "stamps" in value && typeof value.stamps === "string" && "digest" in value && typeof value.digest === "string"

/** By a rename, so that another process reads the old file or the new one. What cannot be kept is read again next time. */
const write = (path: string, known: ReadonlyMap<string, Known>): void => {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, JSON.stringify({ version: 1, paths: Object.fromEntries(known) }))
    renameSync(temporary, path)
  } catch {
    return
  }
}
