/** Images and labels from a pair of IDX files, the format of MNIST, Fashion-MNIST, EMNIST and their relatives. */
import { dataset, defineStage, doc, Effect, field, file, number, Schema } from "../../src/stage.ts"
import { readIdx } from "./lib/idx.ts"
import { imageParams, labelledImages } from "./lib/labelled-images.ts"

const Sha256 = Schema.String.check(Schema.isPattern(/^[0-9a-fA-F]{64}$/))

export default defineStage({
  name: "data/idx",
  summary: doc("Grey images with labels from two IDX files, packed with gzip or not."),
  params: Schema.Struct({
    image_file: field(file(), doc("The image file, for example data/train-images-idx3-ubyte.gz.")),
    label_file: field(file(), doc("The label file that belongs to it.")),
    image_sha256: Schema.optionalKey(field(Sha256, doc("SHA-256 that the image file must have, as it lies on disk."))),
    label_sha256: Schema.optionalKey(field(Sha256, doc("SHA-256 that the label file must have."))),
    mean: field(number(), doc("Subtracted from the pixels after they are scaled to [0, 1].", "grey value"), 0),
    ...imageParams
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, rows * columns] or [n, 1, rows, columns]; y: label")) },
  run: Effect.fn("data/idx")(function*({ file: resolve, outputs, params }) {
    const images = yield* readIdx(resolve(params.image_file), params.image_sha256)
    const labels = yield* readIdx(resolve(params.label_file), params.label_sha256)
    yield* outputs.data.write(yield* labelledImages(images, labels, params, params.image_file))
  })
})
