/**
 * The metadata of an Arrow IPC file for our closed set of types: schema, record batches, dictionaries, footer. What a
 * number means stands in Arrow's format/{Schema,Message,File}.fbs; slots are the order of the fields there.
 * Format: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 */
import { FlatTable, FlatWriter, type Field, type Offset } from "./flatbuffer.ts"
import type { ColumnType, TableSchema } from "./schema.ts"

export const magic = new TextEncoder().encode("ARROW1")
export const bodyAlignment = 8

const metadataVersion = 4 // V5
const header = { schema: 1, dictionary: 2, batch: 3 } as const
const kind = { int: 2, float: 3, utf8: 5, bool: 6, timestamp: 10, list: 12, fixedList: 16 } as const
const typeNames: Readonly<Record<number, string>> = {
  1: "Null", 2: "Int", 3: "FloatingPoint", 4: "Binary", 5: "Utf8", 6: "Bool", 7: "Decimal", 8: "Date", 9: "Time", 10: "Timestamp",
  11: "Interval", 12: "List", 13: "Struct", 14: "Union", 15: "FixedSizeBinary", 16: "FixedSizeList", 17: "Map", 18: "Duration",
  19: "LargeBinary", 20: "LargeUtf8", 21: "LargeList", 22: "RunEndEncoded", 23: "BinaryView", 24: "Utf8View", 25: "ListView"
}

export type Metadata = Readonly<Record<string, string>>

/** Arrow's canonical extension type for a fixed-size list that is a tensor; other tools read the shape from it. */
export const tensorMetadata = (shape: ReadonlyArray<number>): Metadata => ({
  "ARROW:extension:name": "arrow.fixed_shape_tensor",
  "ARROW:extension:metadata": JSON.stringify({ shape })
})

/** A column as the file holds it. */
export interface Layout {
  readonly name: string
  readonly type: ColumnType
  /** Of a category: id of its dictionary and width of its indices. */
  readonly dictionary?: { readonly id: number; readonly bits: number; readonly signed: boolean }
  readonly item?: Layout
  readonly metadata: Metadata
}

/** Where a message lies in the file. */
export interface Block {
  readonly offset: number
  readonly metadataLength: number
  readonly bodyLength: number
}

export interface FileLayout {
  readonly columns: ReadonlyArray<Layout>
  readonly metadata: Metadata
  readonly dictionaries: ReadonlyArray<Block>
  readonly batches: ReadonlyArray<Block>
}

/** Lengths and places of a batch's columns. `nodes`: (length, nulls) for each column, depth first. `buffers`: (offset, length) within
 * the body, in the same order. */
export interface BatchLayout {
  readonly length: number
  readonly nodes: ReadonlyArray<number>
  readonly buffers: ReadonlyArray<number>
}

/** Gives dictionaries the numbers 0, 1, ... in depth-first order, as both the schema and the writer walk. */
export const layoutOf = (schema: TableSchema, metadata: Readonly<Record<string, Metadata>> = {}): ReadonlyArray<Layout> => {
  let dictionaries = 0
  const layout = (name: string, type: ColumnType): Layout => ({
    name,
    type,
    ...(type.type === "category" ? { dictionary: { id: dictionaries++, bits: 32, signed: true } } : {}),
    ...(type.type === "list" || type.type === "fixedList" ? { item: layout("item", type.item) } : {}),
    metadata: { ...(type.doc === undefined ? {} : { doc: type.doc }), ...metadata[name] }
  })
  return Object.entries(schema).map(([name, type]) => layout(name, type))
}

// Writing

/** One encapsulated message without its body: prefix, metadata, padding to 8 bytes. */
const encapsulate = (metadata: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(8 + metadata.length)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, -1, true)
  view.setInt32(4, metadata.length, true)
  bytes.set(metadata, 8)
  return bytes
}

const message = (writer: FlatWriter, type: number, content: Offset, bodyLength: number): Uint8Array =>
  encapsulate(writer.finish(writer.table([
    { slot: 0, as: "i16", value: metadataVersion },
    { slot: 1, as: "u8", value: type },
    { slot: 2, as: "offset", value: content },
    { slot: 3, as: "i64", value: bodyLength }
  ])))

const writePairs = (writer: FlatWriter, pairs: Metadata): Offset =>
  writer.offsets(Object.keys(pairs).sort().map((key) => {
    const value = writer.string(pairs[key] ?? "")
    const name = writer.string(key)
    return writer.table([{ slot: 0, as: "offset", value: name }, { slot: 1, as: "offset", value }])
  }))

const intFields = (bits: number, signed: boolean): ReadonlyArray<Field> => [
  { slot: 0, as: "i32", value: bits },
  { slot: 1, as: "u8", value: signed ? 1 : 0 }
]

