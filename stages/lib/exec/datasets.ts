/** A table that a program wrote as a data set: numbers for samples, and one column for their targets. */
import { copyFileSync, rmSync } from "node:fs"
import { readDataset, writeDataset } from "../../../src/table/dataset-file.ts"
import { readSchema, readTable } from "../../../src/table/read.ts"
import type { TableFormat } from "./params.ts"
import { takeTable } from "./tables.ts"

/** Gives the number of samples. An Arrow file may be a data set already: a fixed-size list `x` and a column `y`. Rejects with what is wrong. */
export const takeDataset = async (from: string, to: string, format: TableFormat, label: string): Promise<number> => {
  if (format === "arrow" && readSchema(from).schema["x"]?.type === "fixedList") {
    const { y } = readDataset(from)
    copyFileSync(from, to)
    return y.length
  }
  const table = `${to}.table`
  await takeTable(from, table, format, {})
  try {
    return fromColumns(table, to, label)
  } finally {
    rmSync(table, { force: true })
  }
}

const fromColumns = (path: string, to: string, label: string): number => {
  const { columns, rows } = readTable(path)
  const names = Object.keys(columns).filter((name) => name !== label)
  const targets = columns[label]
  if (targets === undefined) throw new Error(`it has no column ${label} for the targets, but ${names.join(", ")}; \`label\` names another one`)
  if (names.length === 0) throw new Error("it has no column besides the targets")
  const numberAt = (name: string, column: ArrayLike<unknown>, row: number): number => {
    const cell = column[row]
    const value = typeof cell === "bigint" || typeof cell === "boolean" ? Number(cell) : cell
    if (typeof value === "number") return value
    throw new Error(`row ${row + 1}, column ${name}: ${cell === null ? "an empty cell" : JSON.stringify(cell)} is no number`)
  }
  const x = new Float32Array(rows * names.length)
  for (const [at, name] of names.entries()) {
    const column = columns[name] ?? []
    for (let row = 0; row < rows; row++) x[row * names.length + at] = numberAt(name, column, row)
  }
  const y = Float32Array.from({ length: rows }, (_, row) => numberAt(label, targets, row))
  return writeDataset(to, { x, y, shape: [names.length], metadata: { columns: JSON.stringify(names) } })
}
