/** A data set in three parts, for training, choosing and testing; alike in their classes if wanted. */
import { dataset, defineStage, doc, Effect, field, partOf, Probability, Schema, Seed, StageError } from "../../src/stage.ts"
import { writePieces } from "./lib/pieces.ts"

export default defineStage({
  name: "data/split",
  summary: doc("Splits a data set at random into training, validation and test data."),
  params: Schema.Struct({
    validation: field(Probability, doc("Share for `validation`, rounded."), 0.1),
    test: field(Probability, doc("Share for `test`, rounded; what is left is for `train`."), 0.1),
    each: field(Schema.Boolean, doc("Takes these shares of every label, so that all parts have the same mixture."), true),
    shuffle: field(Schema.Boolean, doc("Draws the parts at random; otherwise the first samples are for training, the next for validation. Parts keep the data's order all the same."), true),
    seed: field(Seed, doc("Seed of the drawing."), 0)
  }),
  inputs: { data: dataset() },
  outputs: { train: dataset(doc("What is left, in the order of the data.")), validation: dataset(), test: dataset() },
  run: Effect.fn("data/split")(function*(ctx) {
    const { each, seed, shuffle, test, validation } = ctx.params
    const data = yield* ctx.inputs.data.open
    const n = data.y.length
    if (validation + test > 1) return yield* new StageError({ message: `\`validation\` and \`test\` together are ${validation + test} of the data.`, hint: "Let them sum to at most 1." })
    const order = shuffle ? [...ctx.random(seed, "split").permutation(n)] : Array.from({ length: n }, (_, sample) => sample)
    const groups = each ? [...Map.groupBy(order, (sample) => data.y[sample]).values()] : [order]
    const parts = groups.map((group) => {
      const tested = Math.round(test * group.length)
      // Of what rounding left: halves of three samples are two and one.
      const validated = Math.min(Math.round(validation * group.length), group.length - tested)
      const trained = group.length - tested - validated
      return { train: group.slice(0, trained), validation: group.slice(trained, trained + validated), test: group.slice(trained + validated) }
    })
    for (const name of ["train", "validation", "test"] as const) yield* writePieces(ctx.outputs[name], partOf(data, Uint32Array.from(parts.flatMap((part) => part[name])).sort()))
  })
})
