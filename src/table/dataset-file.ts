/**
 * Data sets on disk: an Arrow file with a fixed-size list `x` (the sample's shape as Arrow's own fixed-shape-tensor
 * annotation) and a float column `y`.
 */
import type { ArrowFile } from "./arrow-file.ts"
import { tensorMetadata } from "./arrow-format.ts"
import { type Dataset, sampleCount, sampleSize } from "./dataset.ts"
import { TableError } from "./error.ts"
import { readTable, withArrowFile } from "./read.ts"
import { fixedListOf, Float32 } from "./schema.ts"
import { openTableWriter } from "./write.ts"

/** Writes `data` to `path` and gives the number of samples. Throws TableError. */
export const writeDataset = (path: string, data: Dataset): number => {
  const [samples, size] = [sampleCount(data), sampleSize(data)]
  if (data.x.length !== samples * size) {
    throw new TableError({
      path, column: "x",
      message: `${path}: x has ${data.x.length} values, but ${samples} samples of shape [${data.shape.join(", ")}] have ${samples * size}`
    })
  }
  const writer = openTableWriter(path, { x: fixedListOf(Float32, size), y: Float32 }, data.metadata, { x: tensorMetadata(data.shape) })
  try {
    writer.appendColumns({ x: data.x, y: data.y })
    return writer.close()
  } catch (error) {
    writer.abort()
    throw error
  }
}

const shapeOf = (file: ArrowFile, size: number): ReadonlyArray<number> => {
  const text = file.layout.columns.find((column) => column.name === "x")?.metadata["ARROW:extension:metadata"]
  if (text === undefined) return [size]
  const bad = () => new TableError({ path: file.path, column: "x", message: `${file.path}: column "x" says of its shape ${text}, which does not make ${size} values a sample` })
  let tensor: unknown
  try {
    tensor = JSON.parse(text)
  } catch {
    throw bad()
  }
  const shape = typeof tensor === "object" && tensor !== null && "shape" in tensor ? tensor.shape : undefined
  if (!Array.isArray(shape) || !shape.every(Number.isInteger) || shape.reduce<number>((a, b) => a * b, 1) !== size) throw bad()
  return shape
}

/** Reads a data set; `x` goes from the disk into its array without a copy between. Throws TableError. */
export const readDataset = (path: string): Dataset =>
  withArrowFile(path, (file) => {
    const fail = (column: string, message: string) => new TableError({ path, column, message: `${path}: ${message}` })
    const columns = file.layout.columns
    const [xAt, yAt] = ["x", "y"].map((name) => columns.findIndex((column) => column.name === name))
    const type = columns[xAt ?? -1]?.type
    if (xAt === undefined || type?.type !== "fixedList" || type.item.type !== "float32") {
      throw fail("x", `a data set needs a column "x" of fixed-size lists of float32`)
    }
    if (yAt === undefined || yAt < 0) throw fail("y", `a data set needs a column "y"`)
    const x = new Float32Array(file.rows * type.size)
    if (!file.readInto(xAt, new Uint8Array(x.buffer))) throw fail("x", `column "x" has nulls, which a data set cannot have`)
    return { x, y: labels(file, yAt, fail), shape: shapeOf(file, type.size), metadata: file.layout.metadata }
  })

const labels = (file: ArrowFile, column: number, fail: (column: string, message: string) => TableError): Float32Array => {
  const y = new Float32Array(file.rows)
  const type = file.layout.columns[column]?.type.type
  if (type === "float32" && file.readInto(column, new Uint8Array(y.buffer))) return y
  const values = readTable(file.path).columns["y"] ?? []
  for (let i = 0; i < y.length; i++) {
    const value = values[i]
    if (typeof value !== "number" && typeof value !== "bigint") throw fail("y", `column "y", row ${i}: ${String(value)} is not a number`)
    y[i] = Number(value)
  }
  return y
}
