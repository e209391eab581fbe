/**
 * The targeted attacks that make the data sets of learning from perturbations (Kumano et al. 2024), as their authors run them: no random
 * start, no restart; of all iterates, the unperturbed start among them, the one with the lowest loss towards the target is kept. The
 * l-infinity form follows the gradient, not its sign, and shrinks the whole difference instead of clipping entries.
 */
import { Count, dataset, defineStage, doc, Effect, field, model, NonNegative, oneOf, Positive, Schema, Seed } from "../../src/stage.ts"
import { aimedAt } from "./lib/aims.ts"
import { attackByGradient } from "./lib/gradient-attack.ts"
import { attackOutputs, lowHigh, rangeOf, writeAttack } from "./lib/outputs.ts"
import { classesOf, openVictim } from "./lib/victim.ts"

export default defineStage({
  name: "attack/normalised-gradient",
  summary: doc("Targeted descent along normalised gradients with the best iterate kept: the attack of learning from perturbations, in l2, l-infinity and l0."),
  engine: true,
  params: Schema.Struct({
    norm: field(oneOf("l2", "linf", "l0"), doc("l0: every step frees one more coordinate.")),
    eps: field(NonNegative, doc("Greatest length of the difference (l2, linf); a step is a fifth of it.", "norm"), 0),
    steps: field(Count, doc("Steps; for l0 the number of coordinates that may change.", "steps"), 100),
    step: field(Positive, doc("Greatest move of a coordinate in one l0 step."), 0.3),
    targets: field(oneOf("random-other", "next", "random-any", "own"), doc("random-other: any class but the label; next: label + 1; random-any: any class; own: the sample's label."), "random-other"),
    labels: field(oneOf("label", "target"), doc("Labels of the adversarial data set: those of the samples, or those aimed at."), "target"),
    ...lowHigh,
    seed: field(Seed, doc("Seed of the targets."), 0)
  }),
  inputs: { model: model(doc("A classifier: one score, or one for each class.")), data: dataset(doc("Samples to start from, and their labels.")) },
  outputs: attackOutputs,
  run: Effect.fn("attack/normalised-gradient")(function*(ctx) {
    const { eps, labels, norm, seed, step, steps, targets } = ctx.params
    const data = yield* ctx.inputs.data.read
    yield* Effect.scoped(Effect.gen(function*() {
      const victim = yield* openVictim(yield* ctx.inputs.model.read, data, ctx)
      const label = yield* classesOf(victim, data.y)
      const target = aimedAt(targets, label, victim.classes, ctx.random(seed, "targets")) ?? label
      const found = yield* attackByGradient(victim, { x: data.x, label, target }, {
        rule: norm === "l0" ? { kind: "greedy", step } : { kind: "normalised", norm, eps, step: eps / 5 },
        objective: "cross-entropy", targeted: true, steps, range: rangeOf(ctx.params), keep: "best", restarts: 1
      }, (done, total) => ctx.progress(done, total, "samples"))
      yield* writeAttack(ctx, victim, data, { ...found, label, target, carries: labels, facts: { attack: "normalised-gradient", norm, eps: String(eps) } })
    }))
  })
})
