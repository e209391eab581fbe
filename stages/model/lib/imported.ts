/**
 * A file from elsewhere as a classifier of the project: one input `x` with the samples as data sets have them, one output `scores`, any
 * number of samples at once.
 */
import { GraphError } from "../../../src/tensor/errors.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { type DeclaredInput, importModel } from "../../../src/tensor/import.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import type { ExternalData } from "../../../src/tensor/onnx/tensor-proto.ts"
import * as o from "../../../src/tensor/ops.ts"
import { sizeOf, showShape } from "../../../src/tensor/shape.ts"
import { tensor } from "../../../src/tensor/tensor.ts"

export interface Source {
  readonly bytes: Uint8Array
  readonly externalData: ExternalData
  readonly input: DeclaredInput
  readonly output: string
  /** Sizes of the input's other symbolic dimensions, and of those within the graph. */
  readonly shapes: Readonly<Record<string, number>>
  /** Shape of one sample. */
  readonly sample: ReadonlyArray<number>
  /** By which samples are scaled before the model: one number for all, or one for each channel (first axis of a sample). Empty: not at all. */
  readonly mean: ReadonlyArray<number>
  readonly std: ReadonlyArray<number>
  readonly scores: "logits" | "probabilities"
}

export interface Imported {
  readonly x: Value
  /** What the file takes, after scaling. */
  readonly scaled: Value
  /** What the file gives. */
  readonly raw: Value
  readonly scores: Value
  readonly opset: number
  readonly producer: string
}

/** Shape of one sample: as the file says, its symbols given sizes. @throws GraphError saying which size is missing. */
export const sampleShape = ({ name, dimensions }: DeclaredInput, shapes: Readonly<Record<string, number>>): ReadonlyArray<number> =>
  dimensions.slice(1).map((size, axis) => {
    const known = typeof size === "string" ? shapes[size] : size
    if (known !== undefined && known > 0) return known
    const [what, how] = typeof size === "string" ? [`the size "${size}"`, `\`shapes: { ${JSON.stringify(size)}: ... }\``] : [`the size of dimension ${axis + 1}`, "`sample`"]
    throw new GraphError({ message: `The input "${name}" leaves ${what} open; give it in ${how}.` })
  })

/** The graph for `batch` samples. @throws GraphError as `importModel` does, and when the output has no row for each sample. */
export const importFor = (source: Source, batch: number): Imported => {
  const { bytes, externalData, input, output, sample, shapes } = source
  const graph = new Graph()
  const x = graph.input("x", [batch, ...sample])
  const scaled = scale(x, source)
  const [open] = input.dimensions
  const model = importModel(bytes, {
    externalData,
    on: { [input.name]: scaled },
    outputs: [output],
    shapes: { ...shapes, ...(typeof open === "string" ? { [open]: batch } : {}) },
    ...(typeof open === "number" ? { batch } : {})
  })
  const raw = model.outputs[output]
  if (raw === undefined) throw new GraphError({ message: `The model has no output "${output}".` })
  if (raw.shape[0] !== batch) throw new GraphError({ message: `The output "${output}" has the shape ${showShape(raw.shape)} for ${batch} samples, not one row for each.` })
  const { opset, producer } = model
  return { x, scaled, raw, scores: scoresOf(raw, batch, source), opset, producer }
}

const scale = (x: Value, { mean, sample, std }: Source): Value => {
  const constant = (values: ReadonlyArray<number>) => {
    if (values.length !== 1 && values.length !== sample[0]) {
      throw new GraphError({ message: `\`mean\` and \`std\` have ${values.length} numbers; give 1, or ${sample[0]} for the samples ${showShape(sample)}.` })
    }
    return x.graph.constant(tensor(values, [values.length, ...sample.slice(1).map(() => 1)]))
  }
  const centred = mean.length === 0 ? x : o.sub(x, constant(mean))
  return std.length === 0 ? centred : o.div(centred, constant(std))
}

/** Probabilities below this count as this: the logarithm of 0 is no score. */
const LEAST = 1e-30

/** Axes of size 1 at the end go; a single score a sample makes a vector. */
const scoresOf = (raw: Value, batch: number, { scores }: Source): Value => {
  const last = raw.shape.findLastIndex((size, axis) => axis === 0 || size !== 1)
  const trimmed = o.reshape(raw, [batch, ...raw.shape.slice(1, last + 1)])
  if (scores === "logits") return trimmed
  const log = (p: Value) => o.log(o.max(p, LEAST))
  return sizeOf(trimmed.shape) === batch ? o.sub(log(trimmed), log(o.sub(1, trimmed))) : log(trimmed)
}

const batchAxis = "batch"

/** The file that the project's stages take, for any number of samples. */
export const encodeImported = (source: Source, metadata: Readonly<Record<string, string>>): Uint8Array => {
  // 2 stands for any size (1 would broadcast where it should not); beside 5 it shows what follows it.
  const { scores } = importFor(source, 2)
  const elsewhere = { scores: importFor(source, 5).scores }
  return encodeModel({ scores }, { name: "model", metadata, dynamicAxes: { x: { 0: batchAxis }, scores: { 0: batchAxis } }, elsewhere })
}
