/** Part of a data set: some classes, a number of samples (of each class, if wanted), in order or drawn at random, and the rest beside it. */
import { Count, dataset, defineStage, doc, Effect, field, int, number, partOf, Probability, sampleSize, Schema, Seed, StageError } from "../../src/stage.ts"
import { writePieces } from "./lib/pieces.ts"

export default defineStage({
  name: "data/subset",
  summary: doc("Splits a data set: the samples that are chosen, and the rest."),
  params: Schema.Struct({
    classes: Schema.optionalKey(field(Schema.NonEmptyArray(number()), doc("Labels to choose from; samples with others go to the rest."))),
    from: field(int({ min: 0 }), doc("Skips the first so many of these (after shuffling).", "samples"), 0),
    count: Schema.optionalKey(field(Count, doc("Chooses so many; all when neither this nor `share` is given.", "samples"))),
    share: Schema.optionalKey(field(Probability, doc("Chooses this share of them, rounded."))),
    each: field(Schema.Boolean, doc("`from`, `count` and `share` are meant for every label on its own."), false),
    shuffle: field(Schema.Boolean, doc("Chooses at random; the parts keep the data's order all the same."), false),
    seed: field(Seed, doc("Seed of the choice."), 0)
  }),
  inputs: { data: dataset() },
  outputs: { data: dataset(doc("The samples chosen, in the order of the data.")), rest: dataset(doc("All others.")) },
  run: Effect.fn("data/subset")(function*(ctx) {
    const { classes, count, each, from, seed, share, shuffle } = ctx.params
    const data = yield* ctx.inputs.data.open
    const order = shuffle ? [...ctx.random(seed, "choice").permutation(data.y.length)] : Array.from(data.y, (_, sample) => sample)
    const candidates = order.filter((sample) => classes === undefined || classes.includes(data.y[sample] ?? Number.NaN))
    const groups = each ? [...Map.groupBy(candidates, (sample) => data.y[sample]).values()] : [candidates]
    const chosen = new Set(groups.flatMap((group) => group.slice(from, from + (count ?? Math.round((share ?? 1) * group.length)))))
    if (chosen.size === 0) {
      return yield* new StageError({ message: `None of the ${data.y.length} samples is chosen.`, hint: `Look at \`classes\`, \`from\` and \`count\`; samples have ${sampleSize(data)} values and labels such as ${data.y[0] ?? "none"}.` })
    }
    const part = (inside: boolean) => partOf(data, Array.from(data.y, (_, sample) => sample).filter((sample) => chosen.has(sample) === inside))
    yield* writePieces(ctx.outputs.data, part(true))
    yield* writePieces(ctx.outputs.rest, part(false))
  })
})
