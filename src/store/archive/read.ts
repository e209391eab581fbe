/**
 * Reads an archive of a run and merges it into a store. Nothing of it is visible before all of it has been checked: names against the list
 * of places.ts, every byte against the manifest, records against their shapes and their fingerprints. Until then it lies in a folder of this
 * process's own, to which an archive can add files of those names and nothing else: no links, no folders elsewhere, no file twice, not
 * more bytes than it says, and not more than the disk has room for.
 *
 * Then objects come to their places, then records, the run last: whoever looks meanwhile sees a store in order. A record that the store has
 * already stays as it is, and so do objects, unless one was gone or damaged: then the archive's takes its place.
 */
import { createHash } from "node:crypto"
import { chmodSync, closeSync, copyFileSync, constants, existsSync, mkdirSync, readdirSync, openSync, renameSync, statfsSync, statSync, writeSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { fingerprintOf } from "../../plan/fingerprint.ts"
import { canonicalJson, type Json } from "../../stage/json.ts"
import { isActionRecord, openActions } from "../actions.ts"
import type { StoreError } from "../error.ts"
import { readJournal } from "../journal.ts"
import { readJsonFile } from "../json-file.ts"
import type { ActionRecord, RunRecord, RunTask } from "../layout.ts"
import { openObjects } from "../objects.ts"
import type { StorePaths } from "../paths.ts"
import { isRunRecord, isRunTask, readRun } from "../runs.ts"
import { Store } from "../store.ts"
import { ArchiveError, archiveError } from "./archive-error.ts"
import { type Incoming, readContainer } from "./container.ts"
import { readManifest } from "./manifest.ts"
import { type ArchiveHeader, headerFile, isArchiveHeader, isPlainName, manifestFile, type Place, placeOf } from "./places.ts"

export interface ReadOptions {
  readonly archive: string
  /** Where the project's files go; a folder that is not there, or empty. Without it they stay in the archive. */
  readonly unpack: string | undefined
  /** Told how many bytes of the archive have been read. */
  readonly onProgress?: (bytes: number) => void
}

export interface Imported {
  readonly header: ArchiveHeader
  readonly run: RunRecord
  /** Whether the store had the run already. */
  readonly known: boolean
  /** Of the archive, and how many of them the store did not have. */
  readonly objects: number
  readonly newObjects: number
  readonly actions: number
  readonly newActions: number
  /** Tasks whose results are neither in the archive nor in the store, and which count as not run here. */
  readonly withoutResults: number
  /** Of the project, with the pipeline's first. */
  readonly projectFiles: ReadonlyArray<string>
}

/** Records are read whole: nobody has larger ones, and a hostile archive must not fill the memory. */
const mostRecordBytes = 64 << 20
/** The lines of a hundred thousand tasks are far below. */
const mostLogBytes = 400 << 20

const refuse = (message: string, hint = "Nothing was taken from it. It was not written by reprise export, or was changed since.") => new ArchiveError({ message, hint })

interface Staged {
  readonly header: ArchiveHeader
  /** Path in the archive -> where it lies now. */
  readonly files: ReadonlyMap<string, { readonly place: Place; readonly path: string; readonly digest: string }>
}

/** Copies the files of an archive into `folder` and checks each against the manifest. */
const stage = Effect.fn("archive.stage")(function*(archive: string, folder: string, onRead: (bytes: number) => void): Effect.fn.Return<Staged, ArchiveError> {
  let header: ArchiveHeader | undefined
  let manifest: ReadonlyMap<string, string> | undefined
  let bytes = 0
  const files = new Map<string, { readonly place: Place; readonly path: string; readonly digest: string }>()

  const small = (file: Incoming) =>
    Effect.gen(function*() {
      if (file.bytes > mostRecordBytes) return yield* refuse(`${archive}: ${file.path} has ${file.bytes} bytes, far more than it may.`)
      const chunks: Array<Uint8Array> = []
      yield* file.each((chunk) => void chunks.push(chunk.slice()))
      return Buffer.concat(chunks)
    })

  yield* readContainer(archive, Effect.fnUntraced(function*(file) {
    if (file.kind === "folder") return // made when a file needs it
    const name = file.path.replace(/^\.\//, "") // other tar programs write it so
    if (file.kind !== "file") return yield* refuse(`${archive}: ${printable(name)} is a link or a device, which archives of runs do not have.`)
    const place = placeOf(name)
    if (place === undefined) return yield* refuse(`${archive} is no archive of a run: it has a file ${printable(name)}.`)
    if (files.has(name)) return yield* refuse(`${archive} has ${name} twice.`)
    if (header === undefined) {
      if (name !== headerFile) return yield* refuse(`${archive} is no archive of a run: its first file is ${name}, not ${headerFile}.`)
      const text = yield* small(file)
      header = yield* headerOf(archive, text)
      const room = statfsSync(folder)
      if (header.bytes > room.bavail * room.bsize) {
        return yield* refuse(`${archive} has ${header.bytes} bytes when it is unpacked, and the disk of ${folder} has room for ${room.bavail * room.bsize}.`, "Free some space, or keep the results elsewhere with --store.")
      }
      files.set(name, { place, path: "", digest: createHash("sha256").update(text).digest("hex") })
      return
    }
    bytes += file.bytes
    if (bytes > header.bytes || files.size > header.files) return yield* refuse(`${archive} has more in it than it says.`)
    if (name === manifestFile) {
      const text = yield* small(file)
      manifest = readManifest(text.toString("utf8"))
      if (manifest === undefined) return yield* refuse(`${archive}: ${manifestFile} is damaged.`)
      files.set(name, { place, path: "", digest: "" })
      return
    }
    if (manifest === undefined) return yield* refuse(`${archive}: ${manifestFile} has to come before ${name}.`)
    const expected = manifest.get(name)
    if (expected === undefined) return yield* refuse(`${archive}: ${manifestFile} does not list ${name}.`)
    const path = join(folder, name)
    const digest = yield* copy(file, path)
    if (digest !== expected || (place.kind === "object" && digest !== place.digest)) {
      return yield* refuse(`${archive} is damaged: the bytes of ${name} are not those that were written.`, "Nothing was taken from it. Fetch it again.")
    }
    files.set(name, { place, path, digest })
  }), onRead)
  if (header === undefined || manifest === undefined) return yield* refuse(`${archive} is empty, or ends too early.`)
  for (const [name, digest] of manifest) {
    const found = files.get(name)
    if (found === undefined) return yield* refuse(`${archive} is not whole: ${name} is missing.`, "Nothing was taken from it. Fetch it again.")
    if (found.digest !== digest) return yield* refuse(`${archive} is damaged: the bytes of ${name} are not those that were written.`, "Nothing was taken from it. Fetch it again.")
  }
  return { header, files }
})

/** A name as it may be shown: a hostile one could hold what moves a terminal's cursor. */
const printable = (name: string): string => JSON.stringify(name.slice(0, 200))

const headerOf = (archive: string, bytes: Buffer): Effect.Effect<ArchiveHeader, ArchiveError> =>
  Effect.suspend(() => {
    const value = parsed(bytes.toString("utf8"))
    if (isArchiveHeader(value)) return Effect.succeed(value)
    const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined
    return typeof format === "number" && format > 1
      ? refuse(`${archive} has archive format ${format}, which this version of Reprise does not know.`, "Use the version that wrote it, or a later one.")
      : refuse(`${archive}: ${headerFile} is damaged.`)
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Writes a file that is not there yet; gives the digest of its bytes. */
const copy = (file: Incoming, path: string): Effect.Effect<string, ArchiveError> =>
  Effect.acquireUseRelease(
    Effect.try({
      try: () => {
        mkdirSync(dirname(path), { recursive: true })
        return openSync(path, "wx", 0o644)
      },
      catch: (cause) => archiveError(`write ${path}`, cause)
    }),
    (descriptor) => {
      const hash = createHash("sha256")
      return Effect.map(
        file.each((chunk) => {
          hash.update(chunk)
          for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at)
        }),
        () => hash.digest("hex")
      )
    },
    (descriptor) => Effect.sync(() => closeSync(descriptor))
  )

interface Checked {
  readonly run: RunRecord
  readonly actions: ReadonlyMap<string, { readonly action: ActionRecord; readonly path: string }>
}

/** Looks into what will be believed later: names in records become paths. Throws `ArchiveError`. */
const check = (archive: string, { files, header }: Staged): Checked => {
  const actions = new Map<string, { readonly action: ActionRecord; readonly path: string }>()
  let run: RunRecord | undefined
  for (const [name, { path, place }] of files) {
    const limit = place.kind === "run" && place.file !== "run.json" ? mostLogBytes : mostRecordBytes
    if ((place.kind === "action" || place.kind === "run" || place.kind === "code") && statSync(path).size > limit) {
      throw refuse(`${archive}: ${name} is far larger than it may be.`)
    }
    if (place.kind === "action") {
      const action = readJsonFile(path, isActionRecord)
      if (action?.fingerprint !== place.fingerprint || fingerprintOf(action.record) !== place.fingerprint) {
        throw refuse(`${archive}: ${name} is not the record of the task that its name says.`)
      }
      actions.set(action.fingerprint, { action, path })
    } else if (place.kind === "run") {
      if (place.run !== header.run) throw refuse(`${archive} is of the run ${header.run} and has files of ${place.run}.`)
      if (place.file === "run.json") run = readJsonFile(path, isRunRecord)
      else if (place.file === "tasks.ndjson") checkTasks(archive, path)
    }
  }
  if (run === undefined || run.id !== header.run || run.status === "running") throw refuse(`${archive} has no whole record of the run ${header.run}.`)
  return { run, actions }
}

const digestPattern = /^[0-9a-f]{64}$/

const checkTasks = (archive: string, path: string): void => {
  if (!readJournal(path, isRunTask).every(isHarmless)) throw refuse(`${archive}: a line of tasks.ndjson is not what Reprise writes.`)
}

const isHarmless = ({ coordinates, fingerprint, outputs, task }: RunTask): boolean =>
  typeof task === "string" && isPlainName(task) && (fingerprint === null || (typeof fingerprint === "string" && digestPattern.test(fingerprint)))
  && Object.values(outputs).every((stored) => typeof stored === "object" && stored !== null && digestPattern.test(stored.digest) && Number.isSafeInteger(stored.bytes))
  && coordinates.every((point) => typeof point === "object" && point !== null && typeof point.values === "object" && point.values !== null)

type Merged = Pick<Imported, "known" | "newObjects" | "newActions" | "withoutResults">

/** Brings what was checked to its places. Throws what the file system throws, and `ArchiveError` before anything has been moved. */
const merge = (paths: StorePaths, folder: string, { header, files }: Staged, { actions, run }: Checked): Merged => {
  const known = readRun(paths, run.id)
  if (known !== undefined && canonicalJson(asJson(known)) !== canonicalJson(asJson(run))) {
    throw new ArchiveError({ message: `The store has another run with the name ${run.id}.`, hint: "Keep the two apart: import into another store with --store." })
  }
  const objects = openObjects(paths)
  let newObjects = 0
  for (const { path, place } of files.values()) {
    if (place.kind !== "object" || objects.size(place.digest) === statSync(path).size) continue
    chmodSync(path, 0o444)
    objects.publish(path, place.digest)
    newObjects++
  }
  for (const { path, place } of files.values()) {
    if (place.kind === "code" && !existsSync(paths.code(place.digest))) move(path, paths.code(place.digest))
  }
  const kept = openActions(paths, objects)
  let [newActions, withoutResults] = [0, 0]
  for (const { action, path } of actions.values()) {
    const whole = Object.values(action.outputs).every(({ bytes, digest }) => objects.size(digest) === bytes)
    if (!whole) withoutResults++
    else if (kept.lookup(action.fingerprint).kind !== "hit") {
      move(path, paths.action(action.fingerprint))
      newActions++
    }
  }
  if (known === undefined) move(join(folder, "results", "runs", header.run), paths.run(run.id).folder)
  return { known: known !== undefined, newObjects, newActions, withoutResults }
}

const asJson = (run: RunRecord): Json => JSON.parse(JSON.stringify(run))

const move = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true })
  renameSync(from, to)
}

