/** A data set from the columns of Parquet, CSV or Arrow files: numbers, lists of numbers, or image files. */
import { dataset, defineStage, doc, Effect, field, file, number, oneOf, Count, sampleSize, Schema, StageError } from "../../src/stage.ts"
import { showCell, writeNumbers } from "./lib/cells.ts"
import { openColumns, type Rows } from "./lib/columns.ts"
import type { Image } from "./lib/image.ts"
import { preparationParams, prepareAll, samplesOfImages } from "./lib/image-preparation.ts"

const Names = Schema.NonEmptyArray(Schema.NonEmptyString)

export default defineStage({
  name: "data/columns",
  summary: doc("Samples and labels from columns of Parquet, CSV or Arrow files."),
  params: Schema.Struct({
    file: field(Schema.Union([file(), Schema.NonEmptyArray(file())]), doc("The file, or several of one kind that follow each other: .parquet, .csv, .csv.gz, .tsv, .arrow.")),
    x: Schema.optionalKey(field(Schema.Union([Schema.NonEmptyString, Names]), doc("Column of lists or of images, or columns of numbers in this order; all but `y` when left out."))),
    y: field(Schema.NonEmptyString, doc("Column of the labels: numbers, or names of classes."), "label"),
    classes: Schema.optionalKey(field(Names, doc("Names of classes: the first becomes 0, the next 1; all that occur, sorted, when left out."))),
    unknown: field(oneOf("fail", "drop"), doc("What becomes of samples whose class is not among `classes`."), "fail"),
    shape: Schema.optionalKey(field(Schema.NonEmptyArray(Count), doc("Shape of a sample, for example [1, 28, 28]; a vector when left out. Images have their own."))),
    scale: field(number(), doc("Numbers are multiplied by this, for example 1/255 = 0.00392156862745098. Images are in [0, 1] already."), 1),
    ...preparationParams
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, ...shape]; y: label")) },
  run: Effect.fn("data/columns")(function*(ctx) {
    const { classes: asked, scale, shape: askedShape, unknown, y: labelColumn } = ctx.params
    const named = typeof ctx.params.file === "string" ? [ctx.params.file] : ctx.params.file
    const about = named.join(", ")
    const opened = yield* openColumns(named.map(ctx.file))
    const columns = typeof ctx.params.x === "string" ? [ctx.params.x] : ctx.params.x ?? opened.names.filter((name) => name !== labelColumn)
    const absent = [labelColumn, ...columns].find((name) => !opened.names.includes(name))
    if (absent !== undefined) return yield* new StageError({ message: `${about} has no column ${absent}; there are ${opened.names.join(", ")}.`, hint: "Name columns that are there in `x` and `y`." })
    const pictures = columns.filter((name) => opened.images.has(name))
    if (columns.length === 0 || (pictures.length > 0 && columns.length > 1)) {
      return yield* new StageError({ message: columns.length === 0 ? `${about} has no column but the labels.` : `Images can be the only column of samples, but \`x\` is ${columns.join(", ")}.`, hint: "Name the columns of the samples in `x`." })
    }

    const names = asked ?? (yield* classNames(opened.each, labelColumn))
    const numberOf = new Map(names.map((name, label) => [name, label]))
    const metadata = { source: about, ...(names.length === 0 ? {} : { class_names: JSON.stringify(names) }) }
    let row = 0
    let shape = askedShape
    let first: { readonly name: string; readonly image: Image } | undefined
    let written = 0
    const bad = (column: string, at: number, cell: unknown, what: string) =>
      new StageError({ message: `${about}, row ${row + at + 1}, column ${column}: ${showCell(cell)} is ${what}.`, hint: "Correct the file, or name other columns in `x` and `y`." })

    /** Labels of the rows that stay, and their places. */
    const labelsOf = (cells: ArrayLike<unknown>): { readonly places: ReadonlyArray<number>; readonly y: Float32Array } | StageError => {
      const places: Array<number> = []
      const y: Array<number> = []
      for (let i = 0; i < cells.length; i++) {
        const cell = cells[i]
        const label = typeof cell === "string" || asked !== undefined ? numberOf.get(String(cell)) : typeof cell === "boolean" || typeof cell === "bigint" ? Number(cell) : cell
        if (typeof label !== "number" || !Number.isFinite(label)) {
          if (unknown === "drop" && cell !== null) continue
          return bad(labelColumn, i, cell, asked === undefined ? "no label" : "not among `classes`")
        }
        places.push(i)
        y.push(label)
      }
      return { places, y: Float32Array.from(y) }
    }

    const numbers = Effect.fn(function*(rows: Rows, places: ReadonlyArray<number>, y: Float32Array) {
      const widths: Array<number> = []
      if (shape === undefined) {
        for (const cells of rows) widths.push(writeNumbers(cells[places[0] ?? 0], [], 0) ?? 1)
        shape = [widths.reduce((a, b) => a + b, 0)]
      }
      const size = sampleSize({ shape })
      const x = new Float32Array(places.length * size)
      for (const [i, place] of places.entries()) {
        let at = 0
        for (const [c, cells] of rows.entries()) {
          const taken = writeNumbers(cells[place], x, i * size + at)
          if (taken === undefined) return yield* bad(columns[c] ?? "", place, cells[place], "no number and no list of numbers")
          at += taken
        }
        if (at !== size) {
          return yield* new StageError({ message: `${about}, row ${row + place + 1}: ${at} values, but ${askedShape === undefined ? "the first row has" : "the shape asks for"} ${size}.`, hint: "Samples have one size: correct the file, `x` or `shape`." })
        }
      }
      yield* ctx.outputs.data.append({ x: scale === 1 ? x : x.map((value) => value * scale), y, shape, metadata })
    })

    const images = Effect.fn(function*(cells: ArrayLike<unknown>, places: ReadonlyArray<number>, y: Float32Array) {
      const sources = places.map((place, i) => {
        const cell = cells[place]
        return { name: `row ${row + place + 1}`, label: y[i] ?? 0, bytes: cell instanceof Uint8Array ? Effect.succeed(cell) : Effect.fail("there is no image") }
      })
      const prepared = yield* prepareAll(sources, ctx.params, ctx.threads)
      const problem = prepared.find((image) => image.problem !== undefined)
      if (problem !== undefined) return yield* new StageError({ message: `${about}, ${problem.source.name}: ${problem.problem}.`, hint: "Correct the file, or set `resize` for what is too small." })
      for (const { image, source } of prepared) if (image !== undefined) first ??= { name: source.name, image }
      if (first !== undefined) yield* ctx.outputs.data.append(yield* samplesOfImages(prepared, first, metadata))
    })

    yield* opened.each([labelColumn, ...columns], ([labelCells = [], ...rows]) => Effect.gen(function*() {
      const labels = labelsOf(labelCells)
      if (labels instanceof StageError) return yield* labels
      const { places, y } = labels
      if (places.length > 0) yield* pictures.length > 0 ? images(rows[0] ?? [], places, y) : numbers(rows, places, y)
      row += labelCells.length
      written += places.length
      yield* ctx.progress(0, 1, `${written} samples`)
    }))
    if (written === 0) return yield* new StageError({ message: `${about} has no sample${row === 0 ? "" : ` of the classes ${names.join(", ")}`}.`, hint: "Look at the file and at `classes`." })
  })
})

/** The names that occur in a column of text, sorted; none where it holds numbers. */
const classNames = Effect.fn("classNames")(function*(each: Effect.Success<ReturnType<typeof openColumns>>["each"], column: string) {
  const names = new Set<string>()
  yield* each([column], ([cells = []]) => Effect.sync(() => {
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]
      if (typeof cell === "string") names.add(cell)
    }
  }))
  return [...names].sort()
})
