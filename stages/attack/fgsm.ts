/** The fast gradient sign method (Goodfellow et al. 2015): one step of length eps along the sign of the gradient. */
import { dataset, defineStage, doc, Effect, field, model, NonNegative, oneOf, Schema, Seed } from "../../src/stage.ts"
import { aimedAt, aims } from "./lib/aims.ts"
import { norms } from "./lib/geometry.ts"
import { attackByGradient } from "./lib/gradient-attack.ts"
import { attackOutputs, carried, lowHigh, rangeOf, writeAttack } from "./lib/outputs.ts"
import { classesOf, openVictim } from "./lib/victim.ts"

export default defineStage({
  name: "attack/fgsm",
  summary: doc("One gradient step of length eps: the fast gradient sign method, or its l2 and l1 forms."),
  engine: true,
  params: Schema.Struct({
    norm: field(oneOf(...norms), doc("Norm of the step."), "linf"),
    eps: field(NonNegative, doc("Length of the step.", "norm"), 0.3),
    targets: field(oneOf(...aims), doc("Class to aim at: none, any other at random, the next one, any at random, or the label itself."), "none"),
    labels: carried,
    ...lowHigh,
    seed: field(Seed, doc("Seed of the targets."), 0)
  }),
  inputs: { model: model(doc("A classifier: one score, or one for each class.")), data: dataset(doc("Samples and their labels.")) },
  outputs: attackOutputs,
  run: Effect.fn("attack/fgsm")(function*(ctx) {
    const { eps, labels, norm, seed, targets } = ctx.params
    const data = yield* ctx.inputs.data.read
    yield* Effect.scoped(Effect.gen(function*() {
      const victim = yield* openVictim(yield* ctx.inputs.model.read, data, ctx)
      const label = yield* classesOf(victim, data.y)
      const target = aimedAt(targets, label, victim.classes, ctx.random(seed, "targets"))
      const aim = target === undefined ? {} : { target }
      const found = yield* attackByGradient(victim, { x: data.x, label, ...aim }, {
        rule: { kind: "projected", norm, eps, step: eps },
        objective: "cross-entropy", targeted: target !== undefined, steps: 1, range: rangeOf(ctx.params), keep: "last", restarts: 1
      }, (done, total) => ctx.progress(done, total, "samples"))
      yield* writeAttack(ctx, victim, data, { ...found, label, ...aim, carries: labels, facts: { attack: "fgsm", norm, eps: String(eps) } })
    }))
  })
})
