/** Projected gradient descent (Madry et al. 2018) and its greedy relative for l0, on any model. */
import { Count, dataset, defineStage, doc, Effect, field, model, NonNegative, oneOf, Positive, Probability, Schema, Seed } from "../../src/stage.ts"
import { aimedAt, aims } from "./lib/aims.ts"
import { attackByGradient } from "./lib/gradient-attack.ts"
import { objectives } from "./lib/objective.ts"
import { attackOutputs, carried, lowHigh, rangeOf, writeAttack } from "./lib/outputs.ts"
import { classesOf, openVictim } from "./lib/victim.ts"

export default defineStage({
  name: "attack/pgd",
  summary: doc("Projected gradient descent within an eps-ball (l-infinity, l2, l1) or greedily over coordinates (l0), with restarts."),
  engine: true,
  params: Schema.Struct({
    norm: field(oneOf("linf", "l2", "l1", "l0"), doc("Norm of the ball. l0: one more coordinate may move at each step."), "linf"),
    eps: field(NonNegative, doc("Radius of the ball; without meaning for l0, where `steps` counts the coordinates.", "norm"), 0.3),
    step: Schema.optionalKey(field(Positive, doc("Length of a step in the norm; eps / 4 when left out, for l0 0.3."))),
    steps: field(Count, doc("Steps of an attempt.", "steps"), 40),
    restarts: field(Count, doc("Attempts; later ones for samples that resisted.", "attempts"), 1),
    random_start: field(Schema.Boolean, doc("Starts anywhere in the ball instead of at the sample."), true),
    loss: field(oneOf(...objectives), doc("What the steps raise (or, towards a target, lower)."), "cross-entropy"),
    targets: field(oneOf(...aims), doc("Class to aim at: none, any other at random, the next one, any at random, or the label itself."), "none"),
    keep: field(oneOf("best", "last"), doc("Gives the point with the best loss, or the last one."), "best"),
    sparsity: field(Probability, doc("Share of coordinates that an l1 step moves."), 0.01),
    labels: carried,
    ...lowHigh,
    seed: field(Seed, doc("Seed of starts and targets."), 0)
  }),
  inputs: { model: model(doc("A classifier: one score, or one for each class.")), data: dataset(doc("Samples and their labels.")) },
  outputs: attackOutputs,
  run: Effect.fn("attack/pgd")(function*(ctx) {
    const { eps, keep, labels, loss, norm, random_start, restarts, seed, sparsity, steps, targets } = ctx.params
    const data = yield* ctx.inputs.data.read
    yield* Effect.scoped(Effect.gen(function*() {
      const victim = yield* openVictim(yield* ctx.inputs.model.read, data, ctx)
      const label = yield* classesOf(victim, data.y)
      const target = aimedAt(targets, label, victim.classes, ctx.random(seed, "targets"))
      const aim = target === undefined ? {} : { target }
      const { step = norm === "l0" ? 0.3 : eps / 4 } = ctx.params
      const found = yield* attackByGradient(victim, { x: data.x, label, ...aim }, {
        rule: norm === "l0" ? { kind: "greedy", step } : { kind: "projected", norm, eps, step, sparsity },
        objective: loss, targeted: target !== undefined, steps, range: rangeOf(ctx.params), keep, restarts,
        ...(random_start && norm !== "l0" ? { start: { norm, eps, random: (attempt: number) => ctx.random(seed, `start ${attempt}`) } } : {})
      }, (done, total) => ctx.progress(done, total, "samples"))
      yield* writeAttack(ctx, victim, data, { ...found, label, ...aim, carries: labels, facts: { attack: "pgd", norm, eps: String(eps) } })
    }))
  })
})
