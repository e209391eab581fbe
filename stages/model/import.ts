/**
 * A trained model from elsewhere, as a model of the project: any ONNX file of operator set 9 or later. What comes out takes samples as the
 * project's data sets have them and gives scores, so that it can be attacked, explained and evaluated like a model trained here.
 */
import { createHash } from "node:crypto"
import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import {
  column, Count, defineStage, doc, Effect, field, file, Float64, Int64, model, nullable, oneOf, Positive, Schema, StageError, table, Utf8
} from "../../src/stage.ts"
import { declaredBy, importModel } from "../../src/tensor/import.ts"
import { writeModel } from "../../src/tensor/onnx/schema.ts"
import { metadataText } from "../../src/tensor/onnx/metadata.ts"
import { sizeOf } from "../../src/tensor/shape.ts"
import { sessionOptions } from "../train/lib/engine.ts"
import { checkImported } from "./lib/check.ts"
import { encodeImported, importFor, sampleShape, type Source } from "./lib/imported.ts"

const params = Schema.Struct({
  file: field(file(), doc("The ONNX file.")),
  weights: field(Schema.Array(file()), doc("Files with weights that lie beside it, if any."), []),
  input: Schema.optionalKey(field(Schema.NonEmptyString, doc("Name of the input that takes the samples; the only one when left out."))),
  output: Schema.optionalKey(field(Schema.NonEmptyString, doc("Name of the value with the scores, also from the middle of the graph; the first output when left out."))),
  sample: Schema.optionalKey(field(Schema.Array(Count), doc("Shape of one sample, where the file leaves it open."))),
  shapes: field(Schema.Record(Schema.String, Count), doc("Sizes of the file's symbolic dimensions by name, except that of the batch."), {}),
  mean: field(Schema.Array(Schema.Finite), doc("Subtracted from the samples before the model: one number, or one for each channel."), []),
  std: field(Schema.Array(Positive), doc("What the samples are then divided by: one number, or one for each channel."), []),
  scores: field(oneOf("logits", "probabilities"), doc("What the output holds; of probabilities the logarithm is taken."), "logits"),
  classes: field(Schema.Array(Schema.String), doc("Names of the classes, in the order of the scores."), []),
  architecture: Schema.optionalKey(field(Schema.NonEmptyString, doc("Name of the network; the file's when left out.")))
})

type Params = typeof params.Type

export default defineStage({
  name: "model/import",
  summary: doc("A trained model from an ONNX file made elsewhere, checked against onnxruntime and made to fit the project's data."),
  engine: true,
  params,
  inputs: {},
  outputs: {
    model: model(doc("x [batch, ...sample] -> scores [batch, ...], or [batch] with one score; ONNX, with its scaling inside")),
    stat: table({
      architecture: column(Utf8, doc("name of the network")),
      producer: column(Utf8, doc("program that wrote the file")),
      opset: column(Int64, doc("operator set of the file")),
      inputs: column(Int64, doc("values a sample")),
      outputs: column(Int64, doc("scores a sample")),
      parameters: column(Int64, doc("weights that training would change")),
      runtime_difference: column(Float64, doc("greatest difference from the file in onnxruntime on random samples, relative to the greatest output")),
      interpreter_difference: column(nullable(Float64), doc("the same of the float64 interpreter; null for a model too large for it"))
    }, doc("One row: what the file is and how closely it was followed.")),
    classes: table({ class: column(Int64, doc("place among the scores, from 0")), name: column(Utf8, doc("name of the class")) })
  },
  run: Effect.fn("model/import")(function*(ctx) {
    const { classes } = ctx.params
    const path = ctx.file(ctx.params.file)
    const bytes = yield* reading(path, ctx.params.file)
    const source = yield* attempt(() => sourceOf(bytes, ctx.params, (location) => beside(location, ctx.params.weights, (name) => ctx.file(name))))
    const { opset, producer, scores } = yield* attempt(() => importFor(source, 2))
    const outputs = sizeOf(scores.shape) / 2
    if (classes.length > 0 && classes.length !== outputs) {
      return yield* new StageError({ message: `There are ${classes.length} names in \`classes\`, and the model gives ${outputs} scores a sample.`, hint: "Name every class, or none." })
    }
    const architecture = ctx.params.architecture ?? basename(ctx.params.file, ".onnx")
    const written = yield* attempt(() => encodeImported(source, metadataText({
      architecture,
      opset,
      fingerprint: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
      ...(source.mean.length + source.std.length === 0 ? {} : { normalisation: { mean: source.mean, std: source.std } }),
      ...(classes.length === 0 ? {} : { classes })
    })))
    const original = yield* attempt(() => withOutput(path, bytes, source.output, ctx.params.weights.map((name) => ctx.file(name)), ctx.scratch))
    const samples = ctx.random(0, "check").fillUniform(new Float32Array(3 * sizeOf(source.sample)))
    const agreement = yield* checkImported(source, original, written, samples, yield* sessionOptions(ctx))
    const parameters = yield* attempt(() => countWeights(source))
    yield* ctx.outputs.model.write(written)
    yield* ctx.outputs.stat.append([{
      architecture, producer, opset, inputs: sizeOf(source.sample), outputs, parameters,
      runtime_difference: agreement.runtime, interpreter_difference: agreement.interpreter
    }])
    yield* ctx.outputs.classes.append(classes.map((className, i) => ({ class: i, name: className })))
  })
})

