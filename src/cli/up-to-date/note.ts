/**
 * What a command leaves behind when everything it asked for is in the store, so that the same command can see later that nothing has changed. One file for each
 * command line, in `.reprise/up-to-date/` of the project, which may be deleted at any time:
 *
 *   a line of JSON      from what the plan was made (basis.ts), what a run's record and the screen say, how long the parts below are, and their checksums;
 *                       the line's own checksum follows
 *   checks              a line for each task: its fingerprint and the stamp of its action, digest and stamp of each object
 *   tasks               `tasks.ndjson` of a run that finds everything, with a 0 byte where the time goes
 *   plan                `plan.json` of that run
 *
 * The parts are read in portions, for they have some hundred bytes for each of perhaps 100,000 tasks.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { crc32 } from "node:zlib"
import type { JsonObject } from "../../stage/json.ts"
import type { RunEvent } from "../../run/events.ts"
import type { NextSteps } from "../next-steps.ts"
import { type Basis, type Invocation, sha256 } from "./basis.ts"

export const partNames = ["checks", "tasks", "plan"] as const
export type PartName = (typeof partNames)[number]

interface Part {
  readonly bytes: number
  readonly crc: number
}

export interface About {
  readonly basis: Basis
  /** Absolute. */
  readonly store: string
  /** Of the run's record. */
  readonly pipeline: string
  readonly file: string
  readonly overrides: JsonObject
  /** Of the event that begins a run. */
  readonly started: Pick<Extract<RunEvent, { readonly type: "run-started" }>, "pipeline" | "tasks" | "points" | "stages">
  /** What was printed of summaries and claims, and for which width; absent where the file has none. */
  readonly answers?: Answers
  /** Absent with `--quiet`. */
  readonly next?: NextSteps
}

export interface Answers {
  /** Characters in a line; null for any number. */
  readonly width: number | null
  readonly texts: ReadonlyArray<string>
}

interface Header {
  readonly version: 1
  readonly about: About
  readonly parts: Readonly<Record<PartName, Part>>
}

/** Stands in `tasks` where the time goes; JSON never holds it. */
export const timeMark = "\0"

/** Command lines that are remembered for a project; what was written first goes first. */
const keptNotes = 16

/** Where the note of a command line lies. The project is found without reading the other flags: a note says itself for what it is. */
export const notePath = ({ folder, parameters }: Pick<Invocation, "folder" | "parameters">): string =>
  join(projectIn(folder, parameters), ".reprise", "up-to-date", sha256(JSON.stringify([folder, parameters])).slice(0, 20))

const projectIn = (folder: string, parameters: ReadonlyArray<string>): string => {
  const at = parameters.findLastIndex((word) => word === "--project" || word.startsWith("--project="))
  const word = parameters[at] ?? ""
  return resolve(folder, word === "--project" ? parameters[at + 1] ?? "." : word.slice("--project=".length))
}

// --- writing

/** Takes what is added to each part, in any order, and puts the note into its place at the end. Throws what the file system throws. */
export interface NoteWriter {
  add(part: PartName, content: Uint8Array): void
  finish(about: About): void
  /** Leaves nothing behind. */
  abandon(): void
}

export const writeNote = (path: string): NoteWriter => {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true })
  const temporary = (name: string) => `${path}.${process.pid}.${name}`
  const parts = { checks: newPart(temporary("checks")), tasks: newPart(temporary("tasks")), plan: newPart(temporary("plan")) }
  const abandon = () => {
    for (const name of partNames) {
      parts[name].close()
      rmSync(temporary(name), { force: true })
    }
    rmSync(temporary("whole"), { force: true })
  }
  return {
    add: (part, content) => parts[part].add(content),
    abandon,
    finish: (about) => {
      const header = JSON.stringify({ version: 1, about, parts: { checks: parts.checks.about(), tasks: parts.tasks.about(), plan: parts.plan.about() } } satisfies Header)
      const whole = openSync(temporary("whole"), "w")
      try {
        writeAll(whole, Buffer.from(`${header}\n${crc32(header)}\n`))
        for (const name of partNames) for (const portion of portionsOf(parts[name].file, 0, parts[name].about().bytes)) writeAll(whole, portion)
      } finally {
        closeSync(whole)
      }
      renameSync(temporary("whole"), path)
      abandon()
      prune(folder)
    }
  }
}

