/** Where a classifier is right and what it takes for what: accuracy class by class, and the confusion matrix. */
import { column, dataset, defineStage, doc, Effect, Float64, Int64, model, nullable, Schema, table } from "../../src/stage.ts"
import { classScoresOf } from "./lib/class-scores.ts"
import { confusionMatrix } from "./lib/confusion.ts"

export default defineStage({
  name: "evaluate/classes",
  summary: doc("Accuracy class by class, and how often each class is taken for each other."),
  engine: true,
  params: Schema.Struct({}),
  inputs: { model: model(doc("Binary (one score a sample, labels -1 and +1) or not (one for each class).")), data: dataset() },
  outputs: {
    classes: table({
      label: column(Int64, doc("the class, as the data name it")),
      n: column(Int64, doc("samples of the class")),
      said: column(Int64, doc("samples that the model gives the class")),
      right: column(Int64, doc("samples of the class that the model gives the class")),
      accuracy: nullable(column(Float64, doc("right / n, also called recall; null without samples of the class"))),
      precision: nullable(column(Float64, doc("right / said; null where the model never says the class"))),
      f1: nullable(column(Float64, doc("harmonic mean of the two; null where neither is there")))
    }, doc("One row for each class.")),
    confusion: table({
      label: column(Int64, doc("class of the samples")),
      said: column(Int64, doc("class that the model gives them")),
      n: column(Int64, doc("how many there are")),
      share: nullable(column(Float64, doc("share of the samples of the class; null where it has none")))
    }, doc("One row for each pair of classes, empty ones too."))
  },
  run: Effect.fn("evaluate/classes")(function*(ctx) {
    const { classes, label, named, says } = yield* classScoresOf(yield* ctx.inputs.model.read, yield* ctx.inputs.data.read, ctx)
    const counts = confusionMatrix(label, says, classes)
    const all = Array.from({ length: classes }, (_, k) => k)
    const sum = (of: (other: number) => number) => all.reduce((total, other) => total + of(other), 0)
    const part = (of: number, whole: number) => (whole === 0 ? null : of / whole)
    const cell = (own: number, said: number) => counts[own * classes + said] ?? 0
    yield* ctx.outputs.classes.append(all.map((k) => {
      const [n, said, right] = [sum((other) => cell(k, other)), sum((other) => cell(other, k)), cell(k, k)]
      return { label: named(k), n, said, right, accuracy: part(right, n), precision: part(right, said), f1: part(2 * right, n + said) }
    }))
    yield* ctx.outputs.confusion.append(all.flatMap((own) => {
      const n = sum((other) => cell(own, other))
      return all.map((said) => ({ label: named(own), said: named(said), n: cell(own, said), share: part(cell(own, said), n) }))
    }))
  })
})
