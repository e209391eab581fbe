/** CIFAR-10 and CIFAR-100 from the folder that their archives unpack to, binary or Python's. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Count, dataset, defineStage, doc, Effect, field, oneOf, Schema, StageError } from "../../src/stage.ts"
import { binaryFiles, type CifarPart, parseBinary, parsePython, pythonFiles } from "./lib/cifar.ts"
import { readBytes } from "./lib/files.ts"

export default defineStage({
  name: "data/cifar",
  summary: doc("32 x 32 colour images of 10 or 100 classes: 50,000 for training, 10,000 for testing."),
  // The folder's files are no parameters whose content could be digested one by one.
  volatile: true,
  params: Schema.Struct({
    set: field(oneOf("cifar-10", "cifar-100"), doc("Which set; of CIFAR-100 the fine classes."), "cifar-10"),
    folder: field(Schema.NonEmptyString, doc("Where the files lie, from the project's folder: data/cifar-10-batches-py, data/cifar-10-batches-bin, data/cifar-100-python, data/cifar-100-binary.")),
    split: field(oneOf("train", "test"), doc("Which of the two official sets."), "train"),
    check: field(Schema.Boolean, doc("Compares Python's batches with their published MD5 digests."), true),
    limit: Schema.optionalKey(field(Count, doc("Keeps only the first so many samples.", "samples")))
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, 3, 32, 32] in [0, 1]; y: class number")) },
  run: Effect.fn("data/cifar")(function*(ctx) {
    const { check, folder, limit = Infinity, set, split } = ctx.params
    const at = (name: string) => join(ctx.file(folder), name)
    const [binary] = binaryFiles[set][split]
    const parts: Array<CifarPart> = []
    const take = Effect.fn(function*(name: string, part: CifarPart | string) {
      if (typeof part === "string") return yield* new StageError({ message: `${at(name)} cannot be read: ${part}.`, hint: `Unpack the archive of ${set} again.` })
      parts.push(part)
    })
    if (existsSync(at(binary))) for (const name of binaryFiles[set][split]) yield* take(name, parseBinary(yield* readBytes(at(name)), set))
    else for (const [name, md5] of pythonFiles[set][split]) yield* take(name, parsePython(yield* readBytes(at(name), check ? md5 : undefined)))
    const labels = parts.flatMap((part) => part.labels).slice(0, limit)
    const x = new Float32Array(labels.length * 3072)
    let filled = 0
    for (const { pixels } of parts) for (let i = 0; i < pixels.length && filled < x.length; i++) x[filled++] = (pixels[i] ?? 0) / 255
    yield* ctx.outputs.data.write({ x, y: Float32Array.from(labels), shape: [3, 32, 32], metadata: { source: `${set} ${split}` } })
  })
})
