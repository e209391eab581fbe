import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import twoLayerStage from "../../../stages/train/two-layer.ts"
import { twoLayer } from "../../../stages/train/lib/two-layer.ts"
import { attemptStage, given, runStage, temporaryFolder } from "../run-stage.ts"
import { cases, expectSame, random, samples, stageRun, tiny } from "./tiny.ts"
import { train } from "./transcription.ts"

const data = () => samples.mixed

describe("train/two-layer", () => {
  it.each(cases)("takes the same steps as the mathematics written out ($loss, slope $gamma, rate $rate)", async (tinyCase) => {
    const ran = await stageRun(tinyCase)
    const reference = train(tinyCase)
    expect(ran.rows("curve").length).toBe(tinyCase.steps)
    expectSame(ran.rows("curve"), tinyCase.rate, reference)
    const [stat] = ran.rows("stat")
    expect(stat?.["rate"]).toBeCloseTo(reference.rates.at(-1) ?? Number.NaN, 10)
  })

  it("has a case in which the rate is lowered more than once", () => {
    const [, , contradictory] = cases.map((tinyCase) => new Set(train(tinyCase).rates).size)
    expect(contradictory).toBeGreaterThan(2)
  })

  it("draws W ~ N(0, 1/d), b ~ N(0, 1), a ~ N(0, 1/m)", () => {
    const net = twoLayer({ inputs: 400, width: 900, slope: 0 }, random)
    const deviations = net.parameters.map(({ initial }) => Math.sqrt(initial.reduce((sum, value) => sum + value * value, 0) / initial.length))
    expect(deviations[0]).toBeCloseTo(1 / 20, 3)
    expect(deviations[1]).toBeGreaterThan(0.9)
    expect(deviations[1]).toBeLessThan(1.1)
    expect(deviations[2]).toBeCloseTo(1 / 30, 2)
    expect(net.parameters.map(({ name, trainable }) => [name, trainable])).toEqual([["W", true], ["b", true], ["a", false]])
  })

  it("saves a model that takes any number of samples, with the weights inside", async () => {
    const bytes = (await stageRun(tiny({ data: "mixed", loss: "identity", gamma: 0, rate: 1, steps: 1 }))).bytes("model")
    for (const batch of [1, 3]) {
      const { inputs, metadata, outputs } = decodeModel(bytes, { dimensions: { batch } })
      expect([inputs["x"]?.shape, outputs["scores"]?.shape]).toEqual([[batch, 3], [batch]])
      expect(metadata).toMatchObject({ loss: "identity" })
    }
  })

  it("reports one row on how it ended", async () => {
    const ran = await stageRun(tiny({ data: "mixed", loss: "logistic", gamma: 0, rate: 0.5, steps: 300 }))
    const [stat] = ran.rows("stat")
    const last = ran.rows("curve").at(-1)
    expect(stat).toMatchObject({ n: 8n, steps: 300n })
    expect(Number(stat?.["loss"])).toBeLessThan(Number(last?.["loss"]) + 1e-6)
    expect(stat?.["accuracy"]).toBe(1)
  })

  it("stops when the loss is not finite any more, and says at which step", async () => {
    const { x, y } = data()
    const huge = { x: x.map((value) => value * 1e30), y, shape: [3], metadata: {} }
    const { error } = await attemptStage(twoLayerStage, { rate: 1e9, steps: 50, seed: 0 }, { inputs: { data: given(huge) } })
    expect(error?.message).toMatch(/^The loss became (NaN|-?Infinity) at step \d+, with a learning rate of 1000000000\.$/)
    expect(error?.hint).toMatch(/smaller `rate`/)
  })

  it("keeps the last good state when the loss is not finite any more: a later attempt goes on from there", async () => {
    // The loss falls by the same amount at every step, below the least float32 after some 2,700.
    const params = { width: 64, rate: 5e34, momentum: 0, schedule: "constant", steps: 20_000, seed: 0 }
    const options = { inputs: { data: given(data()) }, checkpoint: join(temporaryFolder(), "checkpoint") }
    const stop = new AbortController()
    await attemptStage(twoLayerStage, params, { ...options, signal: stop.signal, onEvent: (event) => event.type === "progress" && stop.abort() })
    const diverged = await attemptStage(twoLayerStage, params, options)
    const saved = Number(/The last good state, after step (\d+), is kept/.exec(diverged.error?.hint ?? "")?.[1])
    expect(saved).toBeGreaterThan(0)
    const again = await attemptStage(twoLayerStage, params, options)
    expect(again.error?.message).toBe(diverged.error?.message)
    expect(Number(/after step (\d+)/.exec(again.error?.hint ?? "")?.[1])).toBeGreaterThanOrEqual(saved)
  })

  it("wants labels -1 and 1", async () => {
    const classes = { ...data(), y: Float32Array.of(1, -1, 1, 0, 2, 1, 1, 1) }
    const { error } = await attemptStage(twoLayerStage, { rate: 1, seed: 0 }, { inputs: { data: given(classes) } })
    expect(error?.message).toBe("The identity loss needs labels -1 and 1, but sample 3 is labelled 0.")
  })

  it("goes on after an interruption and ends with the same bytes", async () => {
    const params = { width: 64, rate: 0.1, steps: 8_000, seed: 0, loss: "logistic" }
    const inputs = { data: given(data()) }
    const whole = await runStage(twoLayerStage, params, { inputs })
    const checkpoint = join(temporaryFolder(), "checkpoint")
    const stop = new AbortController()
    const first = await attemptStage(twoLayerStage, params, {
      inputs,
      checkpoint,
      signal: stop.signal,
      onEvent: (event) => event.type === "progress" && event.done > 1000 && stop.abort()
    })
    expect(first.error?.tag).toBe("Interrupted")
    expect(existsSync(checkpoint)).toBe(true)
    const second = await runStage(twoLayerStage, params, { inputs, checkpoint })
    const [progress] = second.events
    expect(progress?.type === "progress" ? progress.done : 0).toBeGreaterThan(1000)
    expect(second.bytes("model")).toEqual(whole.bytes("model"))
    expect(second.rows("curve")).toEqual(whole.rows("curve"))
  })
})

describe("the net with signs for a readout", () => {
  it("has half of its readout up, half down, no bias, and weights uniform within 1/sqrt(d)", () => {
    const net = twoLayer({ inputs: 25, width: 40, slope: 0.01, bias: false, start: "signs" }, random)
    expect(net.parameters.map(({ name, trainable }) => [name, trainable])).toEqual([["W", true], ["a", false]])
    const [w, a] = net.parameters.map(({ initial }) => initial)
    expect(a?.filter((value) => value === Math.fround(1 / Math.sqrt(40)))).toHaveLength(20)
    expect(a?.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6)
    const greatest = Math.max(...(w ?? []).map(Math.abs))
    expect(greatest).toBeLessThanOrEqual(0.2)
    expect(greatest).toBeGreaterThan(0.19)
  })

  it("learns random labels by the exponential loss", async () => {
    const params = { width: 30, slope: 0.01, bias: false, start: "signs", loss: "exponential", rate: 0.1, steps: 300, seed: 0 }
    const ran = await runStage(twoLayerStage, params, { inputs: { data: given(samples.mixed) } })
    expect(ran.rows("stat")[0]?.["accuracy"]).toBe(1)
  })
})
