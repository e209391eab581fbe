/**
 * Where a task's output goes: whatever is printed in JavaScript is written to the task's log at once, so that it can be
 * followed; what native code and child processes print goes to the worker's own output file and is copied from there.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs"
import { dirname } from "node:path"

export interface TaskLog {
  write(text: string | Uint8Array): void
  close(): void
}

/** The file is made at the first write. */
export const openTaskLog = (path: string): TaskLog => {
  let file: number | undefined
  const open = (): number => {
    try {
      return openSync(path, "a", 0o644)
    } catch {
      mkdirSync(dirname(path), { recursive: true })
      return openSync(path, "a", 0o644)
    }
  }
  return {
    write: (text) => {
      file ??= open()
      if (typeof text === "string") writeSync(file, text)
      else writeSync(file, text)
    },
    close: () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    }
  }
}

/** Size of a worker's output file so far; zero where the descriptor is no file. */
export const printedSoFar = (file: number): number => {
  const stat = fstatSync(file)
  return stat.isFile() ? stat.size : 0
}

const most = 1 << 20

/** Copies what was printed since, at most its last MiB. */
export const copyPrinted = (file: number, since: number, log: TaskLog): void => {
  const end = printedSoFar(file)
  const start = Math.max(since, end - most)
  if (end <= start) return
  const bytes = Buffer.allocUnsafe(end - start)
  log.write(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start)))
}

/** The last lines of a text file; empty where it is not there. */
export const tailOf = (path: string, lines: number): string => {
  let file: number
  try {
    file = openSync(path, "r")
  } catch {
    return ""
  }
  try {
    const size = fstatSync(file).size
    const start = Math.max(0, size - 16_384)
    const bytes = Buffer.allocUnsafe(size - start)
    const text = bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, start))
    return text.trimEnd().split("\n").slice(-lines).join("\n")
  } finally {
    closeSync(file)
  }
}
