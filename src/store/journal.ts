/**
 * Append-only files of JSON lines. A process that is killed may leave half a line at the end, so a reader takes what parses;
 * nothing is ever rewritten.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import { storeError } from "./error.ts"
import { writeWhole } from "./json-file.ts"
import { hasCode } from "./remedy.ts"

export interface Journal {
  /** Lines are gathered and written together; with `now` (or when many have gathered) at once. */
  append(line: unknown, now?: boolean): void
  flush(): void
  close(): void
}

const gatherCharacters = 256 * 1024

/** Throws `StoreError` where the file cannot be written. */
export const openJournal = (path: string): Journal => {
  let file: number | undefined
  let waiting: Array<string> = []
  let characters = 0
  const flush = () => {
    if (waiting.length === 0) return
    const text = waiting.join("")
    waiting = []
    characters = 0
    try {
      file ??= openSync(path, "a", 0o644)
      writeWhole(file, text)
    } catch (cause) {
      throw storeError("write", path, cause)
    }
  }
  return {
    append: (line, now = false) => {
      const text = `${JSON.stringify(line)}\n`
      waiting.push(text)
      characters += text.length
      if (now || characters >= gatherCharacters) flush()
    },
    flush,
    close: () => {
      try {
        flush()
      } finally {
        if (file !== undefined) closeSync(file)
        file = undefined
      }
    }
  }
}

const readBytes = 1 << 22
const newline = 0x0a

/** Every whole line that has the shape, in order; none where there is no such file. The file is read in portions as the lines are taken: those of a large run
 * need not all be there at once. */
export function* journalLines<A>(path: string, isShape: (value: unknown) => value is A): Generator<A> {
  const parsed = (line: string): ReadonlyArray<A> => {
    if (line === "") return []
    try {
      const value: unknown = JSON.parse(line)
      return isShape(value) ? [value] : []
    } catch {
      return [] // cut off by a kill, or still being written
    }
  }
  const file = openToRead(path)
  if (file === undefined) return
  try {
    const portion = Buffer.allocUnsafeSlow(Math.min(readBytes, fstatSync(file).size + 1))
    let rest: ReadonlyArray<Buffer> = []
    for (let read = readPortion(file, portion, path); read > 0; read = readPortion(file, portion, path)) {
      let start = 0
      for (let end = portion.indexOf(newline, start); end >= 0 && end < read; end = portion.indexOf(newline, start)) {
        yield* parsed(rest.length === 0 ? portion.toString("utf8", start, end) : Buffer.concat([...rest, portion.subarray(start, end)]).toString("utf8"))
        rest = []
        start = end + 1
      }
      if (start < read) rest = [...rest, Buffer.from(portion.subarray(start, read))]
    }
    yield* parsed(Buffer.concat(rest).toString("utf8"))
  } finally {
    closeSync(file)
  }
}

/** The same, all at once. */
export const readJournal = <A>(path: string, isShape: (value: unknown) => value is A): ReadonlyArray<A> => [...journalLines(path, isShape)]

const openToRead = (path: string): number | undefined => {
  try {
    return openSync(path, "r")
  } catch (cause) {
    if (hasCode(cause, "ENOENT", "ENOTDIR")) return undefined
    throw storeError("read", path, cause)
  }
}

const readPortion = (file: number, portion: Buffer, path: string): number => {
  try {
    return readSync(file, portion)
  } catch (cause) {
    throw storeError("read", path, cause)
  }
}
