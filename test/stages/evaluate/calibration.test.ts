import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import calibration from "../../../stages/evaluate/calibration.ts"
import { linearModel } from "../models.ts"
import { given, runStage } from "../run-stage.ts"
import { torchAnswers, whyNoTorch } from "../torch.ts"

const stream = (purpose: string) => randomStream(1, "calibration", purpose)
const [n, inputs] = [400, 3]
/** A linear model of three classes that is surer than it should be: labels follow its scores at a temperature of about 2.5. */
const weights = [[3, 0, -1], [-1, 3, 0], [0, -1, 3]]
const drawn = (purpose: string) => {
  const random = stream(purpose)
  const x = random.fillNormal(new Float32Array(n * inputs))
  const y = Float32Array.from({ length: n }, (_, row) => {
    const odds = weights.map((own) => Math.exp(own.reduce((sum, w, i) => sum + w * (x[row * inputs + i] ?? 0), 0) / 2.5))
    let left = random.uniform() * odds.reduce((sum, one) => sum + one, 0)
    return odds.findIndex((one) => (left -= one) < 0)
  })
  return { x, y, shape: [inputs], metadata: {} }
}
const [data, validation] = [drawn("data"), drawn("validation")]

describe("evaluate/calibration", () => {
  it("puts confidences into bins and finds the distance to accuracy", async () => {
    // Confidences of 1 / (1 + exp(-1)) = 0.731 (right, right, wrong) and 1 / (1 + exp(-3)) = 0.953 (right).
    const set = given({ x: Float32Array.of(1, 1, -1, 3), y: Float32Array.of(1, 1, 1, 1), shape: [1], metadata: {} })
    const ran = await runStage(calibration, { bins: 10 }, { inputs: { model: linearModel([1]), data: set } })
    const [low, high] = [1 / (1 + Math.exp(-1)), 1 / (1 + Math.exp(-3))]
    const filled = ran.rows("bins").filter((row) => row["n"] !== 0n)
    expect(filled).toMatchObject([
      { bin: 7n, low: expect.closeTo(0.7, 12), high: expect.closeTo(0.8, 12), n: 3n, confidence: expect.closeTo(low, 6), accuracy: expect.closeTo(2 / 3, 12) },
      { bin: 9n, n: 1n, confidence: expect.closeTo(high, 6), accuracy: 1 }
    ])
    expect(ran.rows("stat")).toMatchObject([{
      scaled: false, temperature: 1, n: 4n, accuracy: 0.75, confidence: expect.closeTo((3 * low + high) / 4, 6),
      ece: expect.closeTo((3 * (low - 2 / 3) + (1 - high)) / 4, 6), mce: expect.closeTo(low - 2 / 3, 6),
      brier: expect.closeTo((2 * 2 * (1 - low) ** 2 + 2 * low ** 2 + 2 * (1 - high) ** 2) / 4, 6)
    }])
  })

  it("can have as many samples in each bin", async () => {
    const ran = await runStage(calibration, { bins: 8, binning: "equal-count" }, { inputs: { model: linearModel(...weights), data: given(data) } })
    expect(ran.rows("bins").map((row) => row["n"])).toEqual(Array.from({ length: 8 }, () => 50n))
    const ends = ran.rows("bins").flatMap((row) => [Number(row["low"]), Number(row["high"])])
    expect(ends).toEqual(ends.toSorted((a, b) => a - b))
  })

  it("says when no temperature is best: a model that is always right cannot be too sure", async () => {
    const right = given({ x: Float32Array.of(1, -1), y: Float32Array.of(1, -1), shape: [1], metadata: {} })
    const ran = await runStage(calibration, {}, { inputs: { model: linearModel([1]), data: right, validation: right } })
    expect(ran.rows("stat")[1]).toMatchObject({ scaled: true, temperature: 0.01 })
    expect(ran.events).toContainEqual(expect.objectContaining({ type: "log", level: "warn", message: expect.stringMatching(/always right/) }))
  })

  it.skipIf(whyNoTorch !== undefined)(`fits the temperature and measures as PyTorch does${whyNoTorch === undefined ? "" : `: ${whyNoTorch}`}`, async () => {
    interface Measured { readonly ece: number; readonly mce: number; readonly brier: number; readonly loss: number; readonly confidence: number }
    const { calibration: answer } = torchAnswers<{ readonly calibration: { readonly temperature: number; readonly before: Measured; readonly after: Measured } }>({
      calibration: { inputs, weights, bins: 15, x: [...data.x], labels: [...data.y], validation: [...validation.x], validation_labels: [...validation.y] }
    }, new URL("torch_calibration.py", import.meta.url))
    const columns = Array.from({ length: 3 }, (_, k) => weights[k] ?? [])
    const ran = await runStage(calibration, {}, { inputs: { model: linearModel(...columns), data: given(data), validation: given(validation) } })
    const [before, after] = ran.rows("stat")
    expect(after?.["temperature"]).toBeCloseTo(answer.temperature, 4)
    expect(answer.temperature).toBeGreaterThan(2)
    for (const [ours, theirs] of [[before, answer.before], [after, answer.after]] as const) {
      for (const [name, value] of Object.entries(theirs)) expect([name, ours?.[name]]).toEqual([name, expect.closeTo(value, 4)])
    }
    expect(answer.after.ece).toBeLessThan(answer.before.ece)
  })
})
