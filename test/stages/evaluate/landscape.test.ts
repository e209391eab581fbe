/** Landscapes and planes of linear models, whose losses are known in closed form. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { linear as affine, relu, reshape } from "../../../src/tensor/ops.ts"
import decisionPlane from "../../../stages/evaluate/decision-plane.ts"
import inputLandscape from "../../../stages/evaluate/input-landscape.ts"
import { filterNormalised } from "../../../stages/evaluate/lib/directions.ts"
import { meansPlane, planeThrough } from "../../../stages/evaluate/lib/plane.ts"
import weightLandscape from "../../../stages/evaluate/weight-landscape.ts"
import { linearModel, modelOf } from "../models.ts"
import { attemptStage, given, type Ran, runStage } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(9, "landscape", purpose)
const w = [2, -1, 0.5]
const x = stream("x").fillNormal(new Float32Array(60))
const score = (row: number, weights: ReadonlyArray<number> = w) => weights.reduce((sum, weight, i) => sum + weight * (x[row * 3 + i] ?? 0), 0)
const y = Float32Array.from({ length: 20 }, (_, row) => (score(row) + stream(`label ${row}`).normal() > 0 ? 1 : -1))
const data = () => given({ x, y, shape: [3], metadata: {} })
const mean = (of: (row: number) => number) => y.reduce((sum, _, row) => sum + of(row), 0) / y.length
const cell = (ran: Ran, u: number, v: number) => ran.rows("landscape").find((row) => Math.abs(Number(row["u"]) - u) < 1e-9 && Math.abs(Number(row["v"]) - v) < 1e-9)

describe("evaluate/input-landscape", () => {
  it("is, along the gradient's signs, a linear model's loss at margins that fall by u |w|_1", async () => {
    const ran = await runStage(inputLandscape, { cells: 5, extent: 0.2 }, { inputs: { model: linearModel(w), data: data() } })
    expect(ran.rows("landscape")).toHaveLength(25)
    for (const u of [-0.2, -0.1, 0, 0.1, 0.2]) {
      const margin = (row: number) => (y[row] ?? 0) * score(row) - u * 3.5
      expect(cell(ran, u, 0)).toMatchObject({
        loss: expect.closeTo(mean((row) => Math.log1p(Math.exp(-margin(row)))), 5),
        accuracy: expect.closeTo(mean((row) => (margin(row) > 0 ? 1 : 0)), 12)
      })
    }
  })

  it("moves no value out of the data's range, except that the samples themselves stay", async () => {
    const one = given({ x: Float32Array.of(0.5, 1.5), y: Float32Array.of(1), shape: [2], metadata: {} })
    const ran = await runStage(inputLandscape, { cells: 3, extent: 1, low: 0, high: 1 }, { inputs: { model: linearModel([1, 1]), data: one } })
    expect(cell(ran, 0, 0)?.["loss"]).toBeCloseTo(Math.log1p(Math.exp(-2)), 6)
    expect(cell(ran, 1, 0)?.["loss"]).toBeCloseTo(Math.log1p(Math.exp(-(0 + 0.5))), 6)
    expect(cell(ran, -1, 0)?.["loss"]).toBeCloseTo(Math.log1p(Math.exp(-(1 + 1))), 6)
  })
})

describe("evaluate/weight-landscape", () => {
  it("is the loss with the weights moved along directions as long as the weights, filter by filter", async () => {
    const ran = await runStage(weightLandscape, { cells: 3, extent: 0.5, seed: 4 }, { inputs: { model: linearModel(w), data: data() } })
    const direction = (which: string) => filterNormalised(w, [3, 1], 1, randomStream(4, "evaluate/weight-landscape", `${which} 0`))
    const [first, second] = [direction("first"), direction("second")]
    expect(Math.hypot(...first)).toBeCloseTo(Math.hypot(...w), 5)
    for (const row of ran.rows("landscape")) {
      const moved = w.map((weight, i) => weight + Number(row["u"]) * (first[i] ?? 0) + Number(row["v"]) * (second[i] ?? 0))
      expect(row["loss"]).toBeCloseTo(mean((sample) => Math.log1p(Math.exp(-(y[sample] ?? 0) * score(sample, moved)))), 5)
    }
    expect(ran.rows("stat")).toEqual([{ n: 20n, moved: 3n, fixed: 0n }])
  })

  it("leaves biases where they are", async () => {
    const net = modelOf({
      parameters: [
        { name: "w1", shape: [4, 3], initial: stream("w1").fillNormal(new Float32Array(12)), trainable: true },
        { name: "b1", shape: [4], initial: Float32Array.of(1, 2, 3, 4), trainable: true },
        { name: "w2", shape: [2, 4], initial: stream("w2").fillNormal(new Float32Array(8)), trainable: true }
      ],
      input: [3], outputs: 2,
      scores: (value, p) => affine(relu(affine(value, p("w1"), p("b1"))), p("w2"))
    })
    const set = given({ x, y: y.map((label) => (label + 1) / 2), shape: [3], metadata: {} })
    const ran = await runStage(weightLandscape, { cells: 1 }, { inputs: { model: net, data: set } })
    expect(ran.rows("stat")).toEqual([{ n: 20n, moved: 20n, fixed: 4n }])
    expect(ran.rows("landscape")).toHaveLength(1)
  })

  it("scales every filter of a kernel to the model's", () => {
    const kernel = stream("kernel").fillNormal(new Float32Array(24)).map((value, i) => value * (1 + Math.floor(i / 12)))
    const direction = filterNormalised(kernel, [2, 3, 2, 2], 0, stream("direction"))
    for (const filter of [0, 1]) {
      const length = (of: Float32Array) => Math.hypot(...of.subarray(12 * filter, 12 * filter + 12))
      expect(length(direction)).toBeCloseTo(length(kernel), 5)
    }
  })
})

describe("evaluate/decision-plane", () => {
  it("goes through three samples and says what the model says there", async () => {
    const ran = await runStage(decisionPlane, { samples: [0, 1, 2], cells: 6, extent: 2 }, { inputs: { model: linearModel(w), data: data() } })
    const plane = planeThrough(x.subarray(0, 3), x.subarray(3, 6), x.subarray(6, 9))
    if (plane === undefined) throw new Error("no plane")
    const rows = ran.rows("map")
    expect(rows).toHaveLength(36)
    for (const row of rows) {
      const at = Array.from(plane.origin, (from, i) => from + Number(row["u"]) * (plane.u[i] ?? 0) + Number(row["v"]) * (plane.v[i] ?? 0))
      const own = w.reduce((sum, weight, i) => sum + weight * (at[i] ?? 0), 0)
      expect(row).toMatchObject({ says: own > 0 ? 1 : -1, lead: expect.closeTo(Math.abs(own), 4), probability: expect.closeTo(1 / (1 + Math.exp(-Math.abs(own))), 5) })
    }
    const points = ran.rows("points")
    expect(points.map((row) => row["sample"])).toEqual([0, 1, 2])
    for (const row of points) expect(row["distance"]).toBeCloseTo(0, 5)
    expect(points[0]).toMatchObject({ u: 0, v: 0, label: y[0] })
    expect(points[1]?.["v"]).toBeCloseTo(0, 5)
  })

  it("may be spanned by the weights of a two-layer net, the units' first half and second half", async () => {
    const net = modelOf({
      parameters: [
        { name: "W", shape: [4, 2], initial: Float32Array.of(1, 0, 3, 0, 0, 1, 0, 5), trainable: true },
        { name: "a", shape: [1, 4], initial: Float32Array.of(1, 1, -1, -1), trainable: false }
      ],
      input: [2], outputs: 1,
      scores: (value, p) => reshape(affine(relu(affine(value, p("W"))), p("a")), [value.shape[0] ?? 0])
    })
    const set = given({ x: Float32Array.of(3, -1, 0.5, 2), y: Float32Array.of(1, -1), shape: [2], metadata: {} })
    const ran = await runStage(decisionPlane, { plane: "weights", cells: 2 }, { inputs: { model: linearModel([1, 0]), axes: net, data: set } })
    // The axes are those of the space; the map reaches to 3, the greatest coordinate, so that centres lie at 1.5.
    expect(ran.rows("points")).toMatchObject([{ u: 3, v: -1 }, { u: 0.5, v: 2 }])
    expect(ran.rows("map").map((row) => [row["u"], row["v"], row["says"]])).toEqual([[-1.5, -1.5, -1], [1.5, -1.5, 1], [-1.5, 1.5, -1], [1.5, 1.5, 1]])
  })

  it.each([
    [{ samples: [0, 1, 40] }, /There is no sample 40; the data have 20/],
    [{ samples: [0, 1, 1] }, /The samples 0, 1, 1 lie on a line/],
    [{ plane: "means", classes: [1, 7] }, /The mean of class 1 or 7 is 0, or it has no samples/],
    [{ plane: "weights" }, /no weight of hidden units on 3 values/]
  ])("says what is wrong with %o", async (params, message) => {
    const { error } = await attemptStage(decisionPlane, params, { inputs: { model: linearModel(w), data: data() } })
    expect(error?.message).toMatch(message)
  })

  it("has axes along class means", () => {
    expect(meansPlane(Float32Array.of(2, 0, 4, 0, 0, 3), 2, (row) => (row < 2 ? "u" : "v"))).toEqual({
      origin: new Float64Array(2), u: Float64Array.of(1, 0), v: Float64Array.of(0, 1)
    })
  })
})
