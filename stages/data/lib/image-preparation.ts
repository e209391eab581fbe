/** From the bytes of image files to samples of one size: the parameters that say how, and the steps. */
import { Count, type Dataset, doc, Effect, field, oneOf, Schema, StageError } from "../../../src/stage.ts"
import { centreCrop, filterNames, type Image, planes, resize, shorterSide, type Size, withChannels } from "./image.ts"
import { decodeImage } from "./image-decode.ts"

const SideOrSides = Schema.Union([Count, Schema.Tuple([Count, Count])])

/** Parameters of every stage that reads image files. */
export const preparationParams = {
  resize: Schema.optionalKey(field(SideOrSides, doc("A number: length of the shorter side. [rows, columns]: exactly that.", "pixels"))),
  filter: field(oneOf(...filterNames), doc("How sizes are changed; anti-aliased, as Pillow and torchvision do it."), "bilinear"),
  crop: Schema.optionalKey(field(SideOrSides, doc("Keeps the middle: a square of this side, or [rows, columns].", "pixels"))),
  colour: field(oneOf("rgb", "grey"), doc("rgb: three channels. grey: one, the luma of ITU-R 601."), "rgb")
}

export interface Preparation {
  readonly resize?: number | Size
  readonly filter: (typeof filterNames)[number]
  readonly crop?: number | Size
  readonly colour: "rgb" | "grey"
}

export interface Source {
  /** For messages. */
  readonly name: string
  readonly label: number
  /** Fails with what is wrong. */
  readonly bytes: Effect.Effect<Uint8Array, string>
}

export interface Prepared {
  readonly source: Source
  /** As it was stored. Undefined for an image that cannot be used. */
  readonly stored?: Size
  readonly image?: Image
  readonly problem?: string
}

/** Reads, decodes and prepares images, several at once; the results are in the order of the sources. */
export const prepareAll = (sources: ReadonlyArray<Source>, how: Preparation, threads: number): Effect.Effect<ReadonlyArray<Prepared>> =>
  Effect.forEach(sources, (source) =>
    source.bytes.pipe(
      Effect.flatMap(decodeImage),
      Effect.flatMap((stored) => Effect.map(prepare(stored, how), (image): Prepared => ({ source, stored: [stored.rows, stored.columns], image }))),
      Effect.catch((problem) => Effect.succeed<Prepared>({ source, problem }))
    ), { concurrency: 2 * threads }) // one waits for the disk while another is decoded

const prepare = (stored: Image, { colour, crop, filter, resize: to }: Preparation): Effect.Effect<Image, string> => {
  const coloured = withChannels(stored, colour === "rgb" ? 3 : 1)
  const sized = to === undefined ? coloured : resize(coloured, typeof to === "number" ? shorterSide(coloured, to) : to, filter)
  if (crop === undefined) return Effect.succeed(sized)
  const [rows, columns] = typeof crop === "number" ? [crop, crop] : crop
  const middle = centreCrop(sized, [rows, columns])
  return middle === undefined ? Effect.fail(`${sized.rows} x ${sized.columns} pixels are too few for a crop of ${rows} x ${columns}`) : Effect.succeed(middle)
}

/** The images that can be used as samples [channels, rows, columns] in [0, 1]. All must have the size of the first, whose name goes on with it. */
export const samplesOfImages = (
  images: ReadonlyArray<Prepared>,
  first: { readonly name: string; readonly image: Image },
  metadata: Dataset["metadata"]
): Effect.Effect<Dataset, StageError> =>
  Effect.gen(function*() {
    const { channels, columns, rows } = first.image
    const size = channels * rows * columns
    const x = new Float32Array(images.length * size)
    const y: Array<number> = []
    for (const { image, source } of images) {
      if (image === undefined) continue
      if (image.rows !== rows || image.columns !== columns) {
        return yield* new StageError({
          message: `${source.name} has ${image.rows} x ${image.columns} pixels, but ${first.name} ${rows} x ${columns}.`,
          hint: "Bring all images to one size with `resize: [rows, columns]`, or with `resize` and `crop`."
        })
      }
      planes(image, x.subarray(y.length * size, (y.length + 1) * size))
      y.push(source.label)
    }
    return { x: x.subarray(0, y.length * size), y: Float32Array.from(y), shape: [channels, rows, columns], metadata }
  })
