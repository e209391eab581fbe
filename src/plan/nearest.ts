/**
 * The nearest of many earlier records: the one that differs in the fewest fields, the latest of equals. Scanning all of
 * them for each question would be quadratic in the size of a sweep, so records are looked up by what is left of them when
 * some fields are dropped: first none, then each one, then each two. A hit with k fields dropped is a nearest record, as every
 * smaller number was tried. Fields in which all records agree need not be dropped: they cost every record the same.
 */

/** One record: field name to canonical text. */
export type Row = ReadonlyMap<string, string>

/** Up to so many records are simply scanned. */
const scanned = 64
/** How many combinations of dropped fields are tried for one question, and indexed in all, before giving up on exactness. */
const combinations = 256
/** How many of the latest records are then scanned: the nearest among these is good enough to explain by. */
const latest = 512

/** Answers with the position of the nearest row; rows come oldest first. `undefined` where there is none. */
export const nearestIndex = (rows: ReadonlyArray<Row>): (row: Row) => number | undefined => {
  const varying = varyingFields(rows)
  const values = new Map(varying.map((field) => [field, new Set(rows.map((row) => row.get(field)))]))
  const indexes = new Map<string, ReadonlyMap<string, number>>()

  const indexWithout = (dropped: ReadonlySet<string>): ReadonlyMap<string, number> | undefined => {
    const name = varying.filter((field) => dropped.has(field)).join("\n")
    const known = indexes.get(name)
    if (known !== undefined || indexes.size >= combinations) return known
    const index = new Map(rows.map((row, position) => [keyWithout(row, varying, dropped), position]))
    indexes.set(name, index)
    return index
  }

  return (row) => {
    if (rows.length <= scanned) return nearestOf(rows, row, 0)
    const unseen = varying.filter((field) => values.get(field)?.has(row.get(field)) !== true)
    const optional = varying.filter((field) => !unseen.includes(field))
    let tried = 0
    for (let size = 0; size <= optional.length; size++) {
      let best: number | undefined
      for (const choice of choices(optional, size)) {
        const dropped = new Set([...unseen, ...choice])
        const index = tried++ < combinations ? indexWithout(dropped) : undefined
        if (index === undefined) return nearestOf(rows, row, Math.max(0, rows.length - latest))
        const position = index.get(keyWithout(row, varying, dropped))
        if (position !== undefined && (best === undefined || position > best)) best = position
      }
      if (best !== undefined) return best
    }
    return undefined
  }
}

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

const keyWithout = (row: Row, fields: ReadonlyArray<string>, dropped: ReadonlySet<string>): string =>
  fields.map((field) => (dropped.has(field) ? "" : `+${row.get(field) ?? "\0"}`)).join("\n")

/** Every way to choose `size` of the items. */
function* choices(items: ReadonlyArray<string>, size: number, from = 0): Generator<ReadonlyArray<string>> {
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
