/** A small transformer with random weights and random sources for it, as inputs of stages. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { parse } from "yaml"
import { randomStream } from "../../../../src/stage/random.ts"
import { Float32, Int32, Int64, listOf, Utf8 } from "../../../../src/stage.ts"
import { openTableWriter } from "../../../../src/table/write.ts"
import { importModel } from "../../../../src/tensor/import.ts"
import { readArchitecture } from "../../../../src/tensor/layers/architecture.ts"
import { exportNetwork } from "../../../../src/tensor/layers/export.ts"
import { drawParameters, networkOf } from "../../../../src/tensor/layers/network.ts"
import { float32Of, type Tensor, tensor } from "../../../../src/tensor/tensor.ts"
import { type Made, temporaryFolder } from "../../run-stage.ts"

export interface Tiny {
  readonly bytes: Uint8Array
  readonly weights: Readonly<Record<string, Tensor>>
  readonly words: ReadonlyArray<{ readonly token: string; readonly kind: string }>
  readonly sourceLength: number
  readonly targetLength: number
}

/** Token 1 is padding, as in configs/models/transformer-mini.yaml. The token for the end is one that the random model likes to say. */
const special: Readonly<Record<number, string>> = { 0: "bos", 1: "pad", 2: "separator", 25: "eos" }
export const EOS = 25
const VOCABULARY = 42
export const words = Array.from({ length: VOCABULARY }, (_, id) => ({ token: special[id] ?? (id < 20 ? `C${id}` : `E${id}`), kind: special[id] ?? (id < 20 ? "coefficient" : "exponent") }))

export interface TinySettings {
  /** The file of configs/models. */
  readonly file?: string
  readonly depth?: number
  readonly seed?: number
  readonly sourceLength?: number
  readonly targetLength?: number
  readonly settings?: Readonly<Record<string, number>>
  /** What the file says besides. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Changes the file's text. */
  readonly change?: (text: string) => string
}

/** Weights that start wide, so that answers depend on the source and on the tokens before. */
export const tinyModel = ({ change = (text) => text, depth = 1, file = "transformer-mini", metadata = {}, seed = 2, settings = {}, sourceLength = 14, targetLength = 10 }: TinySettings = {}): Tiny => {
  const text = change(readFileSync(new URL(`../../../../configs/models/${file}.yaml`, import.meta.url), "utf8"))
  const given = { depth, features: 32, positions: 16, dropout: 0, source_length: sourceLength, target_length: targetLength, vocabulary: VOCABULARY, padding: 1, ...settings }
  const network = Result.getOrThrow(networkOf(Result.getOrThrow(readArchitecture(parse(text), given))))
  const drawn = drawParameters(network, (name) => randomStream(seed, "tiny", name))
  const weights = Object.fromEntries(Object.entries(drawn).map(([name, of]) => [name, /norm|bias/.test(name) ? of : tensor(float32Of(of).map((value) => 14 * value), of.shape)]))
  const bytes = exportNetwork(network, weights, { metadata: { vocabulary: JSON.stringify(words.map(({ token }) => token)), ...metadata } })
  return { bytes, weights, words, sourceLength, targetLength }
}

/** What a file says its layers are. */
export const architectureOf = (bytes: Uint8Array): unknown => JSON.parse(importModel(bytes, { shapes: { batch: 2 } }).metadata["architecture"] ?? "")

/** Sequences of 2 to `length` tokens, the last one `eos`, filled up with padding. */
export const drawnSequences = (count: number, length: number, purpose: string): ReadonlyArray<Int32Array> => {
  const random = randomStream(3, "tiny", purpose)
  return Array.from({ length: count }, () => {
    const tokens = 1 + random.integer(length - 1)
    return Int32Array.from({ length }, (_, i) => {
      const token = 2 + random.integer(VOCABULARY - 2)
      return i > tokens ? 1 : i === tokens ? EOS : token === EOS ? 3 : token
    })
  })
}

export const modelFile = (bytes: Uint8Array): Made => {
  const path = join(temporaryFolder(), "model.onnx")
  writeFileSync(path, bytes)
  return { path, kind: "model" }
}

/** With numbers beside tokens where `values` gives them. */
export const pairTable = (sources: ReadonlyArray<Int32Array>, targets: ReadonlyArray<Int32Array>, values?: (tokens: Int32Array) => Float32Array): Made => {
  const path = join(temporaryFolder(), "pairs.arrow")
  const pairs = sources.map((source, i) => ({ sample: 100 + i, source, target: targets[i] ?? source }))
  const plain = { sample: Int64, source: listOf(Int32), target: listOf(Int32) }
  if (values === undefined) {
    const writer = openTableWriter(path, plain)
    writer.append(pairs)
    writer.close()
    return { path, kind: "table" }
  }
  const writer = openTableWriter(path, { ...plain, source_value: listOf(Float32), target_value: listOf(Float32) })
  writer.append(pairs.map((pair) => ({ ...pair, source_value: values(pair.source), target_value: values(pair.target) })))
  writer.close()
  return { path, kind: "table" }
}

export const vocabularyTable = (of: Tiny["words"] = words): Made => {
  const path = join(temporaryFolder(), "vocabulary.arrow")
  const writer = openTableWriter(path, { id: Int64, token: Utf8, kind: Utf8 })
  writer.append(of.map((word, id) => ({ id, ...word })))
  writer.close()
  return { path, kind: "table" }
}
