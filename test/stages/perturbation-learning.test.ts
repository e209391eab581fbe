import { describe, expect, it } from "vitest"
import perturb from "../../stages/attack/perturb.ts"
import shiftedGauss from "../../stages/data/shifted-gauss.ts"
import theoryCosine from "../../stages/evaluate/theory-cosine.ts"
import transfer from "../../stages/evaluate/transfer.ts"
import twoLayer from "../../stages/train/two-layer.ts"
import { type Made, runStage } from "./run-stage.ts"

const only = (made: Made | undefined): Made => {
  if (made === undefined) throw new Error("The stage has no such output.")
  return made
}

describe("perturbation learning, small", () => {
  it("teaches g the task from f's perturbations alone", async () => {
    const samples = async (stream: string) => only((await runStage(shiftedGauss, { n: 400, d: 100, seed: 0, stream })).outputs["data"])
    const [data, fresh] = [await samples("train"), await samples("fresh")]
    const net = async (stream: string, of: Made) =>
      only((await runStage(twoLayer, { rate: 1, steps: 200, seed: 0, stream }, { inputs: { data: of } })).outputs["model"])
    const f = await net("f", data)
    const perturbed = only((await runStage(perturb, { eps: 0.01, targets: "balanced", seed: 0 }, { inputs: { model: f, data } })).outputs["data"])
    const g = await net("g", perturbed)
    const [measured] = (await runStage(transfer, {}, { inputs: { f, g, data, fresh, perturbed } })).rows("transfer")
    expect(measured).toMatchObject({ target_mean: 0, n: 400n, n_fresh: 400n })
    expect(measured?.["f_accuracy"]).toBeGreaterThan(0.99)
    expect(measured?.["g_accuracy"]).toBeGreaterThan(0.95)
    expect(measured?.["agreement"]).toBeGreaterThan(0.95)
    const [theory] = (await runStage(theoryCosine, {}, { inputs: { data, perturbed } })).rows("cosine")
    expect(theory?.["cosine"]).toBeGreaterThan(0.98)
  })
})