const newPart = (path: string) => {
  const file = openSync(path, "w+")
  let isOpen = true
  let [bytes, crc] = [0, 0]
  return {
    file,
    about: (): Part => ({ bytes, crc }),
    add: (content: Uint8Array) => {
      writeAll(file, content)
      bytes += content.length
      crc = crc32(content, crc)
    },
    close: () => {
      if (isOpen) closeSync(file)
      isOpen = false
    }
  }
}

const writeAll = (file: number, content: Uint8Array): void => {
  for (let written = 0; written < content.length;) written += writeSync(file, content, written)
}

const prune = (folder: string): void => {
  const files = readdirSync(folder).map((name) => join(folder, name)).map((path) => ({ path, writtenAt: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
  for (const { path } of files.toSorted((a, b) => b.writtenAt - a.writtenAt).slice(keptNotes)) rmSync(path, { force: true })
}

// --- reading

export interface Note {
  readonly about: About
  /** A part, in portions that end anywhere. Throws at its end where it is not what was written. */
  read(part: PartName): Generator<Buffer>
  close(): void
}

/** Undefined where there is no note, or none that can be read. */
export const openNote = (path: string): Note | undefined => {
  const file = openToRead(path)
  if (file === undefined) return undefined
  const close = () => closeSync(file)
  const found = readHeader(file)
  if (found === undefined) {
    close()
    return undefined
  }
  const { header, length } = found
  return {
    about: header.about,
    close,
    read: function*(part) {
      let start = length
      for (const name of partNames.slice(0, partNames.indexOf(part))) start += header.parts[name].bytes
      const { bytes, crc: written } = header.parts[part]
      let crc = 0
      for (const portion of portionsOf(file, start, bytes)) {
        crc = crc32(portion, crc)
        yield portion
      }
      if (crc !== written) throw new Error(`${path} is damaged.`)
    }
  }
}

const openToRead = (path: string): number | undefined => {
  try {
    return openSync(path, "r")
  } catch {
    return undefined // no such command so far, as a rule
  }
}

const portionBytes = 1 << 20

/** The buffer is used again for the next portion. */
function* portionsOf(file: number, start: number, bytes: number): Generator<Buffer> {
  const portion = Buffer.allocUnsafeSlow(Math.min(portionBytes, bytes))
  for (let done = 0; done < bytes;) {
    const read = readSync(file, portion, 0, Math.min(portion.length, bytes - done), start + done)
    if (read === 0) throw new Error("The file ends too early.")
    done += read
    yield portion.subarray(0, read)
  }
}

const newline = 0x0a

/** What stands before the parts, and how many bytes that takes; undefined where it is not what was written. */
const readHeader = (file: number): { readonly header: Header; readonly length: number } | undefined => {
  let text = Buffer.alloc(0)
  for (let end = -1, lineEnd = -1; end < 0;) {
    const portion = Buffer.allocUnsafe(1 << 16)
    const read = readSync(file, portion, 0, portion.length, text.length)
    if (read === 0) return undefined
    text = Buffer.concat([text, portion.subarray(0, read)])
    lineEnd = lineEnd < 0 ? text.indexOf(newline) : lineEnd
    end = lineEnd < 0 ? -1 : text.indexOf(newline, lineEnd + 1)
    if (end < 0) continue
    const line = text.subarray(0, lineEnd)
    if (String(crc32(line)) !== text.toString("latin1", lineEnd + 1, end)) return undefined
    const header: unknown = JSON.parse(line.toString("utf8"))
    return isHeader(header) ? { header, length: end + 1 } : undefined
  }
  return undefined
}

/** Whoever wrote the rest was this very program (basis.ts). */
const isHeader = (value: unknown): value is Header =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "about" in value && typeof value.about === "object" && "parts" in value
