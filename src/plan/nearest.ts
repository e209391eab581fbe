/**
 * The nearest of many earlier records: the one that differs in the fewest fields, the latest of equals. Scanning all of
 * them for each question would be quadratic in the size of a sweep, so records are looked up by what is left of them when
 * some fields are dropped: first none, then each one, then each two. A hit with k fields dropped is a nearest record, as every
 * smaller number was tried. Fields in which all records agree need not be dropped: they cost every record the same.
 */

import { createHash } from "node:crypto"

/** One record: field name to canonical text. */
export type Row = ReadonlyMap<string, string>

/** Up to so many records are simply scanned. */
const scanned = 64
/** How many combinations of dropped fields are tried for one question, and indexed in all, before giving up on exactness; */
const combinations = 256
/** and how many entries all of these indexes may have. */
const entries = 4_000_000
/** How many of the latest records are then scanned: the nearest among these is good enough to explain by. */
const latest = 512

/** Answers with the position of the nearest row; rows come oldest first. `undefined` where there is none. */
export const nearestIndex = (rows: ReadonlyArray<Row>): (row: Row) => number | undefined => {
  if (rows.length <= scanned) return (row) => nearestOf(rows, row, 0)
  const columns = varyingFields(rows).map((field) => makeColumn(field, rows))
  const totals = rows.map((_, position) => columns.reduce((total, column) => total + (column.codes[position] ?? 0), 0))
  const indexes = new Map<string, ReadonlyMap<number, number>>()
  const allowed = Math.min(combinations, Math.floor(entries / rows.length))

  const indexWithout = (dropped: ReadonlyArray<Column>): ReadonlyMap<number, number> | undefined => {
    const name = dropped.map((column) => column.field).toSorted().join("\n")
    const known = indexes.get(name)
    if (known !== undefined || indexes.size >= allowed) return known
    const index = new Map<number, number>()
    for (const [position, total] of totals.entries()) {
      let key = total
      for (const column of dropped) key -= column.codes[position] ?? 0
      index.set(key, position)
    }
    indexes.set(name, index)
    return index
  }

  return (row) => {
    const unseen = columns.filter((column) => column.codeOf(row) === undefined)
    const optional = columns.filter((column) => column.codeOf(row) !== undefined)
    const total = optional.reduce((sum, column) => sum + (column.codeOf(row) ?? 0), 0)
    let tried = 0
    for (let size = 0; size <= optional.length; size++) {
      let best: number | undefined
      for (const choice of choices(optional, size)) {
        const index = tried++ < allowed ? indexWithout([...unseen, ...choice]) : undefined
        if (index === undefined) return nearestOf(rows, row, rows.length - Math.min(latest, rows.length))
        const position = index.get(choice.reduce((sum, column) => sum - (column.codeOf(row) ?? 0), total))
        if (position !== undefined && (best === undefined || position > best)) best = position
      }
      if (best !== undefined) return best
    }
    return undefined
  }
}

/** A field in which rows differ: a number for each row, equal where the values are. Sums of such numbers over several columns stand for the
 * values together: they are integers of 44 bits, drawn so that two different sums do not meet in practice. */
interface Column {
  readonly field: string
  readonly codes: Float64Array
  /** Undefined for a value that no row has. */
  readonly codeOf: (row: Row) => number | undefined
}

const makeColumn = (field: string, rows: ReadonlyArray<Row>): Column => {
  const known = new Map<string | undefined, number>()
  const codes = Float64Array.from(rows, (row) => {
    const text = row.get(field)
    const code = known.get(text) ?? scatter(`${field}\n${text ?? "\0"}`)
    known.set(text, code)
    return code
  })
  return { field, codes, codeOf: (row) => known.get(row.get(field)) }
}

/** 44 bits of SHA-256: exact in a double, and so are sums of up to 512 of them. */
const scatter = (text: string): number => Number.parseInt(createHash("sha256").update(text).digest("hex").slice(0, 11), 16)

/** Number of fields in which two rows differ, a field that only one has included. */
export const distance = (a: Row, b: Row): number => {
  let differing = 0
  let shared = 0
  for (const [field, text] of a) {
    const other = b.get(field)
    if (other !== undefined) shared++
    if (other !== text) differing++
  }
  return differing + b.size - shared
}

const nearestOf = (rows: ReadonlyArray<Row>, row: Row, from: number): number | undefined => {
  let best: { readonly position: number; readonly distance: number } | undefined
  for (let position = rows.length - 1; position >= from; position--) {
    const candidate = rows[position]
    const found = candidate === undefined ? Infinity : distance(candidate, row)
    if (best === undefined || found < best.distance) best = { position, distance: found }
  }
  return best?.position
}

const varyingFields = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const fields = new Set(rows.flatMap((row) => [...row.keys()]))
  const first = rows[0]
  return [...fields].filter((field) => rows.some((row) => row.get(field) !== first?.get(field)))
}

/** Every way to choose `size` of the items. */
function* choices<T>(items: ReadonlyArray<T>, size: number, from = 0): Generator<ReadonlyArray<T>> {
  if (size === 0) {
    yield []
    return
  }
  for (let at = from; at <= items.length - size; at++) {
    const item = items[at]
    if (item === undefined) return
    for (const rest of choices(items, size - 1, at + 1)) yield [item, ...rest]
  }
}
