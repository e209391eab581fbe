/** CIFAR-10 and CIFAR-100 from their archives, or from the folders that these unpack to, binary or Python's. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Count, dataset, defineStage, doc, Effect, field, file, folder, oneOf, Schema, StageError } from "../../src/stage.ts"
import { archives, binaryFiles, type CifarPart, classNames, imageBytes, parseBinary, parsePython, pythonFiles } from "./lib/cifar.ts"
import { readBytes } from "./lib/files.ts"
import { parseTar } from "./lib/tar.ts"

export default defineStage({
  name: "data/cifar",
  summary: doc("32 x 32 colour images of 10 or 100 classes: 50,000 for training, 10,000 for testing."),
  params: Schema.Struct({
    set: field(oneOf("cifar-10", "cifar-100"), doc("Which set."), "cifar-10"),
    archive: Schema.optionalKey(field(file(), doc("The archive as it is published, for example data/cifar-10-python.tar.gz or data/cifar-10-binary.tar.gz."))),
    folder: Schema.optionalKey(field(folder(), doc("What it unpacks to, instead: data/cifar-10-batches-py, data/cifar-10-batches-bin, data/cifar-100-python, data/cifar-100-binary."))),
    split: field(oneOf("train", "test"), doc("Which of the two official sets."), "train"),
    labels: field(oneOf("fine", "coarse"), doc("Of CIFAR-100, the 100 classes or the 20 that they belong to."), "fine"),
    check: field(Schema.Boolean, doc("Compares archives and Python's batches with their published MD5 digests."), true),
    limit: Schema.optionalKey(field(Count, doc("Keeps only the first so many samples.", "samples")))
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, 3, 32, 32] in [0, 1]; y: class number")) },
  run: Effect.fn("data/cifar")(function*(ctx) {
    const { archive, check, folder, labels, limit = Infinity, set, split } = ctx.params
    const place = archive ?? folder
    if (place === undefined || (archive !== undefined && folder !== undefined)) {
      return yield* new StageError({ message: "Either `archive` or `folder` says where the set is.", hint: "Give one of the two." })
    }
    const at = ctx.file(place)
    const bad = (path: string, what: string) => new StageError({ message: `${path} cannot be read: ${what}.`, hint: `Fetch the archive of ${set} again, or unpack it again.` })
    const packed = archive === undefined ? undefined : parseTar(yield* readBytes(at, ...(check ? archives[set] : [])))
    if (typeof packed === "string") return yield* bad(at, packed)
    const has = (name: string) => packed === undefined ? existsSync(join(at, name)) : packed.has(name)
    const bytesOf = Effect.fn(function*(name: string, md5?: string) {
      // The digest of an archive is that of all its files.
      if (packed === undefined) return yield* readBytes(join(at, name), ...(check && md5 !== undefined ? [md5] : []))
      return packed.get(name) ?? (yield* bad(at, `it has no file ${name}, only ${[...packed.keys()].join(", ")}`))
    })
    const metadata = { source: `${set} ${split}`, ...(set === "cifar-10" ? { class_names: JSON.stringify(classNames) } : {}) }
    let left = limit
    const write = Effect.fn(function*(name: string, part: CifarPart | string) {
      if (typeof part === "string") return yield* bad(join(at, name), part)
      const n = Math.min(left, part.labels.length)
      if (n === 0) return
      left -= n
      const x = new Float32Array(n * imageBytes)
      for (let i = 0; i < x.length; i++) x[i] = (part.pixels[i] ?? 0) / 255
      yield* ctx.outputs.data.append({ x, y: Float32Array.from(part.labels.slice(0, n)), shape: [3, 32, 32], metadata })
    })
    if (has(binaryFiles[set][split][0])) for (const name of binaryFiles[set][split]) yield* write(name, parseBinary(yield* bytesOf(name), set, labels))
    else for (const [name, md5] of pythonFiles[set][split]) yield* write(name, parsePython(yield* bytesOf(name, md5), labels))
  })
})
