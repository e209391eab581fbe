/**
 * One normalised gradient step of a binary model towards random labels: the perturbations that perturbation learning learns from
 * (Kumano et al. 2024). r = -eps grad_x l(-t f(x)) / |grad_x l(-t f(x))|, of Euclidean norm exactly eps; no clipping, no random start.
 *
 * Every loss l that grows with s = -t f(x) gives the same r, because grad_x l(s) = -l'(s) t grad_x f(x) and the factor l'(s) > 0 goes with
 * the norm. The step is therefore taken as eps t grad_x f(x) / |grad_x f(x)|, which also holds where the logistic loss is
 * so flat that its gradient would be rounded to 0.
 */
import { column, dataset, defineStage, doc, Effect, field, Float64, Int64, model, NonNegative, oneOf, sampleSize, Schema, Seed, StageError, table } from "../../src/stage.ts"
import { grad } from "../../src/tensor/differentiate.ts"
import { concat, reduceSum, reshape } from "../../src/tensor/ops.ts"
import { eachSample, scoresOf } from "../train/lib/batches.ts"
import { openModel } from "../train/lib/model.ts"
import { rowNorm, stepsOfLength } from "./lib/normalise.ts"
import { drawTargets, targetKinds } from "./lib/targets.ts"

export default defineStage({
  name: "attack/perturb",
  summary: doc("Moves each sample by one gradient step of exact L2 norm towards a label drawn at random; the samples, or the steps alone, with those labels."),
  engine: true,
  params: Schema.Struct({
    eps: field(NonNegative, doc("Length of each step.", "L2 norm")),
    mode: field(oneOf("perturbation", "added"), doc("perturbation: x is the step alone (the paper's scenario a). added: x is the sample plus the step (b)."), "perturbation"),
    targets: field(oneOf(...targetKinds), doc("iid: labels are independent fair coins. balanced: exactly half of them are +1, in random order."), "iid"),
    seed: field(Seed, doc("Seed of the labels.")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives other labels under the same seed."), "targets")
  }),
  inputs: { model: model(doc("A binary model: one score for each sample.")), data: dataset(doc("The samples to start from, labelled +1 or -1.")) },
  outputs: {
    data: dataset(doc("x: the step, or the sample plus the step; y: the label aimed at.")),
    stat: table({
      n: column(Int64, doc("samples")),
      target_mean: column(Float64, doc("mean of the labels aimed at: 0 when balanced")),
      target_agreement: column(Float64, doc("share of samples whose label aimed at is their own")),
      norm_mean: column(Float64, doc("mean length of the steps", "L2 norm")),
      norm_max: column(Float64, doc("greatest length of a step", "L2 norm")),
      zero_gradients: column(Int64, doc("samples without a direction (no active unit), whose step is 0")),
      success_before: column(Float64, doc("share of samples that the model gives the label aimed at before the step")),
      success: column(Float64, doc("share of samples plus step that the model gives the label aimed at"))
    })
  },
  run: Effect.fn("attack/perturb")(function*(ctx) {
    const { eps, mode, seed, stream, targets: kind } = ctx.params
    const bytes = yield* ctx.inputs.model.read
    const data = yield* ctx.inputs.data.read
    const [n, size] = [data.y.length, sampleSize(data)]
    if ((yield* openModel(bytes, 1, size)).scores.shape.length !== 1) {
      return yield* new StageError({ message: "The model gives several scores for each sample.", hint: "attack/perturb takes binary models, with one score." })
    }
    // The gradient of the sum of scores holds each sample's own gradient; the score goes with it as a last column.
    const rows = yield* eachSample(bytes, data, ctx, ({ scores, x }) => {
      const [batch = 0] = x.shape
      const gradient = grad(reduceSum(scores), [x])
      return concat([...gradient.map((value) => reshape(value, [batch, size])), reshape(scores, [batch, 1])], 1)
    })
    const direction = new Float32Array(n * size)
    const before = new Float32Array(n)
    for (let row = 0; row < n; row++) {
      direction.set(rows.subarray(row * (size + 1), row * (size + 1) + size), row * size)
      before[row] = rows[row * (size + 1) + size] ?? 0
    }
    const targets = drawTargets(kind, n, ctx.random(seed, stream))
    const steps = stepsOfLength(direction, targets, eps)
    const moved = data.x.map((value, i) => value + (steps[i] ?? 0))
    const after = yield* scoresOf(bytes, { ...data, x: moved }, ctx)
    const norms = Float64Array.from(targets, (_, row) => rowNorm(steps, row, size))
    const share = (holds: (row: number) => boolean) => targets.reduce((count, _, row) => count + (holds(row) ? 1 : 0), 0) / n
    yield* ctx.outputs.data.write({
      x: mode === "perturbation" ? steps : moved,
      y: targets,
      shape: data.shape,
      metadata: { ...data.metadata, perturbed: mode, eps: String(eps), targets: kind }
    })
    yield* ctx.outputs.stat.append([{
      n,
      target_mean: targets.reduce((sum, target) => sum + target, 0) / n,
      target_agreement: share((row) => targets[row] === data.y[row]),
      norm_mean: norms.reduce((sum, norm) => sum + norm, 0) / n,
      norm_max: norms.reduce((most, norm) => Math.max(most, norm), 0),
      zero_gradients: targets.reduce((count, _, row) => count + (rowNorm(direction, row, size) === 0 ? 1 : 0), 0),
      success_before: share((row) => (before[row] ?? 0) * (targets[row] ?? 0) > 0),
      success: share((row) => (after[row] ?? 0) * (targets[row] ?? 0) > 0)
    }])
  })
})