/** Copies the project's files out, the pipeline's first. */
const unpackProject = ({ files }: Staged, { run }: Checked, unpack: string | undefined): ReadonlyArray<string> => {
  const found = [...files.values()].flatMap(({ path, place }) => (place.kind === "project" ? [{ path, inside: place.path }] : []))
    .toSorted((a, b) => Number(b.inside === run.file) - Number(a.inside === run.file))
  for (const { inside, path } of unpack === undefined ? [] : found) {
    const target = join(unpack ?? "", inside)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(path, target, constants.COPYFILE_EXCL)
  }
  return found.map(({ inside }) => inside)
}

const isFree = (folder: string): boolean => !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)

/** Merges the archive into the store. All or, if it is not what it should be, nothing. */
export const readArchive = Effect.fn("readArchive")(function*(options: ReadOptions): Effect.fn.Return<Imported, ArchiveError | StoreError, Store> {
  const { archive, unpack } = options
  if (unpack !== undefined && !isFree(unpack)) {
    return yield* new ArchiveError({ message: `${unpack} is not empty, and nothing in it shall be overwritten.`, hint: "Name a folder that is not there yet." })
  }
  const store = yield* Store
  const folder = yield* store.workspace("import")
  const attempt = <A>(doing: string, run: () => A) => Effect.try({ try: run, catch: (cause) => archiveError(doing, cause) })
  yield* attempt(`write to ${store.folder}`, () => mkdirSync(folder, { recursive: true }))
  const staged = yield* stage(archive, folder, options.onProgress ?? (() => undefined))
  const checked = yield* attempt(`read ${archive}`, () => check(archive, staged))
  const merged = yield* attempt(`write to ${store.folder}`, () => merge(store.paths, folder, staged, checked))
  const projectFiles = yield* attempt(`write to ${unpack ?? ""}`, () => unpackProject(staged, checked, unpack))
  const objects = [...staged.files.values()].filter(({ place }) => place.kind === "object").length
  return { header: staged.header, run: checked.run, ...merged, objects, actions: checked.actions.size, projectFiles }
})