const attempt = <A>(make: () => A): Effect.Effect<A, StageError> =>
  Effect.try({
    try: make,
    catch: (cause) => new StageError({ message: cause instanceof Error ? cause.message : String(cause), cause })
  })

const reading = (path: string, name: string): Effect.Effect<Uint8Array, StageError> =>
  Effect.try({
    try: () => new Uint8Array(readFileSync(path)),
    catch: (cause) => new StageError({ message: `There is no readable file at ${name}.`, hint: "Give its path from the project's folder.", cause })
  })

/** Where the file lies, or a copy of it (and of the weights beside it) that also gives a value from its middle. */
const withOutput = (path: string, bytes: Uint8Array, output: string, weights: ReadonlyArray<string>, scratch: string): string => {
  if (declaredBy(bytes).outputs.includes(output)) return path
  const copy = join(scratch, "with-output.onnx")
  // Protobuf messages that follow each other are one message: this adds an output to the graph.
  writeFileSync(copy, Buffer.concat([bytes, writeModel({ graph: { output: [{ name: output }] } })]))
  for (const weight of weights) copyFileSync(weight, join(scratch, basename(weight)))
  return copy
}

/** A declared file by the name that the model gives it; what is not declared would not count in the fingerprint. */
const beside = (location: string, weights: ReadonlyArray<string>, resolve: (path: string) => string): Uint8Array => {
  const declared = weights.find((path) => basename(path) === basename(location))
  if (declared === undefined) throw new Error(`The model keeps weights in "${location}"; name that file in \`weights\`.`)
  return new Uint8Array(readFileSync(resolve(declared)))
}

const sourceOf = (bytes: Uint8Array, given: Params, externalData: Source["externalData"]): Source => {
  const declared = declaredBy(bytes)
  const input = declared.inputs.find(({ name }) => given.input === undefined || name === given.input)
  const output = given.output ?? declared.outputs[0]
  const names = declared.inputs.map(({ name }) => `"${name}"`).join(", ")
  if (input === undefined || output === undefined) throw new Error(`The model has no input "${given.input ?? ""}"; it has ${names}.`)
  if (given.input === undefined && declared.inputs.length > 1) throw new Error(`The model has several inputs, ${names}; say in \`input\` which takes the samples.`)
  const [batch] = input.dimensions
  if (typeof batch === "number" && batch !== 1) throw new Error(`The model takes exactly ${batch} samples at once; export it with an open batch dimension, or for one sample.`)
  const sample = given.sample ?? sampleShape(input, given.shapes)
  return { bytes, externalData, input, output, shapes: given.shapes, sample, mean: given.mean, std: given.std, scores: given.scores }
}

const countWeights = ({ bytes, externalData, input, output, sample, shapes }: Source): number => {
  const { weights } = importModel(bytes, { externalData, outputs: [output], shapes, inputShapes: { [input.name]: [1, ...sample] }, trainable: true })
  return [...weights.values()].reduce((total, { initial }) => total + initial.data.length, 0)
}
