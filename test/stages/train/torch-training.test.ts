/** Optimisers, schedules and label smoothing against PyTorch's own, step by step. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Graph } from "../../../src/tensor/graph.ts"
import { adam, adamW } from "../../../src/tensor/optimisers.ts"
import { mul, reduceSum, square, sub } from "../../../src/tensor/ops.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { scalar, tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { openTrainingLoop, type Optimiser, sgd } from "../../../src/tensor/training.ts"
import { sampleLosses } from "../../../stages/train/lib/loss.ts"
import { rateAt, type ScheduleSettings } from "../../../stages/train/lib/schedule.ts"
import { torchAnswers, whyNoTorch } from "../torch.ts"

const [start, target, scale] = [[1, -2, 0.5], [0.2, 0.4, -1], [1, 10, 0.1]]
const optimisers: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>, Optimiser]> = [
  ["SGD", { momentum: 0.9, nesterov: true, weight_decay: 0.01 }, sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
  ["Adam", {}, adam()],
  ["Adam", { betas: [0.8, 0.99], weight_decay: 0.1 }, adam({ betas: [0.8, 0.99], weightDecay: 0.1 })],
  ["AdamW", {}, adamW()],
  ["AdamW", { weight_decay: 0.2 }, adamW({ weightDecay: 0.2 })]
]
const steps = 60
const base: Omit<ScheduleSettings, "kind"> = { rate: 0.4, steps, warmUp: 0, every: 10, factor: 0.3, least: 0.01 }
const schedules: ReadonlyArray<readonly [string, number, Readonly<Record<string, unknown>>, ScheduleSettings]> = [
  ["StepLR", 0.4, { step_size: 10, gamma: 0.3 }, { ...base, kind: "step" }],
  ["CosineAnnealingLR", 0.4, { T_max: steps, eta_min: 0.01 }, { ...base, kind: "cosine" }],
  ["LinearLR", 0.4, { start_factor: 1, end_factor: 0.025, total_iters: steps }, { ...base, kind: "linear" }],
  ["OneCycleLR", 0.4, { max_lr: 0.4, total_steps: steps + 1 }, { ...base, kind: "one-cycle", steps: steps + 1, least: 0.4 / 250_000 }],
  ["CyclicLR", 0.01, { base_lr: 0.01, max_lr: 0.4, step_size_up: 10, cycle_momentum: false }, { ...base, kind: "cyclic" }]
]
const scores = [[1, -2, 0.5], [3, 2, 2.5]]

describe.skipIf(whyNoTorch !== undefined)(`training is PyTorch's${whyNoTorch === undefined ? "" : `: ${whyNoTorch}`}`, () => {
  const answers = whyNoTorch !== undefined ? undefined : torchAnswers<{
    readonly optimisers: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
    readonly schedules: ReadonlyArray<ReadonlyArray<number>>
    readonly smoothed: ReadonlyArray<number>
  }>({
    optimisers: optimisers.map(([name, options]) => ({ name, options: { lr: 0.02, ...options }, start, target, scale, steps })),
    schedules: schedules.map(([name, rate, options]) => ({ name, rate, options, steps })),
    smoothed: { scores, labels: [0, 2], smoothing: 0.1 }
  }, new URL("torch_training.py", import.meta.url))

  it.each(optimisers.map(([name, options, optimiser], i) => [`${name} ${JSON.stringify(options)}`, optimiser, i] as const))("with %s", async (_, optimiser, i) => {
    const graph = new Graph()
    const w = graph.input("w", [3])
    const loss = reduceSum(mul(square(sub(w, graph.constant(tensor(target, [3])))), graph.constant(tensor(scale, [3]))))
    await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const loop = yield* openTrainingLoop({ loss, parameters: { w }, optimiser }, { w: tensor(start, [3]) })
      for (const expected of answers?.optimisers[i] ?? []) {
        yield* Effect.promise(() => loop.step({ learningRate: scalar(0.02) }))
        const found = toNumbers(loop.parameters()["w"] ?? scalar(0))
        expected.forEach((value, at) => expect(Math.abs((found[at] ?? Number.NaN) - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value))))
      }
    })))
  })

  it.each(schedules.map(([name, , , settings], i) => [name, settings, i] as const))("with %s", (_, settings, i) => {
    const rates = answers?.schedules[i] ?? []
    expect(rates).toHaveLength(steps)
    rates.forEach((rate, step) => expect(rateAt(settings, step, settings.rate)).toBeCloseTo(rate, 9))
  })

  it("with smoothed labels", () => {
    const graph = new Graph()
    const found = interpret({ loss: sampleLosses("cross-entropy", graph.input("scores", [2, 3]), graph.input("y", [2]), 0.1) }, { scores: tensor(scores.flat(), [2, 3]), y: tensor([0, 2], [2]) })
    toNumbers(found["loss"] ?? scalar(0)).forEach((value, i) => expect(value).toBeCloseTo(answers?.smoothed[i] ?? Number.NaN, 5))
  })
})

describe("schedules", () => {
  it("warm up by equal amounts", () => {
    const rates = [0, 1, 2, 3, 4, 5].map((step) => rateAt({ ...base, kind: "constant", warmUp: 4 }, step, 0))
    expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
  })
})
