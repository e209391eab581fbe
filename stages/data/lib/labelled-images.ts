/**
 * From grey images and their classes to a data set: which classes to keep, what to call them, and how pixels are scaled
 * (to [0, 1], then a mean is subtracted; no division by a standard deviation).
 */
import { Count, doc, Effect, field, int, oneOf, Schema, StageError } from "../../../src/stage.ts"
import type { Dataset } from "../../../src/table/dataset.ts"
import type { IdxArray } from "./idx.ts"

/** Parameters of every stage that reads labelled images. */
export const imageParams = {
  classes: Schema.optionalKey(field(
    Schema.NonEmptyArray(int({ min: 0, max: 255 })),
    doc("Classes to keep, by their number in the label file; all when left out.")
  )),
  labels: field(
    oneOf("signed", "index"),
    doc("signed: the first of two classes is +1, the second -1. index: a class's place in `classes`, or its number when all are kept."),
    "index"
  ),
  layout: field(oneOf("flat", "image"), doc("flat: a sample is a vector. image: it has shape [1, rows, columns]."), "flat"),
  limit: Schema.optionalKey(field(Count, doc("Keeps only the first so many samples of these classes.", "samples")))
}

export interface ImageChoice {
  readonly classes?: ReadonlyArray<number>
  readonly labels: "signed" | "index"
  /** Subtracted from pixels in [0, 1]. */
  readonly mean: number
  readonly layout: "flat" | "image"
  readonly limit?: number
}

const problem = (message: string, hint: string) => Effect.fail(new StageError({ message, hint }))

/** Images `[n, rows, columns]` and classes `[n]` as a data set, in the order of the files. */
export const labelledImages = (
  images: IdxArray,
  classes: IdxArray,
  choice: ImageChoice,
  source: string
): Effect.Effect<Dataset, StageError> => {
  const [count = 0, rows = 0, columns = 0] = images.shape
  if (images.shape.length !== 3) return problem(`${source}: the images have ${images.shape.length} dimensions, not 3.`, "Name the image file, not the label file.")
  if (classes.shape.length !== 1) return problem(`${source}: the labels have ${classes.shape.length} dimensions, not 1.`, "Name the label file, not the image file.")
  if (classes.shape[0] !== count) return problem(`${source}: ${count} images but ${classes.shape[0]} labels.`, "Name the two files of one set.")
  if (choice.labels === "signed" && choice.classes?.length !== 2) {
    return problem(`${source}: signed labels need exactly two classes.`, "Give `classes: [1, 2]` (+1, -1), or `labels: index`.")
  }
  const labelOf = new Map(choice.classes?.map((digit, place) => [digit, choice.labels === "signed" ? 1 - 2 * place : place]))
  const kept: Array<number> = []
  for (let i = 0; i < count && kept.length < (choice.limit ?? Infinity); i++) {
    if (choice.classes === undefined || labelOf.has(classes.data[i] ?? -1)) kept.push(i)
  }
  if (kept.length === 0) return problem(`${source}: no image has one of the classes ${choice.classes?.join(", ")}.`, "Name classes that the file holds.")
  const size = rows * columns
  const x = new Float32Array(kept.length * size)
  const y = new Float32Array(kept.length)
  kept.forEach((from, to) => {
    const label = classes.data[from] ?? 0
    y[to] = labelOf.get(label) ?? label
    for (let pixel = 0; pixel < size; pixel++) x[to * size + pixel] = (images.data[from * size + pixel] ?? 0) / 255 - choice.mean
  })
  return Effect.succeed({
    x,
    y,
    shape: choice.layout === "flat" ? [size] : [1, rows, columns],
    metadata: { source, mean: String(choice.mean), classes: choice.classes?.join(",") ?? "all" }
  })
}
