import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { softmax } from "../../../src/tensor/ops.ts"
import autoattack from "../../../stages/attack/autoattack.ts"
import fgsm from "../../../stages/attack/fgsm.ts"
import normalisedGradient from "../../../stages/attack/normalised-gradient.ts"
import pgd from "../../../stages/attack/pgd.ts"
import { linearModel, modelOf } from "../models.ts"
import { attemptStage, given, type Ran, runStage } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(5, "attacks", purpose)
const d = 12
/** A linear model of four classes, and samples with the labels that it gives. */
const columns = Array.from({ length: 4 }, (_, k) => [...stream(`column ${k}`).fillNormal(new Float32Array(d))])
const model = () => linearModel(...columns)
const score = (x: ArrayLike<number>, row: number, k: number) => (columns[k] ?? []).reduce((sum, weight, i) => sum + weight * (x[row * d + i] ?? 0), 0)
const n = 30
const x = stream("x").fillUniform(new Float32Array(n * d))
const y = Float32Array.from({ length: n }, (_, row) => [1, 2, 3].reduce((best, k) => (score(x, row, k) > score(x, row, best) ? k : best), 0))
const data = () => given({ x, y, shape: [d], metadata: {} })
const length = (norm: string, v: ReadonlyArray<number>) =>
  norm === "linf" ? Math.max(...v.map(Math.abs)) : norm === "l1" ? v.reduce((sum, value) => sum + Math.abs(value), 0) : Math.hypot(...v)
const dual = { linf: "l1", l2: "l2", l1: "linf" }
/** Distance of a sample to the nearest other class of the linear model. */
const distance = (norm: "linf" | "l2" | "l1", row: number) => {
  const own = y[row] ?? 0
  return Math.min(...[0, 1, 2, 3].filter((k) => k !== own).map((k) => {
    const normal = (columns[k] ?? []).map((value, i) => value - (columns[own]?.[i] ?? 0))
    return (score(x, row, own) - score(x, row, k)) / length(dual[norm], normal)
  }))
}
const columnOf = (ran: Ran, name: string) => ran.rows("samples").map((row) => Number(row[name]))

describe.each(["linf", "l2", "l1"] as const)("on a linear model, in %s", (norm) => {
  const distances = Array.from({ length: n }, (_, row) => distance(norm, row))
  // Between two neighbouring distances, so that rounding decides nothing.
  const sorted = distances.toSorted((a, b) => a - b)
  const eps = ((sorted[14] ?? 0) + (sorted[15] ?? 0)) / 2
  const reachable = distances.map((of) => of < eps)

  it("AutoAttack breaks exactly the samples whose distance to another class is below eps", async () => {
    const ran = await runStage(autoattack, { norm, eps, steps: 30, queries: 20 }, { inputs: { model: model(), data: data() } })
    expect(ran.rows("samples").map((row) => row["success"])).toEqual(reachable)
    expect(ran.rows("stat")[0]).toMatchObject({ clean_accuracy: 1, robust_accuracy: 0.5, success: 0.5 })
    expect(Math.max(...columnOf(ran, norm))).toBeLessThanOrEqual(eps * (1 + 1e-4))
    const order = ran.rows("order").map((row) => [row["robust_before"], row["robust_after"]])
    for (const [before, after] of order) expect(Number(after)).toBeLessThanOrEqual(Number(before))
    expect(order.at(-1)?.[1]).toBe(0.5)
  })

  it("FAB finds the nearest point of another class", async () => {
    const ran = await runStage(autoattack, { norm, eps: 100, attacks: ["fab-t"], steps: 30 }, { inputs: { model: model(), data: data() } })
    columnOf(ran, norm).forEach((found, row) => {
      // The first target that succeeds ends the search, so that no other class is nearer than the one found, but the distance is never less.
      expect(found).toBeGreaterThanOrEqual((distances[row] ?? 0) * (1 - 1e-4))
    })
  })

  it("the untargeted FAB finds the nearest point of any other class", async () => {
    const ran = await runStage(autoattack, { norm, eps: 100, attacks: ["fab"], fab_restarts: 1, steps: 30 }, { inputs: { model: model(), data: data() } })
    columnOf(ran, norm).forEach((found, row) => {
      expect(found).toBeGreaterThanOrEqual((distances[row] ?? 0) * (1 - 1e-4))
      expect(found).toBeLessThanOrEqual((distances[row] ?? 0) * 1.051)
    })
  })

  it("Square stays in the ball and the range, and breaks nothing that cannot be broken", async () => {
    const ran = await runStage(autoattack, { norm, eps, attacks: ["square"], queries: 150, low: 0, high: 1 }, { inputs: { model: model(), data: data() } })
    const successes = ran.rows("samples").map((row) => row["success"])
    successes.forEach((success, row) => success === true && expect(reachable[row]).toBe(true))
    expect(successes.filter((success) => success === true).length).toBeGreaterThan(3)
    expect(Math.max(...columnOf(ran, norm))).toBeLessThanOrEqual(eps * (1 + 1e-5))
    expect(Math.max(...ran.dataset("data").x)).toBeLessThanOrEqual(1)
    expect(Math.min(...ran.dataset("data").x)).toBeGreaterThanOrEqual(0)
  })

  it("PGD keeps in the ball and raises the loss; its margin attack breaks what can be broken", async () => {
    const params = { norm, eps, steps: 60, step: eps / 10, restarts: 3, loss: "margin", sparsity: 0.08, seed: 1 }
    const ran = await runStage(pgd, params, { inputs: { model: model(), data: data() } })
    expect(Math.max(...columnOf(ran, norm))).toBeLessThanOrEqual(eps * (1 + 1e-5))
    const successes = ran.rows("samples").map((row) => row["success"])
    successes.forEach((success, row) => success === true && expect(reachable[row]).toBe(true))
    expect(successes.filter((success) => success === true).length).toBeGreaterThanOrEqual(14)
    expect(ran.dataset("data").y).toEqual(y)
  })
})

