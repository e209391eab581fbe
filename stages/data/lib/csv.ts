/**
 * CSV (RFC 4180) as a table: a header line with the names of the columns, then records; fields may be quoted, quotes are
 * doubled inside them, and line ends may be CRLF. An empty field is a null. Column types are those asked for, or inferred.
 */
import type { ColumnType } from "../../../src/table/schema.ts"

export const csvTypes = ["float64", "int64", "bool", "utf8", "category"] as const
export type CsvType = (typeof csvTypes)[number]

export interface CsvTable {
  readonly schema: Readonly<Record<string, ColumnType>>
  readonly rows: ReadonlyArray<Readonly<Record<string, Cell>>>
}
type Cell = number | boolean | string | null

/** What is wrong with a CSV text, and in which line (from 1). */
export interface CsvProblem {
  readonly line: number
  readonly message: string
}

interface CsvRecord {
  readonly line: number
  readonly fields: ReadonlyArray<string>
}

/** Splits a text into records of fields; blank lines are left out. */
export const splitCsv = (text: string): ReadonlyArray<CsvRecord> | CsvProblem => {
  const records: Array<CsvRecord> = []
  let fields: Array<string> = []
  let field = ""
  let quoted = false
  let wasQuoted = false
  let line = 1
  let start = 1
  const endField = () => {
    fields.push(field)
    field = ""
    wasQuoted = false
  }
  const endRecord = () => {
    const blank = fields.length === 0 && field === "" && !wasQuoted
    endField()
    if (!blank) records.push({ line: start, fields })
    fields = []
    start = line
  }
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const c = text[i]
    if (c === "\n") line++
    if (quoted) {
      if (c !== "\"") field += c
      else if (text[i + 1] === "\"") field += text[++i]
      else quoted = false
    } else if (c === "\"") {
      if (field !== "" || wasQuoted) return { line, message: "a quote stands inside an unquoted field" }
      quoted = wasQuoted = true
    } else if (c === ",") endField()
    else if (c === "\n") endRecord()
    else if (c !== "\r" || text[i + 1] !== "\n") field += c
  }
  if (quoted) return { line: start, message: "a quoted field is not closed" }
  endRecord()
  return records
}

/** Reads a CSV text. `types` settles the types of the columns that it names; the others are inferred from all their fields. */
export const parseCsv = (text: string, types: Readonly<Record<string, CsvType>> = {}): CsvTable | CsvProblem => {
  const records = splitCsv(text)
  if ("message" in records) return records
  const [header, ...body] = records
  if (header === undefined) return { line: 1, message: "the file is empty; its first line should name the columns" }
  const names = header.fields
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return { line: header.line, message: `the column ${twice} is named twice` }
  const absent = Object.keys(types).find((name) => !names.includes(name))
  if (absent !== undefined) return { line: header.line, message: `there is no column ${absent}; the columns are ${names.join(", ")}` }
  const uneven = body.find((record) => record.fields.length !== names.length)
  if (uneven !== undefined) {
    return { line: uneven.line, message: `${uneven.fields.length} fields where the header names ${names.length}` }
  }
  const chosen = names.map((name, at) => types[name] ?? inferType(body.map((record) => record.fields[at] ?? "")))
  const rows: Array<Record<string, Cell>> = []
  for (const record of body) {
    const row: Record<string, Cell> = {}
    for (const [at, name] of names.entries()) {
      const cell = readCell(record.fields[at] ?? "", chosen[at] ?? "utf8")
      if (cell === undefined) {
        return { line: record.line, message: `${JSON.stringify(record.fields[at])} in the column ${name} is no ${chosen[at]}` }
      }
      row[name] = cell
    }
    rows.push(row)
  }
  return { schema: Object.fromEntries(names.map((name, at) => [name, { type: chosen[at] ?? "utf8", nullable: true }])), rows }
}

const number = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/

/** `undefined`: the text is no value of the type. */
const readCell = (text: string, type: CsvType): Cell | undefined => {
  if (text === "") return null
  switch (type) {
    case "utf8":
    case "category":
      return text
    case "bool":
      return text === "true" ? true : text === "false" ? false : undefined
    case "float64":
      return number.test(text) ? Number(text) : undefined
    case "int64":
      return number.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
  }
}

/** The narrowest of bool, int64 and float64 that all fields but the empty ones have; otherwise text, as categories. */
const inferType = (fields: ReadonlyArray<string>): CsvType => {
  const filled = fields.filter((field) => field !== "")
  if (filled.length === 0) return "utf8"
  const all = (type: CsvType) => filled.every((field) => readCell(field, type) !== undefined)
  return all("bool") ? "bool" : all("int64") ? "int64" : all("float64") ? "float64" : "category"
}
