/** Answers as text: for a terminal, for a spreadsheet, for a program, for a document. Pure. */
import type { QueryResult, ResultColumn } from "./database.ts"

export type TextFormat = "table" | "csv" | "json" | "ndjson" | "markdown"

export interface FormatOptions {
  /** Characters in a line; undefined: as many as it takes. */
  readonly width?: number | undefined
  /** Every row, and every column at its full width. */
  readonly all?: boolean | undefined
}

/** Rows that a table shows unless all are asked for, and characters of a long cell. */
const shownRows = 40
const shownCell = 60

/** Six significant digits, as many as a paper's table has; integers as they are. */
export const shortNumber = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf"
  return String(Number(value.toPrecision(6)))
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)

const cellText = (value: unknown, number: (value: number) => string): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "number") return number(value)
  if (value instanceof Date) return value.toISOString().replace("T", " ").replace(/\.?0*Z$/, "")
  if (Array.isArray(value)) return `[${value.map((item) => item === null ? "NULL" : cellText(item, number)).join(", ")}]`
  if (isPlainObject(value)) return `{${Object.entries(value).map(([key, item]) => `${key}: ${cellText(item, number)}`).join(", ")}}`
  return String(value)
}

/** Values that JSON has; numbers that it has not become text, as bigints beyond 2^53 do. */
const jsonValue = (value: unknown): unknown =>
  value === undefined ? null
    : typeof value === "bigint" ? String(value)
    : typeof value === "number" && !Number.isFinite(value) ? (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
    : value instanceof Date ? value.toISOString()
    : Array.isArray(value) ? value.map(jsonValue)
    : isPlainObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item)]))
    : value

/** Keys of a row's object: two columns of one name stay two. */
const keysOf = (columns: ReadonlyArray<ResultColumn>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return columns.map(({ name }) => {
    let key = name
    for (let i = 2; taken.has(key); i++) key = `${name}_${i}`
    taken.add(key)
    return key
  })
}

const objects = ({ columns, rows }: QueryResult): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const keys = keysOf(columns)
  return rows.map((row) => Object.fromEntries(keys.map((key, i) => [key, jsonValue(row[i])])))
}

const csv = ({ columns, rows }: QueryResult): string => {
  const cell = (value: unknown): string => {
    const text = isPlainObject(value) || Array.isArray(value) ? JSON.stringify(jsonValue(value)) : cellText(value, String)
    // An empty text and no value must differ.
    return text === "" && typeof value === "string" ? "\"\"" : /[",\n\r]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text
  }
  return [columns.map((column) => column.name), ...rows].map((row) => row.map(cell).join(",")).join("\n")
}

const isNumberColumn = (column: ResultColumn): boolean =>
  ["float64", "float32", "int64", "int32", "uint8"].includes(column.column.type)

const markdown = ({ columns, rows }: QueryResult): string => {
  const cell = (value: unknown) => cellText(value, shortNumber).replaceAll("|", "\\|").replaceAll("\n", "<br>")
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    line(columns.map((column) => cell(column.name))),
    line(columns.map((column) => isNumberColumn(column) ? "---:" : "---")),
    ...rows.map((row) => line(row.map(cell)))
  ].join("\n")
}

/** Characters of a terminal that a text takes: wide East Asian ones two, combining ones none. */
export const displayWidth = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += /^\p{Mark}/u.test(segment) ? 0 : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(segment) ? 2 : 1
  return width
}
const segmenter = new Intl.Segmenter()

const cut = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text
  let kept = ""
  for (const { segment } of segmenter.segment(text)) {
    if (displayWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

const pad = (text: string, width: number, right: boolean): string => {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)))
  return right ? space + text : text + space
}

const count = (n: number, noun: string): string => `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`

const gap = "  "

const narrowest = 8

/** Widths that fit the line: the widest columns give way first, all to one width, but none below eight characters. */
const fitted = (natural: ReadonlyArray<number>, width: number): ReadonlyArray<number> => {
  const room = width - gap.length * (natural.length - 1)
  const capped = (cap: number) => natural.map((one) => Math.min(one, cap))
  let cap = Math.max(0, ...natural)
  while (cap > narrowest && capped(cap).reduce((sum, one) => sum + one, 0) > room) cap--
  return capped(cap)
}

/** As many columns from the left as fit, once each is at its narrowest. */
const columnsThatFit = (widths: ReadonlyArray<number>, width: number): number => {
  let used = -gap.length
  const over = widths.findIndex((one) => (used += one + gap.length) > width)
  return over < 0 ? widths.length : Math.max(1, over)
}

const table = ({ columns, rows }: QueryResult, options: FormatOptions): string => {
  const shown = options.all === true ? rows : rows.slice(0, shownRows)
  const limit = options.all === true ? Infinity : shownCell
  const oneLine = (text: string) => cut(text.replaceAll(/\s*\n\s*/g, " "), limit)
  const cells = [columns.map((column) => column.name), ...shown.map((row) => row.map((value) => oneLine(value === null ? "NULL" : cellText(value, shortNumber))))]
  const natural = columns.map((_, i) => Math.max(...cells.map((row) => displayWidth(row[i] ?? ""))))
  const width = options.width === undefined || options.all === true ? Infinity : options.width
  const widths = fitted(natural, width)
  const fit = columnsThatFit(widths, width)
  const line = (row: ReadonlyArray<string>) =>
    row.slice(0, fit).map((text, i) => {
      const column = columns[i]
      return pad(cut(text, widths[i] ?? 0), widths[i] ?? 0, column !== undefined && isNumberColumn(column))
    }).join(gap).trimEnd()
  const [head = [], ...body] = cells
  const notes = [
    ...(shown.length < rows.length ? [`${count(rows.length - shown.length, "more row")}`] : []),
    ...(fit < columns.length ? [`${count(columns.length - fit, "more column")} (${columns.slice(fit).map((column) => column.name).join(", ")})`] : [])
  ]
  return [
    line(head),
    widths.slice(0, fit).map((one) => "─".repeat(one)).join(gap),
    ...body.map(line),
    ...(rows.length === 0 ? ["(no rows)"] : []),
    ...(notes.length === 0 ? [] : [cut(`… ${notes.join(" and ")}; --all shows everything`, width)])
  ].join("\n")
}

/** An EXPLAIN answers with drawings, which are not cells. */
const isDrawing = ({ columns }: QueryResult): boolean => columns.length === 2 && columns[0]?.name === "explain_key"

export const formatResult = (result: QueryResult, format: TextFormat, options: FormatOptions = {}): string => {
  switch (format) {
    case "table":
      return isDrawing(result) ? result.rows.map((row) => String(row[1])).join("\n") : table(result, options)
    case "csv":
      return csv(result)
    case "json":
      return JSON.stringify(objects(result), null, 2)
    case "ndjson":
      return objects(result).map((row) => JSON.stringify(row)).join("\n")
    case "markdown":
      return markdown(result)
  }
}
