/** A data set from NumPy's files: one .npz with samples and labels, or two .npy. */
import { Count, dataset, defineStage, doc, Effect, field, file, number, oneOf, Schema, StageError } from "../../src/stage.ts"
import { readBytes } from "./lib/files.ts"
import { type NpyArray, parseNpy, parseNpz } from "./lib/npy.ts"

const problem = (message: string, hint: string) => new StageError({ message, hint })

export default defineStage({
  name: "data/npy",
  summary: doc("Samples and labels from a .npz archive, or from two .npy files, as NumPy writes them."),
  params: Schema.Struct({
    file: field(file(), doc("The .npz archive, or the .npy file of the samples.")),
    label_file: Schema.optionalKey(field(file(), doc("The .npy file of the labels, where `file` is no archive."))),
    x: field(Schema.NonEmptyString, doc("Name of the samples in the archive, [n, ...]."), "x"),
    y: field(Schema.NonEmptyString, doc("Name of the labels in the archive, [n]."), "y"),
    channels: field(oneOf("as-is", "last", "none"), doc("last: images [n, rows, columns, channels] get their channels first. none: [n, rows, columns] get one channel."), "as-is"),
    scale: field(number(), doc("Samples are multiplied by this, for example 1/255 = 0.00392156862745098."), 1),
    limit: Schema.optionalKey(field(Count, doc("Keeps only the first so many samples.", "samples")))
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, ...]; y: label")) },
  run: Effect.fn("data/npy")(function*({ file: resolve, outputs, params }) {
    const bytes = yield* readBytes(resolve(params.file))
    const array = Effect.fn(function*(of: Uint8Array | undefined, what: string) {
      const parsed = of === undefined ? "it is not there" : parseNpy(of)
      return typeof parsed === "string" ? yield* problem(`${what} cannot be read: ${parsed}.`, "Write it with numpy.save or numpy.savez.") : parsed
    })
    const archive = params.label_file === undefined ? parseNpz(bytes) : undefined
    if (typeof archive === "string") return yield* problem(`${params.file} cannot be read: ${archive}.`, "Give a .npz archive, or two .npy files with `label_file`.")
    const names = archive === undefined ? "" : `; the archive has ${[...archive.keys()].join(", ")}`
    const x = yield* array(archive === undefined ? bytes : archive.get(params.x), archive === undefined ? params.file : `The array ${params.x} of ${params.file}${names}`)
    const labels = archive?.get(params.y) ?? (params.label_file === undefined ? undefined : yield* readBytes(resolve(params.label_file)))
    const y = yield* array(labels, archive === undefined ? params.label_file ?? "" : `The array ${params.y} of ${params.file}${names}`)
    if (y.shape.length !== 1 || x.shape.length < 2 || x.shape[0] !== y.shape[0]) {
      return yield* problem(`Samples of shape [${x.shape.join(", ")}] and labels of shape [${y.shape.join(", ")}] do not belong together.`, "Samples are [n, ...], labels [n].")
    }
    const placed = channelsFirst(x, params.channels)
    if (placed === undefined) return yield* problem(`Samples of shape [${x.shape.join(", ")}] have no channels that are ${params.channels}.`, "Set `channels: as-is`.")
    const [, ...shape] = placed.shape
    const n = Math.min(params.limit ?? Infinity, y.data.length)
    const size = shape.reduce((a, b) => a * b, 1)
    yield* outputs.data.write({ x: placed.data.slice(0, n * size).map((value) => value * params.scale), y: y.data.slice(0, n), shape, metadata: { source: params.file } })
  })
})

const channelsFirst = (x: NpyArray, channels: "as-is" | "last" | "none"): NpyArray | undefined => {
  if (channels === "as-is") return x
  const [n = 0, rows = 0, columns = 0, depth = 1] = x.shape
  if (channels === "none") return x.shape.length === 3 ? { ...x, shape: [n, 1, rows, columns] } : undefined
  if (x.shape.length !== 4) return undefined
  const plane = rows * columns
  const data = new Float32Array(x.data.length)
  for (let i = 0; i < n; i++) for (let c = 0; c < depth; c++) for (let at = 0; at < plane; at++) data[(i * depth + c) * plane + at] = x.data[(i * plane + at) * depth + c] ?? 0
  return { shape: [n, depth, rows, columns], data }
}