const writeType = (writer: FlatWriter, type: ColumnType): { readonly kind: number; readonly table: Offset } => {
  switch (type.type) {
    case "float64":
      return { kind: kind.float, table: writer.table([{ slot: 0, as: "i16", value: 2 }]) }
    case "float32":
      return { kind: kind.float, table: writer.table([{ slot: 0, as: "i16", value: 1 }]) }
    case "int64":
      return { kind: kind.int, table: writer.table(intFields(64, true)) }
    case "int32":
      return { kind: kind.int, table: writer.table(intFields(32, true)) }
    case "uint8":
      return { kind: kind.int, table: writer.table(intFields(8, false)) }
    case "bool":
      return { kind: kind.bool, table: writer.table([]) }
    case "utf8":
    case "category":
      return { kind: kind.utf8, table: writer.table([]) }
    case "timestamp": {
      const zone = writer.string("UTC")
      return { kind: kind.timestamp, table: writer.table([{ slot: 0, as: "i16", value: 1 }, { slot: 1, as: "offset", value: zone }]) }
    }
    case "list":
      return { kind: kind.list, table: writer.table([]) }
    case "fixedList":
      return { kind: kind.fixedList, table: writer.table([{ slot: 0, as: "i32", value: type.size }]) }
  }
}

const writeField = (writer: FlatWriter, layout: Layout): Offset => {
  const children = writer.offsets(layout.item === undefined ? [] : [writeField(writer, layout.item)])
  const name = writer.string(layout.name)
  const type = writeType(writer, layout.type)
  const dictionary = layout.dictionary
  const fields: Array<Field> = [
    { slot: 0, as: "offset", value: name },
    { slot: 1, as: "u8", value: layout.type.nullable === true ? 1 : 0 },
    { slot: 2, as: "u8", value: type.kind },
    { slot: 3, as: "offset", value: type.table },
    { slot: 5, as: "offset", value: children }
  ]
  if (dictionary !== undefined) {
    const index = writer.table(intFields(dictionary.bits, dictionary.signed))
    const value = writer.table([{ slot: 0, as: "i64", value: dictionary.id }, { slot: 1, as: "offset", value: index }])
    fields.push({ slot: 4, as: "offset", value })
  }
  if (Object.keys(layout.metadata).length > 0) fields.push({ slot: 6, as: "offset", value: writePairs(writer, layout.metadata) })
  return writer.table(fields)
}

const writeSchema = (writer: FlatWriter, columns: ReadonlyArray<Layout>, metadata: Metadata): Offset => {
  const fields = writer.offsets(columns.map((column) => writeField(writer, column)))
  const pairs = Object.keys(metadata).length > 0 ? writePairs(writer, metadata) : undefined
  return writer.table([
    { slot: 1, as: "offset", value: fields },
    ...(pairs === undefined ? [] : [{ slot: 2, as: "offset", value: pairs } as const])
  ])
}

const writeBatch = (writer: FlatWriter, batch: BatchLayout): Offset => {
  const buffers = writer.structs(batch.buffers, 2)
  const nodes = writer.structs(batch.nodes, 2)
  return writer.table([
    { slot: 0, as: "i64", value: batch.length },
    { slot: 1, as: "offset", value: nodes },
    { slot: 2, as: "offset", value: buffers }
  ])
}

export const schemaMessage = (columns: ReadonlyArray<Layout>, metadata: Metadata): Uint8Array => {
  const writer = new FlatWriter()
  return message(writer, header.schema, writeSchema(writer, columns, metadata), 0)
}

export const batchMessage = (batch: BatchLayout, bodyLength: number): Uint8Array => {
  const writer = new FlatWriter()
  return message(writer, header.batch, writeBatch(writer, batch), bodyLength)
}

export const dictionaryMessage = (id: number, batch: BatchLayout, bodyLength: number): Uint8Array => {
  const writer = new FlatWriter()
  const data = writeBatch(writer, batch)
  const content = writer.table([{ slot: 0, as: "i64", value: id }, { slot: 1, as: "offset", value: data }])
  return message(writer, header.dictionary, content, bodyLength)
}

const writeBlocks = (writer: FlatWriter, blocks: ReadonlyArray<Block>): Offset =>
  // The 32-bit metadata length and four bytes of padding are one 64-bit word, as the length is positive.
  writer.structs(blocks.flatMap((block) => [block.offset, block.metadataLength, block.bodyLength]), 3)

/** What ends the file: end-of-stream mark, footer, its length, magic. */
export const fileEnd = (file: FileLayout): Uint8Array => {
  const writer = new FlatWriter()
  const batches = writeBlocks(writer, file.batches)
  const dictionaries = writeBlocks(writer, file.dictionaries)
  const schema = writeSchema(writer, file.columns, file.metadata)
  const footer = writer.finish(writer.table([
    { slot: 0, as: "i16", value: metadataVersion },
    { slot: 1, as: "offset", value: schema },
    { slot: 2, as: "offset", value: dictionaries },
    { slot: 3, as: "offset", value: batches }
  ]))
  const bytes = new Uint8Array(8 + footer.length + 4 + magic.length)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, -1, true)
  bytes.set(footer, 8)
  view.setInt32(8 + footer.length, footer.length, true)
  bytes.set(magic, 8 + footer.length + 4)
  return bytes
}

