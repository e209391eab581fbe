/**
 * Append-only files of JSON lines. A process that is killed may leave half a line at the end, so a reader takes what parses;
 * nothing is ever rewritten.
 */
import { closeSync, openSync, readFileSync } from "node:fs"
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

/** Every whole line that has the shape, in order; none where there is no such file. */
export const readJournal = <A>(path: string, isShape: (value: unknown) => value is A): ReadonlyArray<A> => {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return []
    throw storeError("read", path, cause)
  }
  const lines: Array<A> = []
  for (const line of text.split("\n")) {
    if (line === "") continue
    try {
      const value: unknown = JSON.parse(line)
      if (isShape(value)) lines.push(value)
    } catch {
      // Cut off by a kill, or still being written.
    }
  }
  return lines
}
