/** Builders for what a stage takes and gives. One builder serves both sides: `inputs: { data: dataset() }`, `outputs: { data: dataset() }`. */
import { column as schemaColumn, type ColumnType, type TableSchema } from "../table/schema.ts"
import type { Doc } from "./doc.ts"

/** A described column of a table: `column(Float64, doc("distance moved", "L2 norm"))`. */
export const column = <const C extends ColumnType>(type: C, doc: Doc | undefined): C => schemaColumn(type, docText(doc))

/** Samples `x` and targets `y`, one Arrow file. */
export const dataset = (doc?: Doc) => ({ kind: "dataset", ...single, ...docOf(doc) }) as const
/** An ONNX model. */
export const model = (doc?: Doc) => ({ kind: "model", ...single, ...docOf(doc) }) as const
/** An Arrow table. As an output these are its columns; as an input these are the columns that must be there. */
export const table = <const S extends TableSchema>(columns: S, doc?: Doc) => ({ kind: "table", columns, ...single, ...docOf(doc) }) as const
/** Any other file. `extension` is without a dot. */
export const artefact = (type: { readonly mediaType: string; readonly extension: string }, doc?: Doc) =>
  ({ kind: "artefact", mediaType: type.mediaType, extension: type.extension, ...single, ...docOf(doc) }) as const
/** An input that takes whatever an output gives. */
export const any = (doc?: Doc) => ({ kind: "any", ...single, ...docOf(doc) }) as const

/** An input that takes every instance of a fanned-out stage, in order. */
export const many = <const I extends object>(input: I): Omit<I, "many"> & { readonly many: true } => ({ ...input, many: true })
/** An input that may be left out. */
export const optional = <const I extends object>(input: I): Omit<I, "optional"> & { readonly optional: true } => ({ ...input, optional: true })

const single = { many: false, optional: false } as const
const docText = (doc: Doc | undefined): string | undefined => doc?.unit === undefined ? doc?.text : `${doc.text} [${doc.unit}]`
const docOf = (doc: Doc | undefined): { readonly doc?: string } => {
  const text = docText(doc)
  return text === undefined ? {} : { doc: text }
}
