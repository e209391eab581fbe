/** A data set from NumPy's files: one .npz with samples and labels, or two .npy. */
import { Count, dataset, defineStage, doc, Effect, field, file, number, oneOf, sampleSize, Schema, StageError } from "../../src/stage.ts"
import { bytesSource, type ByteSource } from "../../src/table/byte-source.ts"
import { openBytes, readBytes } from "./lib/files.ts"
import { openNpy, parseNpz } from "./lib/npy.ts"

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
  run: Effect.fn("data/npy")(function*({ file: resolve, outputs, params, progress }) {
    const { channels, file, label_file, limit = Infinity, scale } = params
    const opened = Effect.fn(function*(source: ByteSource | undefined, what: string) {
      const array = source === undefined ? "it is not there" : openNpy(source)
      return typeof array === "string" ? yield* problem(`${what} cannot be read: ${array}.`, "Write it with numpy.save or numpy.savez.") : array
    })
    const arrays = Effect.fn(function*() {
      if (label_file !== undefined) return [yield* opened(yield* openBytes(resolve(file)), file), yield* opened(yield* openBytes(resolve(label_file)), label_file)] as const
      const archive = parseNpz(yield* readBytes(resolve(file)))
      if (typeof archive === "string") return yield* problem(`${file} cannot be read: ${archive}.`, "Give a .npz archive, or two .npy files with `label_file`.")
      const inArchive = (name: string) => {
        const bytes = archive.get(name)
        return opened(bytes === undefined ? undefined : bytesSource(file, bytes), `The array ${name} of ${file}; the archive has ${[...archive.keys()].join(", ")}`)
      }
      return [yield* inArchive(params.x), yield* inArchive(params.y)] as const
    })
    const [x, y] = yield* arrays()
    if (y.shape.length !== 1 || x.shape.length < 2 || x.shape[0] !== y.shape[0]) {
      return yield* problem(`Samples of shape [${x.shape.join(", ")}] and labels of shape [${y.shape.join(", ")}] do not belong together.`, "Samples are [n, ...], labels [n].")
    }
    const shape = sampleShape(x.shape.slice(1), channels)
    if (shape === undefined) return yield* problem(`Samples of shape [${x.shape.join(", ")}] have no channels that are ${channels}.`, "Set `channels: as-is`.")
    const n = Math.min(limit, y.shape[0] ?? 0)
    const size = sampleSize({ shape })
    const labels = y.values(0, n)
    const metadata = { source: file }
    if (n === 0) return yield* outputs.data.write({ x: new Float32Array(), y: labels, shape, metadata })
    const piece = Math.max(1, Math.floor(pieceValues / size))
    for (let from = 0; from < n; from += piece) {
      const to = Math.min(from + piece, n)
      const values = x.values(from * size, (to - from) * size)
      const placed = channels === "last" ? channelsFirst(values, shape) : values
      yield* outputs.data.append({ x: placed.map((value) => value * scale), y: labels.slice(from, to), shape, metadata })
      yield* progress(to, n)
    }
  })
})

/** Values that are read at once: a file may be larger than memory. */
const pieceValues = 2 ** 20

const sampleShape = (shape: ReadonlyArray<number>, channels: "as-is" | "last" | "none"): ReadonlyArray<number> | undefined => {
  if (channels === "as-is") return shape
  const [rows = 0, columns = 0, depth = 1] = shape
  return channels === "none" ? (shape.length === 2 ? [1, rows, columns] : undefined) : shape.length === 3 ? [depth, rows, columns] : undefined
}

/** Samples [rows, columns, channels] as [channels, rows, columns]. */
const channelsFirst = (values: Float32Array, [depth = 1, rows = 1, columns = 1]: ReadonlyArray<number>): Float32Array => {
  const plane = rows * columns
  const data = new Float32Array(values.length)
  for (let start = 0; start < values.length; start += plane * depth) {
    for (let c = 0; c < depth; c++) for (let at = 0; at < plane; at++) data[start + c * plane + at] = values[start + at * depth + c] ?? 0
  }
  return data
}