describe("attack/fgsm", () => {
  it("moves a binary linear model's samples by eps against their labels", async () => {
    const binary = linearModel([3, -4])
    const set = given({ x: Float32Array.of(1, 1, -1, 2), y: Float32Array.of(1, -1), shape: [2], metadata: {} })
    const ran = await runStage(fgsm, { eps: 0.5 }, { inputs: { model: binary, data: set } })
    expect([...ran.dataset("data").x]).toEqual([0.5, 1.5, -0.5, 1.5])
    expect(ran.rows("samples")).toMatchObject([{ label: 1n, before: -1n, after: -1n, success: true, target: null }, { label: -1n, before: -1n, after: -1n, success: false }])
    expect(ran.rows("samples")[0]?.["loss_before"]).toBeCloseTo(Math.log1p(Math.exp(1)), 5)
  })

  it("says which labels a model cannot have", async () => {
    const set = given({ x: Float32Array.of(1, 1), y: Float32Array.of(7), shape: [2], metadata: {} })
    const { error } = await attemptStage(fgsm, {}, { inputs: { model: linearModel([1, 0], [0, 1]), data: set } })
    expect(error?.message).toMatch(/Sample 0 is labelled 7, but the model takes 0 to 1/)
  })
})

describe("attack/normalised-gradient", () => {
  it.each([["l2", 0.4, 100], ["linf", 0.2, 100], ["l0", 0, 3]] as const)("moves towards the target in %s and never ends with a higher loss", async (norm, eps, steps) => {
    const ran = await runStage(normalisedGradient, { norm, eps, steps, low: 0, high: 1, targets: "next" }, { inputs: { model: model(), data: data() } })
    const moved = ran.dataset("data")
    expect([...moved.y]).toEqual([...y].map((label) => (label + 1) % 4))
    for (const row of ran.rows("samples")) {
      expect(Number(row["loss_after"])).toBeLessThan(Number(row["loss_before"]))
      expect(Number(row[norm])).toBeLessThanOrEqual(norm === "l0" ? 3 : eps * (1 + 1e-5))
    }
    expect(Math.max(...moved.x)).toBeLessThanOrEqual(1)
    expect(Math.min(...moved.x)).toBeGreaterThanOrEqual(0)
  })
})

