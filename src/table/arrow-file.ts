/**
 * An Arrow IPC file opened for reading: its schema, and its record batches column by column, so that only the columns
 * asked for are read from disk. Every length and offset is checked against the file before it is used.
 */
import { type BatchLayout, type Block, type FileLayout, type Layout, magic, readFooter, readMessage, UnreadType } from "./arrow-format.ts"
import { type Bytes, bytesSource, type ByteSource, fileSource } from "./byte-source.ts"
import { TableError } from "./error.ts"

/** The buffers of one column of one batch. */
export interface Chunk {
  readonly layout: Layout
  readonly length: number
  readonly nulls: number
  /** One bit a row, least significant first; undefined where all values are there. */
  readonly validity: Bytes | undefined
  /** Ends of strings and lists: `length + 1` places in `data` or `item`, checked. */
  readonly offsets: Int32Array<ArrayBuffer> | undefined
  /** Values of a number, bits of a bool, indices of a category, bytes of text; starts at a multiple of eight. Empty for lists. */
  readonly data: Bytes
  readonly item: Chunk | undefined
}

/** Where the values of one column of one batch lie in the file. */
interface Place {
  readonly offset: number
  readonly length: number
}

/** A column of numbers without nulls (or of fixed-size lists of these), any rows of which can be read at any time. */
export interface NumberColumn {
  /** Bytes of a row. */
  readonly width: number
  /** Reads `rows` rows from row `from` on into `target`, across batches. Throws TableError. */
  read(from: number, rows: number, target: Uint8Array): void
}

export interface ArrowFile {
  readonly path: string
  readonly layout: FileLayout
  /** Size of the file. */
  readonly bytes: number
  readonly rows: number
  /** Rows of each batch. */
  readonly batches: ReadonlyArray<number>
  chunk(batch: number, column: number): Chunk
  /** Undefined for a column of something else, or with nulls. */
  numbers(column: number): NumberColumn | undefined
  /** Reads the values of a column of numbers, all batches, into `target`. False, with nothing read, where `numbers` gives none. */
  readInto(column: number, target: Uint8Array): boolean
  /** The strings of a category column. */
  dictionary(id: number): ReadonlyArray<string>
  close(): void
}

/** How many Arrow buffers and nodes a column takes, itself and what is in it. */
const extent = (layout: Layout): { readonly nodes: number; readonly buffers: number } => {
  const item = layout.item === undefined ? { nodes: 0, buffers: 0 } : extent(layout.item)
  const own = layout.type.type === "fixedList" ? 1 : layout.type.type === "utf8" ? 3 : 2
  return { nodes: 1 + item.nodes, buffers: own + item.buffers }
}

/** Bytes of the values of `length` rows, for types whose rows all take the same. */
const dataBytes = (layout: Layout, length: number): number => {
  switch (layout.type.type) {
    case "bool":
      return Math.ceil(length / 8)
    case "category":
      return length * ((layout.dictionary?.bits ?? 32) / 8)
    case "uint8":
      return length
    case "float32":
    case "int32":
      return length * 4
    default:
      return length * 8
  }
}

const isNumber = ({ type: { type } }: Layout): boolean => type !== "bool" && type !== "category" && type !== "utf8" && type !== "list" && type !== "fixedList"

/** Strings of a text chunk; null where there is none. */
export const textOf = (chunk: Chunk): ReadonlyArray<string | null> => {
  const offsets = chunk.offsets ?? new Int32Array(1)
  const bytes = Buffer.from(chunk.data.buffer, chunk.data.byteOffset, chunk.data.byteLength)
  return Array.from({ length: chunk.length }, (_, i) =>
    isNull(chunk, i) ? null : bytes.toString("utf8", offsets[i] ?? 0, offsets[i + 1] ?? 0))
}

