/**
 * Finds the rows of stored tables. Ten thousand tables of a few rows each cannot be opened one by one for every query, so
 * small ones are gathered in segments (segments.ts); large ones are read where they lie, and what their headers say is noted.
 *
 * Every object is checked against its digest before its first row is given: a small one when it enters a segment, a large one
 * when it is first scanned. `index/verified.ndjson` notes size and time of change of large files that passed, and a file that
 * still has both is not read again for it; damage that leaves both alone is found by `reprise verify`. Everything here is
 * derived: `results/index/` can be deleted at any time, and is left alone where it cannot be written.
 */
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { openJournal, readJournal } from "../store/journal.ts"
import type { StorePaths } from "../store/paths.ts"
import { digestFile } from "../store/seal.ts"
import { openArrowBytes, openArrowFile } from "../table/arrow-file.ts"
import type { Bytes } from "../table/byte-source.ts"
import { schemaOf } from "../table/read.ts"
import type { TableSchema } from "../table/schema.ts"
import { arrowTable, type TableSource } from "./parts.ts"
import { openSegments, type SmallTable } from "./segments.ts"

/** Where a table's rows lie. */
export interface StoredTable {
  readonly source: TableSource
  readonly start: number
  readonly rows: number
  readonly schema: TableSchema
}

export interface WantedTable {
  readonly digest: string
  readonly bytes: number
}

/** A table that cannot be read, and why. */
export interface LostTable {
  readonly digest: string
  readonly message: string
}

export interface TableIndex {
  /** Where each table lies, by digest. `keep` says that small ones not gathered yet should be, even if they are few; `onGathered` is called after each lot of them, which leaves much garbage. */
  locate(wanted: Iterable<WantedTable>, keep: boolean, onGathered?: () => void): ReadonlyMap<string, StoredTable | LostTable>
}

export const isLost = (table: StoredTable | LostTable): table is LostTable => "message" in table

const smallBytes = 64 * 1024
/** Fewer new small tables than this are kept in memory only: a query during a run must not leave a segment each time. */
const fewTables = 64
/** So many new small tables are gathered together, so that a hundred thousand never lie in memory at once. */
const manyTables = 4096

interface Header {
  readonly digest: string
  readonly rows: number
  readonly schema: TableSchema
}
interface Verified {
  readonly digest: string
  readonly bytes: number
  readonly changed: number
}
const isHeader = (value: unknown): value is Header =>
  typeof value === "object" && value !== null && "digest" in value && "rows" in value && typeof value.rows === "number" && "schema" in value
const isVerified = (value: unknown): value is Verified =>
  typeof value === "object" && value !== null && "digest" in value && "bytes" in value && "changed" in value

const readBytes = (path: string): Bytes => {
  const bytes = readFileSync(path)
  // A small file may be read into a buffer that it shares with others.
  return new Uint8Array(bytes)
}

const lost = (digest: string, path: string, error: unknown): LostTable => {
  const gone = error instanceof Error && "code" in error && error.code === "ENOENT"
  const why = gone ? "is not there" : error instanceof Error ? error.message : String(error)
  return { digest, message: gone ? `the object ${path} ${why}` : why.startsWith(path) ? why : `${path}: ${why}` }
}

const damaged = (path: string): Error => new Error(`${path}: the file is damaged: its bytes are not those that its name says`)

/** A journal of derived facts: lost without harm where the disk takes nothing more. */
const appendAll = (path: string, lines: ReadonlyArray<unknown>): void => {
  if (lines.length === 0) return
  try {
    mkdirSync(dirname(path), { recursive: true })
    const journal = openJournal(path)
    for (const line of lines) journal.append(line)
    journal.close()
  } catch {
    // A store that cannot be written to is still read.
  }
}

export const openTableIndex = (paths: StorePaths): TableIndex => {
  const folder = join(paths.folder, "index")
  const headersFile = join(folder, "headers.ndjson")
  const verifiedFile = join(folder, "verified.ndjson")
  const segments = openSegments(join(folder, "segments"))
  const inMemory = new Map<string, StoredTable>()
  let headers: Map<string, Header> | undefined
  let verified: Map<string, Verified> | undefined

  const verify = (digest: string): void => {
    const path = paths.object(digest)
    verified ??= new Map(readJournal(verifiedFile, isVerified).map((line) => [line.digest, line]))
    const { mtimeMs: changed, size: bytes } = statSync(path)
    const known = verified.get(digest)
    if (known?.bytes === bytes && known.changed === changed) return
    if (digestFile(path).digest !== digest) throw damaged(path)
    const line: Verified = { digest, bytes, changed }
    verified.set(digest, line)
    appendAll(verifiedFile, [line])
  }

  const large = (digest: string, news: Array<Header>): StoredTable | LostTable => {
    const path = paths.object(digest)
    headers ??= new Map(readJournal(headersFile, isHeader).map((line) => [line.digest, line]))
    try {
      let header = headers.get(digest)
      if (header === undefined) {
        const file = openArrowFile(path)
        header = { digest, rows: file.rows, schema: schemaOf(file.layout.columns) }
        file.close()
        headers.set(digest, header)
        news.push(header)
      } else statSync(path)
      const open = () => {
        verify(digest)
        return arrowTable(openArrowFile(path))
      }
      return { source: { key: path, open }, start: 0, rows: header.rows, schema: header.schema }
    } catch (error) {
      return lost(digest, path, error)
    }
  }

  const small = (digest: string): SmallTable | LostTable => {
    const path = paths.object(digest)
    try {
      const bytes = readBytes(path)
      if (createHash("sha256").update(bytes).digest("hex") !== digest) throw damaged(path)
      const file = openArrowBytes(path, bytes)
      return { digest, file, schema: schemaOf(file.layout.columns) }
    } catch (error) {
      return lost(digest, path, error)
    }
  }

  const locate = (wanted: Iterable<WantedTable>, keep: boolean, onGathered?: () => void): ReadonlyMap<string, StoredTable | LostTable> => {
    const found = new Map<string, StoredTable | LostTable>()
    let fresh: Array<SmallTable> = []
    const gather = () => {
      for (const [digest, table] of segments.add(fresh)) found.set(digest, table)
      fresh = []
      onGathered?.()
    }
    const news: Array<Header> = []
    for (const { bytes, digest } of wanted) {
      if (found.has(digest)) continue
      const known = inMemory.get(digest) ?? segments.find(digest)
      if (known !== undefined) found.set(digest, known)
      else if (bytes >= smallBytes) found.set(digest, large(digest, news))
      else {
        const table = small(digest)
        if ("message" in table) found.set(digest, table)
        else {
          found.set(digest, { source: { key: digest, open: () => arrowTable(table.file) }, start: 0, rows: table.file.rows, schema: table.schema })
          fresh.push(table)
          if (fresh.length >= manyTables) gather()
        }
      }
    }
    appendAll(headersFile, news)
    if (fresh.length >= fewTables || (keep && fresh.length > 0)) gather()
    else {
      for (const { digest } of fresh) {
        const table = found.get(digest)
        if (table !== undefined && !isLost(table)) inMemory.set(digest, table)
      }
    }
    return found
  }

  return { locate }
}
