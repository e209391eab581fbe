import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import perturb from "../../../stages/attack/perturb.ts"
import { rowNorm, stepsOfLength } from "../../../stages/attack/lib/normalise.ts"
import { drawTargets } from "../../../stages/attack/lib/targets.ts"
import { twoLayer } from "../../../stages/train/lib/two-layer.ts"
import { linearModel, modelOf } from "../models.ts"
import { attemptStage, given, type Made, runStage } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(5, "test", purpose)
const samples = (n: number, d: number) => ({
  x: stream("x").fillNormal(new Float32Array(n * d)),
  y: Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  shape: [d],
  metadata: {}
})

describe("targets", () => {
  it("are exactly balanced, in random order, when asked to be", () => {
    for (const n of [2, 10, 1000, 12_700]) {
      const targets = drawTargets("balanced", n, stream("targets"))
      expect(targets.reduce((sum, target) => sum + target, 0)).toBe(0)
      expect(new Set(targets)).toEqual(new Set([1, -1]))
      expect(n < 100 || targets.subarray(0, n / 2).some((target) => target === -1)).toBe(true)
    }
    expect(drawTargets("balanced", 7, stream("targets")).reduce((sum, target) => sum + target, 0)).toBe(1)
  })

  it("are independent fair coins otherwise", () => {
    const mean = drawTargets("iid", 10_000, stream("targets")).reduce((sum, target) => sum + target, 0) / 10_000
    expect(Math.abs(mean)).toBeLessThan(0.05) // five standard errors
    expect(mean).not.toBe(0)
  })
})

describe("steps", () => {
  it("have the length asked for, whatever the scale of the gradient", () => {
    const direction = Float32Array.of(3, 4, 3e-30, 4e-30, -3e30, 4e30, 0, 0)
    const steps = stepsOfLength(direction, Float32Array.of(1, 1, -1, 1), 0.5)
    const expected = [0.3, 0.4, 0.3, 0.4, 0.3, -0.4, 0, 0]
    expected.forEach((value, i) => expect(steps[i]).toBeCloseTo(value, 7))
    expect([0, 1, 2, 3].map((row) => rowNorm(steps, row, 2))).toEqual([0.5, 0.5, 0.5, 0].map((norm) => expect.closeTo(norm, 7)))
  })
})

/** Scores of a model file by the reference interpreter, in double precision inside. */
const scoresBy = (model: Made, x: Float32Array, d: number) => {
  const { outputs } = decodeModel(readFileSync(model.path), { dimensions: { batch: x.length / d } })
  const { scores } = interpret(outputs, { x: tensor(x, [x.length / d, d]) })
  if (scores === undefined) throw new Error("The model gives no scores.")
  return toNumbers(scores)
}

