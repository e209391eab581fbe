import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { type Tensor, tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import decisionMap from "../../../stages/evaluate/decision-map.ts"
import { classWeightedSums, drawKernel, theoryScores, theoryWeights } from "../../../stages/evaluate/lib/kernel.ts"
import theoryCosine from "../../../stages/evaluate/theory-cosine.ts"
import { linearModel } from "../models.ts"
import { attemptStage, given, runStage } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(1, "test", purpose)
const [n, d, m, draws, slope] = [6, 3, 4, 50, 0.2]
const matrix = (purpose: string, rows: number, columns: number) => tensor(stream(purpose).fillNormal(new Float32Array(rows * columns)), [rows, columns])
const row = ({ data, shape }: Tensor, at: number): ReadonlyArray<number> => {
  const [, columns = 1] = shape
  return Array.from({ length: columns }, (_, i) => Number(data[at * columns + i]))
}
const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
const mean = (count: number, term: (i: number) => number) => Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0) / count

const kernel = drawKernel(draws, d, stream)
const [x, r, z] = [matrix("x", n, d), matrix("r", n, d), matrix("z", m, d)]
const y = tensor(Float32Array.of(1, -1, 1, -1, -1, 1), [n, 1])
const label = (k: number) => Number(y.data[k])

/** Phi as it is defined: the mean over draws of phi'(v.p + a) phi'(v.q + a). */
const phi = (p: ReadonlyArray<number>, q: ReadonlyArray<number>) =>
  mean(draws, (s) => {
    const slopeAt = (point: ReadonlyArray<number>) => (dot(row(kernel.v, s), point) + Number(kernel.a.data[s]) > 0 ? 1 : slope)
    return slopeAt(p) * slopeAt(q)
  })
const expectClose = (actual: Tensor | undefined, expected: ReadonlyArray<number>) => {
  expect(actual?.data.length).toBe(expected.length)
  expected.forEach((value, i) => expect(actual === undefined ? Number.NaN : toNumbers(actual)[i]).toBeCloseTo(value, 5))
}
const sumAt = (point: ReadonlyArray<number>, i: number) => n * mean(n, (k) => label(k) * phi(point, row(x, k)) * (row(x, k)[i] ?? 0))

describe("the theory's graphs agree with their definitions, sum by sum", () => {
  it("in the class-weighted sums", () => {
    const { sums } = interpret({ sums: classWeightedSums(n, d, draws, slope) }, { x, y, ...kernel })
    expectClose(sums, Array.from({ length: n * d }, (_, at) => sumAt(row(x, Math.floor(at / d)), at % d)))
  })

  it("in the predicted scores of f and g", () => {
    const weights = interpret(theoryWeights(n, d, draws, slope), { x, y, r, ...kernel })
    const { f, g } = interpret(theoryScores(m, d, draws, slope), { z, ...kernel, ...weights })
    const points = Array.from({ length: m }, (_, at) => row(z, at))
    expectClose(f, points.map((point) => mean(n, (k) => label(k) * phi(row(x, k), point) * dot(row(x, k), point))))
    expectClose(g, points.map((point) => mean(n, (k) => {
      const u = Array.from({ length: d }, (_, i) => sumAt(row(x, k), i) / n)
      return phi(row(r, k), point) * dot(u, point)
    })))
  })

  it("with draws v ~ N(0, I/d) and a ~ N(0, 1)", () => {
    const { a, v } = drawKernel(5000, 4, stream)
    const deviation = (values: Tensor) => Math.sqrt(mean(values.data.length, (i) => Number(values.data[i]) ** 2))
    expect(deviation(v)).toBeCloseTo(1 / 2, 1)
    expect(deviation(a)).toBeCloseTo(1, 1)
  })
})

const samples = (count: number, size: number) => ({
  x: stream("samples").fillNormal(new Float32Array(count * size)).map((value, i) => value + (i < (count / 2) * size ? 0.5 : -0.5)),
  y: Float32Array.from({ length: count }, (_, i) => (i < count / 2 ? 1 : -1)),
  shape: [size],
  metadata: {}
})

describe("evaluate/theory-cosine", () => {
  it("is 1 for perturbations along the class-weighted sums, whatever their sign", async () => {
    const data = samples(30, 5)
    const inputs = { x: tensor(data.x, [30, 5]), y: tensor(data.y, [30, 1]) }
    const { sums } = interpret({ sums: classWeightedSums(30, 5, 100, 0) }, { ...inputs, ...drawKernel(100, 5, (purpose) => randomStream(2, "evaluate/theory-cosine", purpose)) })
    const along = Float32Array.from(sums === undefined ? [] : toNumbers(sums)).map((value, i) => (Math.floor(i / 5) % 2 === 0 ? -value : value))
    const [result] = (await runStage(theoryCosine, { draws: 100, seed: 2 }, { inputs: { data: given(data), perturbed: given({ ...data, x: along }) } })).rows("cosine")
    expect(result).toEqual({ cosine: expect.closeTo(1, 6), least: expect.closeTo(1, 6), n: 30n })
  })

  it("leaves out samples without a perturbation, and refuses perturbations of other data", async () => {
    const data = samples(10, 4)
    const half = { ...data, x: data.x.map((value, i) => (i < 20 ? 0 : value)) }
    const [result] = (await runStage(theoryCosine, { draws: 50 }, { inputs: { data: given(data), perturbed: given(half) } })).rows("cosine")
    expect(result).toMatchObject({ n: 5n })
    const { error } = await attemptStage(theoryCosine, {}, { inputs: { data: given(data), perturbed: given(samples(8, 4)) } })
    expect(error?.message).toMatch(/^The perturbations are not those of the data/)
    const none = await attemptStage(theoryCosine, {}, { inputs: { data: given(data), perturbed: given({ ...data, x: data.x.map(() => 0) }) } })
    expect(none.error?.message).toMatch(/^No sample has both/)
  })
})

describe("evaluate/decision-map", () => {
  it("shows each net's decision at every cell of the plane of the class means", async () => {
    // The class means lie on the axes, so that u and v are the coordinates themselves.
    const data = { x: Float32Array.of(3, 0, 1, 0, 0, 2), y: Float32Array.of(1, 1, -1), shape: [2], metadata: {} }
    const ran = await runStage(decisionMap, { cells: 4 }, {
      inputs: { f: linearModel([1, 0]), g: linearModel([0, -1]), data: given(data), perturbed: given({ ...data, y: Float32Array.of(1, -1, 1) }) }
    })
    const map = ran.rows("map")
    expect(map.length).toBe(16)
    expect(map.slice(0, 4).map((cell) => cell["u"])).toEqual([-2.25, -0.75, 0.75, 2.25])
    for (const cell of map) {
      const [u, v] = [Number(cell["u"]), Number(cell["v"])]
      expect(cell).toMatchObject({ sign_f: u > 0 ? 1 : -1, sign_g: v < 0 ? 1 : -1, agree: u > 0 === v < 0 })
    }
    expect(ran.rows("points")).toEqual([{ u: 3, v: 0, y: 1 }, { u: 1, v: 0, y: 1 }, { u: 0, v: 2, y: -1 }])
  })

  it("needs both classes", async () => {
    const data = given({ x: Float32Array.of(1, 2), y: Float32Array.of(1, 1), shape: [1], metadata: {} })
    const { error } = await attemptStage(decisionMap, {}, { inputs: { f: linearModel([1]), g: linearModel([1]), data, perturbed: data } })
    expect(error?.message).toMatch(/samples labelled \+1 and samples labelled -1/)
  })
})