/** What a run warned about. */
const warnings = (ran: Ran) => ran.events.flatMap((event) => (event.type === "log" && event.level === "warn" ? [event.message] : []))

describe("AutoAttack", () => {
  it("runs the published lists in their order", async () => {
    const order = async (version: string) =>
      (await runStage(autoattack, { eps: 0.001, version, steps: 2, queries: 2 }, { inputs: { model: model(), data: data() } })).rows("order").map((row) => row["attack"])
    expect(await order("standard")).toEqual(["apgd-ce", "apgd-t", "fab-t", "square"])
    expect(await order("plus")).toEqual(["apgd-ce", "apgd-dlr", "fab", "square", "apgd-t", "fab-t"])
    expect(await order("rand")).toEqual(["apgd-ce", "apgd-dlr"])
  })

  it("averages over gradients of a model that draws at random, and breaks what its noise cannot save", async () => {
    const distances = Array.from({ length: n }, (_, row) => distance("l2", row))
    const eps = distances.toSorted((a, b) => a - b)[15] ?? 0
    const noise = 0.02
    const run = (params: object) => runStage(autoattack, { norm: "l2", eps, noise, steps: 20, ...params }, { inputs: { model: model(), data: data() } })
    const ran = await run({ version: "rand" })
    const broken = ran.rows("broken").map((row) => row["attack"] !== null)
    distances.forEach((of, row) => {
      if (of < eps - 4 * noise) expect([row, broken[row]]).toEqual([row, true])
      if (of > eps + 5 * noise) expect([row, broken[row]]).toEqual([row, false])
    })
    // 21 points, 20 evaluations each, for both losses where the first did not succeed.
    expect(new Set(ran.rows("samples").map((row) => Number(row["queries"])))).toEqual(new Set([420, 840]))
    expect(warnings(ran)).toEqual([])
    expect((await run({ version: "rand" })).bytes("samples")).toEqual(ran.bytes("samples"))
    expect(warnings(await run({ attacks: ["apgd-ce"] }))).toEqual([expect.stringMatching(/draws at random. Use `version: rand`/)])
    expect(warnings(await run({ version: "rand", noise: 0, steps: 2 }))).toEqual([expect.stringMatching(/20 evaluations of every gradient are the same/)])
  })

  it("warns of probabilities in place of logits, and of gradients that vanish", async () => {
    const sure = linearModel([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const ran = await runStage(autoattack, { eps: 0.1, attacks: ["apgd-ce"], steps: 2 }, { inputs: { model: sure, data: given({ x, y: new Float32Array(n), shape: [d], metadata: {} }) } })
    expect(warnings(ran)).toEqual([expect.stringMatching(/The gradient was zero at the start of 30 APGD runs/)])
    const halves = modelOf({ parameters: [], input: [2], outputs: 2, scores: (value) => softmax(value) })
    const set = given({ x: Float32Array.of(1, 0, 0, 1), y: Float32Array.of(0, 1), shape: [2], metadata: {} })
    expect(warnings(await runStage(autoattack, { eps: 0.1, attacks: ["apgd-ce"], steps: 2 }, { inputs: { model: halves, data: set } }))).toEqual([expect.stringMatching(/look like probabilities/)])
  })

  it("leaves out what a binary model cannot be attacked with, and says so", async () => {
    const set = given({ x: stream("binary").fillUniform(new Float32Array(20)), y: Float32Array.from({ length: 10 }, () => 1), shape: [2], metadata: {} })
    const ran = await runStage(autoattack, { eps: 0.1, steps: 10, queries: 5 }, { inputs: { model: linearModel([3, 1]), data: set } })
    const warnings = ran.events.flatMap((event) => (event.type === "log" ? [event.message] : []))
    expect(warnings).toEqual(expect.arrayContaining([expect.stringMatching(/apgd-t needs 4 classes and the model has 2/)]))
  })

  it("refuses data outside the range that it is told", async () => {
    const { error } = await attemptStage(autoattack, { eps: 0.1, low: 0, high: 0.5 }, { inputs: { model: model(), data: data() } })
    expect(error?.message).toMatch(/outside its range/)
  })
})
