/** Images from a folder, as PNG, JPEG or WebP files: a subfolder for each class, or a list of names and classes. */
import { readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Bool, column, Count, dataset, doc, defineStage, Effect, field, file, folder, Int64, nullable, oneOf, Schema, StageError, table, Utf8 } from "../../src/stage.ts"
import type { Image } from "./lib/image.ts"
import { classesOf, imagesByFolder, imagesByList, isTrouble } from "./lib/image-folder.ts"
import { preparationParams, prepareAll, samplesOfImages, type Source } from "./lib/image-preparation.ts"

/** Images that are decoded before they are written. */
const piece = 64

export default defineStage({
  name: "data/images",
  summary: doc("Image files (PNG, JPEG, WebP) with classes, scaled and cropped."),
  params: Schema.Struct({
    folder: field(folder(), doc("The folder with a subfolder for each class, or with the images that `labels` names.")),
    labels: Schema.optionalKey(field(file(), doc("CSV file with the columns file (path from the folder) and label, instead of subfolders."))),
    classes: Schema.optionalKey(field(Schema.NonEmptyArray(Schema.NonEmptyString), doc("Classes to keep: the first becomes 0, the next 1. All, in order of their names, when left out."))),
    each: Schema.optionalKey(field(Count, doc("Keeps only the first so many images of each class.", "images"))),
    ...preparationParams,
    unusable: field(oneOf("fail", "skip"), doc("What to do with damaged images and those too small for the crop; what is skipped stands in `files`."), "fail")
  }),
  inputs: {},
  outputs: {
    data: dataset(doc("x: [n, channels, rows, columns] in [0, 1]; y: class number")),
    classes: table({ label: column(Int64, doc("class number")), name: Utf8, n: column(Int64, doc("images in `data`")) }),
    files: table({
      sample: column(nullable(Int64), doc("place in `data`, from 0; null where it was skipped")),
      file: column(Utf8, doc("path from the folder")),
      label: column(Int64, doc("class number")),
      rows: column(nullable(Int64), doc("before any change", "pixels")),
      columns: column(nullable(Int64), doc("likewise", "pixels")),
      used: Bool
    })
  },
  run: Effect.fn("data/images")(function*(ctx) {
    const { each = Infinity, labels: list, unusable } = ctx.params
    const folder = ctx.file(ctx.params.folder)
    const listed = list === undefined ? undefined : yield* Effect.try({
      try: () => readFileSync(ctx.file(list), "utf8"),
      catch: (cause) => new StageError({ message: `There is no readable file at ${ctx.file(list)}.`, hint: "Give the path of the CSV file from the project's folder.", cause })
    })
    const found = listed === undefined ? imagesByFolder(folder) : imagesByList(folder, listed, list ?? "")
    if (isTrouble(found)) return yield* new StageError(found)
    const classes = classesOf(found, ctx.params.classes)
    if (isTrouble(classes)) return yield* new StageError(classes)
    const labelOf = new Map(classes.map((name, label) => [name, label]))
    const taken = classes.map(() => 0)
    const sources = found.flatMap(({ label: className, name }): ReadonlyArray<Source> => {
      const label = labelOf.get(className)
      if (label === undefined || (taken[label] ?? 0) >= each) return []
      taken[label] = (taken[label] ?? 0) + 1
      return [{ name, label, bytes: Effect.tryPromise({ try: () => readFile(join(folder, name)), catch: (cause) => (cause instanceof Error ? cause.message : String(cause)) }) }]
    })

    const metadata = { source: `images of ${ctx.params.folder}`, class_names: JSON.stringify(classes) }
    const counts = classes.map(() => 0)
    let first: { readonly name: string; readonly image: Image } | undefined
    let sample = 0
    for (let from = 0; from < sources.length; from += piece) {
      const images = yield* prepareAll(sources.slice(from, from + piece), ctx.params, ctx.threads)
      const problems = images.flatMap(({ problem, source }) => problem === undefined ? [] : [`${source.name} (${problem})`])
      if (problems.length > 0 && unusable === "fail") {
        return yield* new StageError({
          message: `In ${folder}, ${problems.length === 1 ? "an image" : `${problems.length} images`} cannot be used: ${problems.slice(0, 5).join("; ")}.`,
          hint: "Replace or remove what is damaged, set `resize` for what is too small, or set `unusable: skip`."
        })
      }
      for (const { image, source } of images) if (image !== undefined) first ??= { name: source.name, image }
      if (first !== undefined) yield* ctx.outputs.data.append(yield* samplesOfImages(images, first, metadata))
      yield* ctx.outputs.files.append(images.map(({ image, source: { label, name }, stored }) => ({
        sample: image === undefined ? null : sample++, file: name, label, rows: stored?.[0] ?? null, columns: stored?.[1] ?? null, used: image !== undefined
      })))
      for (const { image, source: { label } } of images) if (image !== undefined) counts[label] = (counts[label] ?? 0) + 1
      yield* ctx.progress(Math.min(from + piece, sources.length), sources.length)
    }
    if (first === undefined) return yield* new StageError({ message: `None of the ${sources.length} images in ${folder} can be used.`, hint: "Look at one of them with another program, or use a smaller `crop`." })
    yield* ctx.outputs.classes.append(classes.map((name, label) => ({ label, name, n: counts[label] ?? 0 })))
  })
})