export const isNull = (chunk: Chunk, row: number): boolean =>
  chunk.validity !== undefined && ((chunk.validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0

/** Opens `path`; close it when done. Throws TableError. */
export const openArrowFile = (path: string): ArrowFile => open(path, () => fileSource(path))

/** The same for a file whose bytes are there already. */
export const openArrowBytes = (path: string, bytes: Bytes): ArrowFile => open(path, () => bytesSource(path, bytes))

const open = (path: string, start: () => ByteSource): ArrowFile => {
  const fail = (message: string, column?: string) =>
    new TableError({ path, message: `${path}: ${message}`, ...(column === undefined ? {} : { column }) })
  const guarded = <A>(action: () => A): A => {
    try {
      return action()
    } catch (error) {
      if (error instanceof TableError) throw error
      if (error instanceof UnreadType) throw error.column === "" ? fail(`cannot be read: ${error.message}`) : fail(`column "${error.column}" cannot be read: ${error.message}`, error.column)
      if (error instanceof RangeError) throw fail(`the file is damaged (${error.message})`)
      throw fail(`the file cannot be read (${error instanceof Error ? error.message : String(error)})`)
    }
  }
  const source = guarded(start)
  try {
    const layout = guarded(() => {
      const tail = 4 + magic.length
      const isMagic = (bytes: Uint8Array) => magic.every((byte, i) => bytes[i] === byte)
      if (source.size < 2 * magic.length + 4 || !isMagic(source.at(0, magic.length)) || !isMagic(source.at(source.size - magic.length, magic.length))) {
        throw fail("this is not an Arrow IPC file (or it was cut short)")
      }
      const end = source.at(source.size - tail, tail)
      const length = new DataView(end.buffer, end.byteOffset, end.byteLength).getInt32(0, true)
      return readFooter(source.at(source.size - tail - length, length))
    })

    const firstOf = layout.columns.reduce<Array<{ node: number; buffer: number }>>((places, column, i) => {
      const last = places[i] ?? { node: 0, buffer: 0 }
      const { nodes, buffers } = extent(column)
      places.push({ node: last.node + nodes, buffer: last.buffer + buffers })
      return places
    }, [{ node: 0, buffer: 0 }])

    const readBlock = (block: Block) => readMessage(source.at(block.offset, block.metadataLength))
    const batches = guarded(() => layout.batches.map((block) => {
      const { batch } = readBlock(block)
      // A row takes at least a bit.
      if (batch.length < 0 || (layout.columns.length > 0 && batch.length > 8 * block.bodyLength)) throw new RangeError("a batch has an impossible length")
      return { block, batch }
    }))

    /** Place of buffer `index` in the file. */
    const placeOf = (block: Block, batch: BatchLayout, index: number): Place => {
      const offset = batch.buffers[2 * index]
      const length = batch.buffers[2 * index + 1]
      if (offset === undefined || length === undefined || offset < 0 || length < 0 || offset + length > block.bodyLength) {
        throw new RangeError("a column lies outside of its batch")
      }
      return { offset: block.offset + block.metadataLength + offset, length }
    }

    const readChunk = (block: Block, batch: BatchLayout, column: Layout, node: number, buffer: number): Chunk => {
      const length = batch.nodes[2 * node] ?? -1
      const nulls = batch.nodes[2 * node + 1] ?? -1
      if (length < 0 || nulls < 0 || nulls > length) throw new RangeError("a column has an impossible length")
      const load = (index: number, needed: number): Bytes => {
        const place = placeOf(block, batch, index)
        if (place.length < needed) throw new RangeError(`column "${column.name}" is shorter than its rows`)
        return source.at(place.offset, needed)
      }
      const validity = nulls === 0 ? undefined : load(buffer, Math.ceil(length / 8))
      const chunk = { layout: column, length, nulls, validity, offsets: undefined, data: new Uint8Array(0), item: undefined }
      const offsetsWithin = (): Int32Array<ArrayBuffer> => {
        // A column of no rows may have no offsets at all.
        if (length === 0) return new Int32Array(1)
        const bytes = load(buffer + 1, 4 * (length + 1))
        const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, length + 1)
        for (let i = 0, last = 0; i <= length; i++) {
          const end = offsets[i] ?? -1
          if (end < last) throw new RangeError(`column "${column.name}" has offsets that go backwards`)
          last = end
        }
        return offsets
      }
      switch (column.type.type) {
        case "utf8": {
          const offsets = offsetsWithin()
          return { ...chunk, offsets, data: load(buffer + 2, offsets[length] ?? 0) }
        }
        case "list": {
          const offsets = offsetsWithin()
          if (column.item === undefined) throw new RangeError("a list has no items")
          const item = readChunk(block, batch, column.item, node + 1, buffer + 2)
          if ((offsets[length] ?? 0) > item.length) throw new RangeError(`column "${column.name}" has fewer items than its lists say`)
          return { ...chunk, offsets, item }
        }
        case "fixedList": {
          if (column.item === undefined) throw new RangeError("a list has no items")
          const item = readChunk(block, batch, column.item, node + 1, buffer + 1)
          if (item.length < length * column.type.size) throw new RangeError(`column "${column.name}" has fewer items than its lists say`)
          return { ...chunk, item }
        }
        default:
          return { ...chunk, data: load(buffer + 1, dataBytes(column, length)) }
      }
    }

    const chunk = (index: number, column: number): Chunk => guarded(() => {
      const at = batches[index]
      const first = firstOf[column]
      const of = layout.columns[column]
      if (at === undefined || first === undefined || of === undefined) throw fail(`it has no batch ${index} or no column ${column}`)
      const read = readChunk(at.block, at.batch, of, first.node, first.buffer)
      if (read.length !== at.batch.length) throw new RangeError(`column "${of.name}" has another length than its batch`)
      return read
    })

    /** Row at which each batch begins. */
    const starts: Array<number> = []
    let rows = 0
    for (const { batch } of batches) {
      starts.push(rows)
      rows += batch.length
    }
    /** The last batch that begins at or before a row. */
    const batchOf = (row: number): number => {
      let [low, high] = [0, batches.length - 1]
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((starts[middle] ?? 0) <= row) low = middle
        else high = middle - 1
      }
      return low
    }

    const numbers = (column: number): NumberColumn | undefined => guarded(() => {
      const of = layout.columns[column]
      const first = firstOf[column]
      if (of === undefined || first === undefined) throw fail(`it has no column ${column}`)
      const size = of.type.type === "fixedList" ? of.type.size : undefined
      const values = size === undefined ? of : of.item
      if (values === undefined || !isNumber(values)) return undefined
      const [node, buffer] = size === undefined ? [first.node, first.buffer + 1] : [first.node + 1, first.buffer + 2]
      const nullsAt = (at: number) => batches.some(({ batch }) => (batch.nodes[2 * at + 1] ?? 0) > 0)
      if (nullsAt(first.node) || nullsAt(node)) return undefined
      const width = dataBytes(values, size ?? 1)
      const read = (from: number, count: number, target: Uint8Array): void => guarded(() => {
        if (from < 0 || count < 0 || from + count > rows || count * width > target.length) throw new RangeError(`column "${of.name}" is shorter than its rows`)
        for (let done = 0, batch = batchOf(from); done < count; batch++) {
          const at = batches[batch]
          if (at === undefined) throw new RangeError(`column "${of.name}" is shorter than its rows`)
          const inside = from + done - (starts[batch] ?? 0)
          const some = Math.min(count - done, at.batch.length - inside)
          const place = placeOf(at.block, at.batch, buffer)
          if (place.length < at.batch.length * width) throw new RangeError(`column "${of.name}" is shorter than its rows`)
          source.into(place.offset + inside * width, target.subarray(done * width, (done + some) * width))
          done += some
        }
      })
      return { width, read }
    })

    const readInto = (column: number, target: Uint8Array): boolean => {
      const found = numbers(column)
      found?.read(0, rows, target)
      return found !== undefined
    }

    const dictionaries = new Map<number, ReadonlyArray<string>>()
    const dictionary = (id: number): ReadonlyArray<string> => guarded(() => {
      const known = dictionaries.get(id)
      if (known !== undefined) return known
      let values: ReadonlyArray<string> = []
      for (const block of layout.dictionaries) {
        const message = readBlock(block)
        if (message.dictionary !== id) continue
        const text: Layout = { name: "dictionary", type: { type: "utf8" }, metadata: {} }
        const read = textOf(readChunk(block, message.batch, text, 0, 0)).map((value) => value ?? "")
        values = message.delta ? [...values, ...read] : read
      }
      dictionaries.set(id, values)
      return values
    })

    return {
      path,
      bytes: source.size,
      layout,
      rows,
      batches: batches.map(({ batch }) => batch.length),
      chunk,
      numbers,
      readInto,
      dictionary,
      close: source.close
    }
  } catch (error) {
    source.close()
    throw error
  }
}
