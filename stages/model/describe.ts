/** What a model's file says of itself: its metadata, what goes in and comes out, and what it is made of. */
import { Bool, column, defineStage, doc, Effect, Float64, Int64, model, nullable, Schema, StageError, table, Utf8 } from "../../src/stage.ts"
import { fingerprintOf } from "../train/lib/provenance.ts"
import { describeModel } from "./lib/described.ts"

export default defineStage({
  name: "model/describe",
  summary: doc("What a model's file says of itself: architecture, normalisation, classes, how it was trained; its inputs, outputs and operators."),
  params: Schema.Struct({}),
  inputs: { model: model(doc("Any ONNX model.")) },
  outputs: {
    model: table({
      architecture: column(nullable(Utf8), doc("name of the network, or what its architecture's file says of it; null where the file says nothing")),
      producer: column(Utf8, doc("program that wrote the file")),
      opset: column(Int64, doc("operator set of the file")),
      source_opset: column(nullable(Int64), doc("operator set of the file that the model was imported from")),
      numbers: column(Int64, doc("floating-point numbers kept in the file: weights, running statistics, constants")),
      nodes: column(Int64, doc("operators applied")),
      bytes: column(Int64, doc("size of the file", "bytes")),
      fingerprint: column(nullable(Utf8), doc("what identifies how the weights came about")),
      fingerprint_holds: column(nullable(Bool), doc("whether it is that of the training in the file; null where there is none"))
    }, doc("One row.")),
    metadata: table({ key: column(Utf8, doc("name of the entry")), value: column(Utf8, doc("as it stands in the file")) }, doc("All that the file says beside its graph.")),
    training: table({ key: column(Utf8, doc("stage, params.NAME, inputs.NAME")), value: column(Utf8, doc("text, or JSON")) }, doc("How the weights came about.")),
    ports: table({
      direction: column(Utf8, doc("input or output")),
      name: column(Utf8, doc("as callers feed and fetch it")),
      type: column(Utf8, doc("element type")),
      shape: column(Utf8, doc("sizes, or names of those that are open"))
    }, doc("What goes in and comes out.")),
    operators: table({ operator: column(Utf8, doc("as ONNX names it")), count: column(Int64, doc("how often it is applied")) }, doc("What the graph is made of.")),
    normalisation: table({
      channel: column(Int64, doc("from 0")),
      mean: column(nullable(Float64), doc("what is subtracted")),
      std: column(nullable(Float64), doc("what is then divided by"))
    }, doc("How the model scales samples inside, channel by channel.")),
    classes: table({ class: column(Int64, doc("place among the scores, from 0")), name: column(Utf8, doc("name of the class")) }, doc("Names of the classes."))
  },
  run: Effect.fn("model/describe")(function*({ inputs, outputs }) {
    const bytes = yield* inputs.model.read
    const found = yield* Effect.try({
      try: () => describeModel(bytes),
      catch: (cause) => new StageError({ message: cause instanceof Error ? cause.message : String(cause), hint: "Give it the model of a train stage or of model/import.", cause })
    })
    const { fingerprint = null, training } = found.metadata
    yield* outputs.model.append([{
      architecture: found.architecture ?? null, producer: found.producer, opset: found.opset, source_opset: found.metadata.opset ?? null, numbers: found.numbers,
      nodes: found.nodes, bytes: bytes.length, fingerprint, fingerprint_holds: training === undefined ? null : fingerprintOf(training) === fingerprint
    }])
    yield* outputs.metadata.append(Object.entries(found.texts).map(([key, value]) => ({ key, value })))
    yield* outputs.training.append(found.training)
    yield* outputs.ports.append(found.ports)
    yield* outputs.operators.append(found.operators)
    const { mean = [], std = [] } = found.metadata.normalisation ?? {}
    yield* outputs.normalisation.append((mean.length > 0 ? mean : std).map((_, channel) => ({ channel, mean: mean[channel] ?? null, std: std[channel] ?? null })))
    yield* outputs.classes.append((found.metadata.classes ?? []).map((name, i) => ({ class: i, name })))
  })
})
