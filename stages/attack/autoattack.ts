/** AutoAttack, whole or in parts: APGD-CE, APGD-DLR, APGD-T, FAB, FAB-T and Square on the samples that still resist. */
import { column, Count, dataset, defineStage, doc, Effect, field, Float64, Int64, model, NonNegative, nullable, oneOf, Positive, Schema, Seed, StageError, table, Utf8 } from "../../src/stage.ts"
import { autoAttack } from "./lib/ensemble.ts"
import { type Part, parts } from "./lib/ensemble-parts.ts"
import { norms } from "./lib/geometry.ts"
import { attackOutputs, lowHigh, rangeOf, writeAttack } from "./lib/outputs.ts"
import { randomised } from "./lib/randomised.ts"
import { classesOf, labelOf, openVictim } from "./lib/victim.ts"

/** The published versions: what they run, how often APGD starts, and how many evaluations a gradient is the mean of. */
const versions = {
  standard: { parts: ["apgd-ce", "apgd-t", "fab-t", "square"], restarts: 1, averages: 1 },
  plus: { parts: ["apgd-ce", "apgd-dlr", "fab", "square", "apgd-t", "fab-t"], restarts: 5, averages: 1 },
  rand: { parts: ["apgd-ce", "apgd-dlr"], restarts: 1, averages: 20 }
} as const satisfies Readonly<Record<string, { readonly parts: ReadonlyArray<Part>; readonly restarts: number; readonly averages: number }>>

export default defineStage({
  name: "attack/autoattack",
  summary: doc("AutoAttack: parameter-free attacks in the standard order, each on the samples that resisted those before; or a choice of them."),
  engine: true,
  params: Schema.Struct({
    norm: field(oneOf(...norms), doc("Norm of the ball."), "linf"),
    eps: field(Positive, doc("Radius of the ball.", "norm")),
    version: field(oneOf("standard", "plus", "rand"), doc("Which published list of attacks. rand: APGD-CE and APGD-DLR on the mean of 20 gradients, for models that draw at random."), "standard"),
    attacks: Schema.optionalKey(field(Schema.NonEmptyArray(oneOf(...parts)), doc("The attacks in their order, instead of a version's; binary models take [apgd-ce, square]."))),
    steps: field(Count, doc("Steps of an APGD or FAB run.", "steps"), 100),
    queries: field(Count, doc("Predictions that Square may ask for each sample.", "queries"), 5000),
    restarts: Schema.optionalKey(field(Count, doc("Starts of APGD-CE and APGD-DLR; the version's when left out (1; plus: 5; standard in l1: 5)."))),
    fab_restarts: field(Count, doc("Starts of the untargeted FAB."), 5),
    targets: Schema.optionalKey(field(Count, doc("Classes that targeted attacks aim at: 9 when left out (APGD-T in l1: 5), or all others where there are fewer."))),
    averages: Schema.optionalKey(field(Count, doc("Evaluations that every gradient of APGD is the mean of (EoT); the version's when left out."))),
    noise: field(NonNegative, doc("Makes the model a randomised defence: Gaussian noise of this standard deviation is added to what it is asked, anew each time."), 0),
    ...lowHigh,
    seed: field(Seed, doc("Seed of the starts and of Square."), 0)
  }),
  inputs: { model: model(doc("A classifier that gives logits: one score, or one for each class.")), data: dataset(doc("Samples and their labels.")) },
  outputs: {
    ...attackOutputs,
    order: table({
      place: column(Int64, doc("place in the order, from 1")),
      attack: column(Utf8, doc("which attack")),
      robust_before: column(Float64, doc("share of all samples that are labelled right before it")),
      robust_after: column(Float64, doc("and after it")),
      queries: column(Int64, doc("predictions asked for"))
    }, doc("One row for each attack in its order.")),
    broken: table({
      sample: column(Int64, doc("number of the sample")),
      label: column(Int64, doc("its label")),
      attack: nullable(column(Utf8, doc("the attack that broke it; null: none, or labelled wrong from the start")))
    }, doc("One row for each sample: what broke it."))
  },
  run: Effect.fn("attack/autoattack")(function*(ctx) {
    const { attacks, eps, fab_restarts: fabRestarts, noise, norm, queries, seed, steps, version } = ctx.params
    const published = versions[version]
    const { averages = published.averages, restarts = norm === "l1" && version === "standard" ? 5 : published.restarts, targets } = ctx.params
    const range = rangeOf(ctx.params)
    const data = yield* ctx.inputs.data.read
    const outside = data.x.findIndex((value) => value < (range.low ?? -Infinity) - 1e-6 || value > (range.high ?? Infinity) + 1e-6)
    if (outside >= 0) {
      return yield* new StageError({ message: `The data has the value ${data.x[outside]}, outside its range.`, hint: "Set `low` and `high` to what the data can be (after a mean is subtracted, shifted by it)." })
    }
    yield* Effect.scoped(Effect.gen(function*() {
      const opened = yield* openVictim(yield* ctx.inputs.model.read, data, ctx)
      const victim = noise === 0 ? opened : randomised(opened, noise, (purpose) => ctx.random(seed, purpose))
      const label = yield* classesOf(victim, data.y)
      const found = yield* autoAttack(victim, data.x, label, {
        norm, eps, range, steps, queries, restarts, fabRestarts, averages,
        targets: { apgd: targets ?? (norm === "l1" ? 5 : 9), fab: targets ?? 9 },
        parts: attacks ?? published.parts,
        random: (purpose) => ctx.random(seed, purpose)
      }, { progress: (done, total, message) => ctx.progress(done, total, message), warn: (message) => ctx.log(message, "warn") })
      yield* ctx.outputs.order.append(found.parts.map(({ part, queries, robustAfter, robustBefore }, place) =>
        ({ place: place + 1, attack: part, robust_before: robustBefore, robust_after: robustAfter, queries })))
      yield* ctx.outputs.broken.append(found.by.map((attack, sample) => ({ sample, label: labelOf(victim, label[sample] ?? 0), attack: attack ?? null })))
      yield* writeAttack(ctx, victim, data, { ...found, label, carries: "label", facts: { attack: "autoattack", norm, eps: String(eps) } })
    }))
  })
})