// Reading. Each function throws RangeError on damage and UnreadType on Arrow that is none of our types.

/** Arrow that no table of ours is: a column of another type, or with no column named, a file of another form. */
export class UnreadType extends Error {
  readonly column: string
  constructor(column: string, what: string) {
    super(column === "" ? what : `its type is Arrow's ${what}, which Reprise's tables do not have`)
    this.column = column
  }
}

const readPairs = (pairs: ReadonlyArray<FlatTable>): Metadata =>
  Object.fromEntries(pairs.map((pair) => [pair.string(0), pair.string(1)]))

const readType = (name: string, field: FlatTable, item: Layout | undefined): ColumnType => {
  const type = field.table(3)
  const code = field.u8(2)
  const unread = (detail = typeNames[code] ?? `type ${code}`) => new UnreadType(name, detail)
  if (type === undefined) throw unread()
  switch (code) {
    case kind.float: {
      const precision = type.i16(0)
      if (precision === 0) throw unread("half-precision float")
      return { type: precision === 1 ? "float32" : "float64" }
    }
    case kind.int: {
      const bits = type.i32(0)
      const signed = type.u8(1) === 1
      if (bits === 64 && signed) return { type: "int64" }
      if (bits === 32 && signed) return { type: "int32" }
      if (bits === 8 && !signed) return { type: "uint8" }
      throw unread(`${signed ? "Int" : "UInt"}${bits}`)
    }
    case kind.utf8:
      return { type: "utf8" }
    case kind.bool:
      return { type: "bool" }
    case kind.timestamp:
      if (type.i16(0) !== 1) throw unread("Timestamp in another unit than milliseconds")
      return { type: "timestamp" }
    case kind.list:
      if (item === undefined) throw unread()
      return { type: "list", item: item.type }
    case kind.fixedList:
      if (item === undefined) throw unread()
      return { type: "fixedList", item: item.type, size: type.i32(0) }
    default:
      throw unread()
  }
}

const readField = (field: FlatTable): Layout => {
  const name = field.string(0)
  const [child] = field.tables(5)
  const item = child === undefined ? undefined : readField(child)
  const plain = readType(name, field, item)
  const metadata = readPairs(field.tables(6))
  const encoding = field.table(4)
  if (encoding !== undefined && plain.type !== "utf8") throw new UnreadType(name, "dictionary of something else than strings")
  const index = encoding?.table(1)
  const dictionary = encoding === undefined
    ? undefined
    : { id: encoding.i64(0), bits: index?.i32(0) ?? 32, signed: index === undefined || index.u8(1) === 1 }
  const type: ColumnType = {
    ...(dictionary === undefined ? plain : { type: "category" as const }),
    ...(field.u8(1) === 1 ? { nullable: true } : {}),
    ...(metadata["doc"] === undefined ? {} : { doc: metadata["doc"] })
  }
  return {
    name,
    type,
    ...(dictionary === undefined ? {} : { dictionary }),
    ...(item === undefined ? {} : { item }),
    metadata
  }
}

const readBlocks = (words: ReadonlyArray<number>): ReadonlyArray<Block> =>
  Array.from({ length: words.length / 3 }, (_, i) => ({
    offset: words[3 * i] ?? 0,
    metadataLength: (words[3 * i + 1] ?? 0) % 2 ** 32,
    bodyLength: words[3 * i + 2] ?? 0
  }))

export const readFooter = (footer: Uint8Array): FileLayout => {
  const root = FlatTable.root(footer)
  const schema = root.table(1)
  if (schema === undefined) throw new RangeError("the footer has no schema")
  if (schema.i16(0) !== 0) throw new UnreadType("", "its numbers are big-endian")
  return {
    columns: schema.tables(1).map(readField),
    metadata: readPairs(schema.tables(2)),
    dictionaries: readBlocks(root.structs(2, 3)),
    batches: readBlocks(root.structs(3, 3))
  }
}

const readBatch = (batch: FlatTable): BatchLayout => {
  if (batch.has(3)) throw new UnreadType("", "it is compressed, and must be written uncompressed")
  return { length: batch.i64(0), nodes: batch.structs(1, 2), buffers: batch.structs(2, 2) }
}

/** Reads the message at the start of `bytes`: a record batch, or a dictionary with its id. */
export const readMessage = (bytes: Uint8Array): { readonly batch: BatchLayout; readonly dictionary?: number; readonly delta: boolean } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Before format version 0.15 the length stood alone, without the -1.
  const root = FlatTable.root(bytes.subarray(view.getInt32(0, true) === -1 ? 8 : 4))
  const content = root.table(2)
  const type = root.u8(1)
  if (content === undefined) throw new RangeError("a message is empty")
  if (type === header.batch) return { batch: readBatch(content), delta: false }
  const data = content.table(1)
  if (type !== header.dictionary || data === undefined) throw new RangeError("a message is of an unexpected kind")
  return { batch: readBatch(data), dictionary: content.i64(0), delta: content.u8(2) === 1 }
}
