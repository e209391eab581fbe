/**
 * Segments: many small tables of one schema, their rows one after another, in one Arrow file. A segment is named by the digest
 * of its bytes and lists the tables that it holds; one that is damaged is deleted, and its tables are gathered anew.
 */
import { createHash, randomBytes } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type ArrowFile, openArrowBytes } from "../table/arrow-file.ts"
import { schemaOf, valuesOf } from "../table/read.ts"
import type { TableSchema } from "../table/schema.ts"
import { openTableWriter, type TableFileWriter } from "../table/write.ts"
import { arrowTable, type TableSource } from "./parts.ts"

export interface SmallTable {
  readonly digest: string
  readonly file: ArrowFile
  readonly schema: TableSchema
}

/** Rows of a segment that are one table. */
interface Stretch {
  readonly source: TableSource
  readonly start: number
  readonly rows: number
  readonly schema: TableSchema
}

interface Segment {
  readonly path: string
  readonly bytes: number
  readonly file: ArrowFile
  readonly schemaKey: string
  /** Digest and rows of each table, in order. */
  readonly tables: ReadonlyArray<readonly [string, number]>
}

export interface Segments {
  find(digest: string): Stretch | undefined
  /** Gathers tables in segments, on disk if it can be written, and says where each now lies. */
  add(tables: ReadonlyArray<SmallTable>): ReadonlyMap<string, Stretch>
}

/** Segments are read whole, so they stay small; smaller ones of the same schema are merged into the next one. */
const mergeBelow = 8 * 2 ** 20
const segmentBytes = 32 * 2 ** 20
const mergeFrom = 4

const keyOf = (schema: TableSchema): string => JSON.stringify(Object.entries(schema))

const isTables = (value: unknown): value is ReadonlyArray<readonly [string, number]> =>
  Array.isArray(value) && value.every((entry) => Array.isArray(entry) && typeof entry[0] === "string" && Number.isInteger(entry[1]))

/** Reads a segment; undefined where it is not what its name says. */
const readSegment = (path: string, name: string): Segment | undefined => {
  try {
    const bytes = new Uint8Array(readFileSync(path))
    if (`${createHash("sha256").update(bytes).digest("hex")}.arrow` !== name) return undefined
    const file = openArrowBytes(path, bytes)
    const tables: unknown = JSON.parse(file.layout.metadata["tables"] ?? "null")
    if (!isTables(tables) || tables.reduce((sum, [, rows]) => sum + rows, 0) !== file.rows) return undefined
    return { path, bytes: bytes.length, file, schemaKey: keyOf(schemaOf(file.layout.columns)), tables }
  } catch {
    return undefined
  }
}

/** Appends all rows of a table. */
const appendFile = (writer: TableFileWriter, file: ArrowFile): void => {
  for (let batch = 0; batch < file.batches.length; batch++) {
    writer.appendColumns(Object.fromEntries(file.layout.columns.map((column, i) => [column.name, valuesOf(file, file.chunk(batch, i))])))
  }
}

export const openSegments = (folder: string): Segments => {
  const all = new Set<Segment>()
  const places = new Map<string, Stretch>()

  const take = (segment: Segment): void => {
    all.add(segment)
    const schema = schemaOf(segment.file.layout.columns)
    const source: TableSource = { key: segment.path, open: () => arrowTable(segment.file) }
    let start = 0
    for (const [digest, rows] of segment.tables) {
      places.set(digest, { source, start, rows, schema })
      start += rows
    }
  }

  const names = (): ReadonlyArray<string> => {
    try {
      return readdirSync(folder).filter((name) => name.endsWith(".arrow")).sort()
    } catch {
      return []
    }
  }
  for (const name of names()) {
    const path = join(folder, name)
    const segment = readSegment(path, name)
    if (segment === undefined) discard(path)
    else take(segment)
  }

  /** Writes one segment and gives what was read back of it. */
  const write = (schema: TableSchema, tables: ReadonlyArray<SmallTable>, merged: ReadonlyArray<Segment>): Segment | undefined => {
    const draft = join(folder, `.${process.pid}-${randomBytes(4).toString("hex")}`)
    let writer: TableFileWriter | undefined
    try {
      mkdirSync(folder, { recursive: true })
      const contents = [
        ...merged.flatMap((segment) => segment.tables),
        ...tables.map(({ digest, file }) => [digest, file.rows] as const)
      ]
      writer = openTableWriter(draft, schema, { tables: JSON.stringify(contents) })
      for (const { file } of [...merged, ...tables]) appendFile(writer, file)
      writer.close()
      const name = `${createHash("sha256").update(readFileSync(draft)).digest("hex")}.arrow`
      renameSync(draft, join(folder, name))
      const segment = readSegment(join(folder, name), name)
      if (segment !== undefined) for (const old of merged) if (old.path !== segment.path) discard(old.path)
      return segment
    } catch {
      writer?.abort()
      return undefined // A store that cannot be written to is still read, without segments.
    }
  }

  const add = (tables: ReadonlyArray<SmallTable>): ReadonlyMap<string, Stretch> => {
    const bySchema = Map.groupBy(tables, (table) => keyOf(table.schema))
    const placed = new Map<string, Stretch>()
    for (const [key, group] of bySchema) {
      const small = [...all].filter((segment) => segment.schemaKey === key && segment.bytes < mergeBelow)
      const merged = small.length >= mergeFrom ? small : []
      for (const [i, batch] of inBatches(group).entries()) {
        const [first] = batch
        const segment = first === undefined ? undefined : write(first.schema, batch, i === 0 ? merged : [])
        if (segment === undefined) continue
        if (i === 0) for (const old of merged) all.delete(old)
        take(segment)
        for (const { digest } of batch) {
          const place = places.get(digest)
          if (place !== undefined) placed.set(digest, place)
        }
      }
    }
    return placed
  }

  return { find: (digest) => places.get(digest), add }
}

/** Groups that make one segment each. */
const inBatches = (tables: ReadonlyArray<SmallTable>): ReadonlyArray<ReadonlyArray<SmallTable>> => {
  const batches: Array<Array<SmallTable>> = []
  let bytes = Infinity
  for (const table of tables) {
    const size = table.file.bytes
    if (bytes + size > segmentBytes) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(table)
    bytes += size
  }
  return batches
}

const discard = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // It stays, and is passed over again.
  }
}
