/** Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), from Debian's package or from a folder with the published files. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { dataset, defineStage, doc, Effect, field, folder, number, oneOf, Schema, StageError } from "../../src/stage.ts"
import { readIdx } from "./lib/idx.ts"
import { imageParams, labelledImages } from "./lib/labelled-images.ts"

/** SHA-256 of the unpacked files. Debian packs them anew, so the published MD5s of the .gz files are not those of its own. */
const files = {
  train: {
    images: ["train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"],
    labels: ["train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"]
  },
  test: {
    images: ["t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"],
    labels: ["t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"]
  }
} as const
const classNames = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]

/** Where Debian's package dataset-fashion-mnist puts them. */
const debianFolder = "/usr/share/datasets/fashion-mnist"

export default defineStage({
  name: "data/fashion-mnist",
  summary: doc("Pictures of clothes, 28 x 28 grey values, ten classes: 60,000 for training, 10,000 for testing."),
  params: Schema.Struct({
    folder: Schema.optionalKey(field(folder(), doc("Folder with the four files, packed or not; where Debian's package dataset-fashion-mnist puts them when left out."))),
    split: field(oneOf("train", "test"), doc("Which of the two official sets."), "train"),
    mean: field(number(), doc("Subtracted from the pixels after they are scaled to [0, 1]; by default the mean of the training set.", "grey value"), 0.286),
    ...imageParams
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, 784] or [n, 1, 28, 28]; y: label")) },
  run: Effect.fn("data/fashion-mnist")(function*({ file, outputs, params }) {
    const at = params.folder === undefined ? debianFolder : file(params.folder)
    const place = Effect.fn(function*(name: string) {
      const found = [`${name}.gz`, name].map((file) => join(at, file)).find((path) => existsSync(path))
      return found ?? (yield* new StageError({
        message: `Neither ${name}.gz nor ${name} is in ${at}.`,
        hint: "Install Debian's package dataset-fashion-mnist, or put the four files of Fashion-MNIST into a folder and name it with `folder`."
      }))
    })
    const { images, labels } = files[params.split]
    const pixels = yield* readIdx(yield* place(images[0]), images[1], "content")
    const classes = yield* readIdx(yield* place(labels[0]), labels[1], "content")
    const data = yield* labelledImages(pixels, classes, params, `Fashion-MNIST ${params.split}`)
    yield* outputs.data.write({ ...data, metadata: { ...data.metadata, class_names: JSON.stringify(params.classes?.map((label) => classNames[label]) ?? classNames) } })
  })
})