describe("attack/perturb", () => {
  it("moves along the weights of a linear model, towards the target", async () => {
    const ran = await runStage(perturb, { eps: 0.5, seed: 0 }, { inputs: { model: linearModel([3, -4]), data: given(samples(6, 2)) } })
    const { x, y } = ran.dataset("data")
    y.forEach((target, sample) => {
      expect(x[2 * sample]).toBeCloseTo(target * 0.3, 7)
      expect(x[2 * sample + 1]).toBeCloseTo(target * -0.4, 7)
    })
  })

  it("has norms of exactly eps", async () => {
    const net = modelOf(twoLayer({ inputs: 100, width: 50, slope: 0 }, stream))
    const ran = await runStage(perturb, { eps: 0.01, seed: 0 }, { inputs: { model: net, data: given(samples(500, 100)) } })
    const { x, y } = ran.dataset("data")
    y.forEach((_, row) => expect(Math.abs(rowNorm(x, row, 100) / 0.01 - 1)).toBeLessThan(1e-6))
    const [stat] = ran.rows("stat")
    expect(stat).toMatchObject({ n: 500n, zero_gradients: 0n })
    expect(stat?.["norm_max"]).toBeCloseTo(0.01, 8)
  })

  it("points where finite differences of the score point", async () => {
    const d = 4
    const net = modelOf(twoLayer({ inputs: d, width: 30, slope: 0.2 }, stream))
    const data = samples(10, d)
    const steps = (await runStage(perturb, { eps: 1, seed: 0 }, { inputs: { model: net, data: given(data) } })).dataset("data")
    const h = 2 ** -10 // exact in single precision, smaller than the distance to a kink for these samples
    const differences = Array.from({ length: d }, (_, i) => {
      const [above, below] = [h, -h].map((shift) => scoresBy(net, data.x.map((value, at) => (at % d === i ? value + shift : value)), d))
      return Array.from(data.y, (_, row) => ((above?.[row] ?? 0) - (below?.[row] ?? 0)) / (2 * h))
    })
    data.y.forEach((_, row) => {
      const gradient = differences.map((along) => along[row] ?? 0)
      const norm = Math.hypot(...gradient)
      gradient.forEach((value, i) => expect(steps.x[row * d + i]).toBeCloseTo(((steps.y[row] ?? 0) * value) / norm, 2))
    })
  })

  it("adds the step to the sample in mode added, with the same targets", async () => {
    const data = samples(20, 3)
    const inputs = { model: linearModel([1, 2, 3]), data: given(data) }
    const alone = (await runStage(perturb, { eps: 0.1, seed: 0 }, { inputs })).dataset("data")
    const added = (await runStage(perturb, { eps: 0.1, seed: 0, mode: "added" }, { inputs })).dataset("data")
    expect(added.y).toEqual(alone.y)
    added.x.forEach((value, i) => expect(value).toBeCloseTo((data.x[i] ?? 0) + (alone.x[i] ?? 0), 6))
  })

  it("changes sign with the target, and nothing else", async () => {
    const inputs = { model: modelOf(twoLayer({ inputs: 3, width: 8, slope: 0.1 }, stream)), data: given(samples(40, 3)) }
    const [one, other] = [
      (await runStage(perturb, { eps: 1, seed: 0 }, { inputs })).dataset("data"),
      (await runStage(perturb, { eps: 1, seed: 0, stream: "others" }, { inputs })).dataset("data")
    ]
    expect(one.y).not.toEqual(other.y)
    one.x.forEach((value, i) => expect(value).toBeCloseTo((other.x[i] ?? 0) * ((one.y[Math.floor(i / 3)] ?? 0) * (other.y[Math.floor(i / 3)] ?? 0)), 6))
  })

  it("counts how often the model ends on the target's side", async () => {
    // f(x) = x: samples at +-1 cross over with steps of 2 and do not with steps of 0.5.
    const data = given({ x: Float32Array.of(1, -1, 1, -1), y: Float32Array.of(1, -1, 1, -1), shape: [1], metadata: {} })
    const stat = async (eps: number) => (await runStage(perturb, { eps, seed: 0, targets: "balanced" }, { inputs: { model: linearModel([1]), data } })).rows("stat")[0]
    const [near, far] = [await stat(0.5), await stat(2)]
    expect(near).toMatchObject({ success: near?.["success_before"], target_mean: 0 })
    expect(far).toMatchObject({ success: 1, target_agreement: near?.["target_agreement"] })
  })

  it("gives steps of zero for eps 0, and where the model is flat", async () => {
    const data = given(samples(8, 2))
    const still = await runStage(perturb, { eps: 0, seed: 0 }, { inputs: { model: linearModel([1, 1]), data } })
    expect(still.dataset("data").x.every((value) => value === 0)).toBe(true)
    const flat = await runStage(perturb, { eps: 1, seed: 0 }, { inputs: { model: linearModel([0, 0]), data } })
    expect(flat.dataset("data").x.every((value) => value === 0)).toBe(true)
    expect(flat.rows("stat")[0]).toMatchObject({ zero_gradients: 8n, norm_max: 0 })
  })

  it("refuses models with several scores, and data of another size", async () => {
    const data = given(samples(4, 2))
    const several = await attemptStage(perturb, { eps: 1, seed: 0 }, { inputs: { model: linearModel([1, 0], [0, 1]), data } })
    expect(several.error?.message).toBe("The model gives several scores for each sample.")
    const larger = await attemptStage(perturb, { eps: 1, seed: 0 }, { inputs: { model: linearModel([1, 0, 0]), data } })
    expect(larger.error?.message).toBe("The model takes samples of 3 values, but the data's have 2.")
  })
})
