/**
 * Data sets on disk: an Arrow file with a fixed-size list `x` (the sample's shape as Arrow's own fixed-shape-tensor
 * annotation) and a float column `y`.
 */
import { type ArrowFile, type NumberColumn, openArrowFile } from "./arrow-file.ts"
import { tensorMetadata } from "./arrow-format.ts"
import { type Dataset, inMemory, type Samples, sampleSize } from "./dataset.ts"
import { TableError } from "./error.ts"
import { readTable, withArrowFile } from "./read.ts"
import { fixedListOf, Float32 } from "./schema.ts"
import { openTableWriter } from "./write.ts"

/** Writes a data set piece by piece. */
export interface DatasetFileWriter {
  /** Adds samples `x` [n, ...shape] with targets `y` [n]. Throws TableError. */
  append(part: Pick<Dataset, "x" | "y">): void
  /** Finishes the file and gives its number of samples. */
  close(): number
  /** Gives up and removes the file. */
  abort(): void
}

/** Opens `path` for samples of this shape. Throws TableError. */
export const openDatasetWriter = (path: string, shape: ReadonlyArray<number>, metadata: Dataset["metadata"]): DatasetFileWriter => {
  const size = sampleSize({ shape })
  const writer = openTableWriter(path, { x: fixedListOf(Float32, size), y: Float32 }, metadata, { x: tensorMetadata(shape) })
  return {
    append: ({ x, y }) => {
      if (x.length !== y.length * size) {
        throw new TableError({ path, column: "x", message: `${path}: x has ${x.length} values, but ${y.length} samples of shape [${shape.join(", ")}] have ${y.length * size}` })
      }
      writer.appendColumns({ x, y })
    },
    close: writer.close,
    abort: writer.abort
  }
}

/** Writes `data` to `path` and gives the number of samples. Throws TableError. */
export const writeDataset = (path: string, data: Dataset): number => {
  const writer = openDatasetWriter(path, data.shape, data.metadata)
  try {
    writer.append(data)
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

interface Columns {
  readonly x: NumberColumn
  readonly y: Float32Array
  readonly shape: ReadonlyArray<number>
}

const columnsOf = (file: ArrowFile): Columns => {
  const fail = (column: string, message: string) => new TableError({ path: file.path, column, message: `${file.path}: ${message}` })
  const [xAt = -1, yAt = -1] = ["x", "y"].map((name) => file.layout.columns.findIndex((column) => column.name === name))
  const type = file.layout.columns[xAt]?.type
  if (type?.type !== "fixedList" || type.item.type !== "float32") throw fail("x", `a data set needs a column "x" of fixed-size lists of float32`)
  if (yAt < 0) throw fail("y", `a data set needs a column "y"`)
  const x = file.numbers(xAt)
  if (x === undefined) throw fail("x", `column "x" has nulls, which a data set cannot have`)
  return { x, y: labels(file, yAt, fail), shape: shapeOf(file, type.size) }
}

/** Reads a data set; `x` goes from the disk into its array without a copy between. Throws TableError. */
export const readDataset = (path: string): Dataset => withArrowFile(path, (file) => wholeOf(file, columnsOf(file)))

const wholeOf = (file: ArrowFile, { shape, x: column, y }: Columns): Dataset => {
  const x = new Float32Array(y.length * sampleSize({ shape }))
  column.read(0, y.length, bytesOf(x))
  return { x, y, shape, metadata: file.layout.metadata }
}

/** Samples of a file; closed, they cannot be read any more. */
export interface OpenSamples extends Samples {
  close(): void
}

/**
 * Opens a data set whose samples are read from the file when they are asked for, neighbours together. A set of no more than `memory` bytes is
 * read at once. Throws TableError, `copy` too.
 */
export const openSamples = (path: string, memory = 0): OpenSamples => {
  const file = openArrowFile(path)
  try {
    const columns = columnsOf(file)
    const { shape, x: column, y } = columns
    if (y.length * column.width <= memory) {
      const whole = wholeOf(file, columns)
      file.close()
      return { ...inMemory(whole), close: () => undefined }
    }
    return {
      y,
      shape,
      metadata: file.layout.metadata,
      copy: (which, x) => copySamples(column, which, bytesOf(x)),
      range: (from, to) => {
        const x = new Float32Array((to - from) * sampleSize({ shape }))
        column.read(from, to - from, bytesOf(x))
        return x
      },
      close: file.close
    }
  } catch (error) {
    file.close()
    throw error
  }
}

const copySamples = ({ read, width }: NumberColumn, which: ArrayLike<number>, target: Uint8Array): void => {
  for (let start = 0, end = 0; start < which.length; start = end) {
    const first = which[start] ?? 0
    for (end = start + 1; which[end] === first + end - start;) end++
    read(first, end - start, target.subarray(start * width, end * width))
  }
}

const bytesOf = ({ buffer, byteLength, byteOffset }: Float32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength)

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
