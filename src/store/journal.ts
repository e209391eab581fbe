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

/** Every whole line that has the shape, in order; none where there is no such file. Read in portions: the journal of a large run has as many bytes as its
 * lines have as values, and both together would be too much. */
export const readJournal = <A>(path: string, isShape: (value: unknown) => value is A): ReadonlyArray<A> => {
  const lines: Array<A> = []
  const take = (line: string): void => {
    if (line === "") return
    try {
      const value: unknown = JSON.parse(line)
      if (isShape(value)) lines.push(value)
    } catch {
      // Cut off by a kill, or still being written.
    }
  }
  try {
    const file = openSync(path, "r")
    try {
      const portion = Buffer.allocUnsafeSlow(Math.min(readBytes, fstatSync(file).size + 1))
      let rest: ReadonlyArray<Buffer> = []
      for (let read = readSync(file, portion); read > 0; read = readSync(file, portion)) {
        let start = 0
        for (let end = portion.indexOf(newline, start); end >= 0 && end < read; end = portion.indexOf(newline, start)) {
          take(rest.length === 0 ? portion.toString("utf8", start, end) : Buffer.concat([...rest, portion.subarray(start, end)]).toString("utf8"))
          rest = []
          start = end + 1
        }
        if (start < read) rest = [...rest, Buffer.from(portion.subarray(start, read))]
      }
      take(Buffer.concat(rest).toString("utf8"))
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    if (hasCode(cause, "ENOENT", "ENOTDIR")) return []
    throw storeError("read", path, cause)
  }
  return lines
}

const newline = 0x0a
