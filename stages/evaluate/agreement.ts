/** How alike two classifiers are on a data set: where they say the same, and where only one of them is right. */
import { column, dataset, defineStage, doc, Effect, Float64, Int64, model, nullable, Schema, StageError, table } from "../../src/stage.ts"
import { rowOf } from "../attack/lib/rows.ts"
import { logProbabilities } from "../train/lib/measures.ts"
import { classScoresOf } from "./lib/class-scores.ts"
import { confusionMatrix, kappaOf } from "./lib/confusion.ts"

export default defineStage({
  name: "evaluate/agreement",
  summary: doc("Agreement of two models on a data set: shares, Cohen's kappa, and the divergence of their probabilities."),
  engine: true,
  params: Schema.Struct({}),
  inputs: { a: model(doc("A classifier.")), b: model(doc("Another one, of the same classes.")), data: dataset() },
  outputs: {
    agreement: table({
      n: column(Int64, doc("samples")),
      agreement: column(Float64, doc("share of samples on which both say the same")),
      kappa: nullable(column(Float64, doc("the same beyond chance (Cohen 1960): 1 always, 0 as by chance; null where both only ever say one class"))),
      a_accuracy: column(Float64, doc("share that a labels right")),
      b_accuracy: column(Float64, doc("share that b labels right")),
      both_right: column(Float64, doc("share that both label right")),
      only_a: column(Float64, doc("share that only a labels right")),
      only_b: column(Float64, doc("share that only b labels right")),
      same_mistake: column(Float64, doc("share on which both say the same wrong class")),
      divergence: column(Float64, doc("mean divergence of b's probabilities from a's, sum a log(a / b)", "nats"))
    }),
    pairs: table({
      a: column(Int64, doc("class that a gives")),
      b: column(Int64, doc("class that b gives")),
      n: column(Int64, doc("samples"))
    }, doc("One row for each pair of classes."))
  },
  run: Effect.fn("evaluate/agreement")(function*(ctx) {
    const data = yield* ctx.inputs.data.read
    const a = yield* classScoresOf(yield* ctx.inputs.a.read, data, ctx)
    const b = yield* classScoresOf(yield* ctx.inputs.b.read, data, ctx)
    const { classes, label, n, named } = a
    if (b.classes !== classes) {
      return yield* new StageError({ message: `a has ${classes} classes and b has ${b.classes}.`, hint: "Compare models of the same classes." })
    }
    const counts = confusionMatrix(a.says, b.says, classes)
    const share = (holds: (own: number, first: number | undefined, second: number | undefined) => boolean) =>
      label.reduce((count, own, row) => count + (holds(own, a.says[row], b.says[row]) ? 1 : 0), 0) / n
    const divergence = (row: number) => {
      const [first, second] = [logProbabilities(rowOf(a.scores, row, classes)), logProbabilities(rowOf(b.scores, row, classes))]
      return first.reduce((sum, own, k) => sum + Math.exp(own) * (own - (second[k] ?? 0)), 0)
    }
    yield* ctx.outputs.agreement.append([{
      n,
      agreement: share((_, first, second) => first === second),
      kappa: kappaOf(counts, classes),
      a_accuracy: share((own, first) => first === own),
      b_accuracy: share((own, _, second) => second === own),
      both_right: share((own, first, second) => first === own && second === own),
      only_a: share((own, first, second) => first === own && second !== own),
      only_b: share((own, first, second) => first !== own && second === own),
      same_mistake: share((own, first, second) => first === second && first !== own),
      divergence: label.reduce((sum, _, row) => sum + divergence(row), 0) / n
    }])
    yield* ctx.outputs.pairs.append(Array.from(counts, (count, at) => ({ a: named(Math.floor(at / classes)), b: named(at % classes), n: count })))
  })
})
