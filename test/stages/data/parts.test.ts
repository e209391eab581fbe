import { describe, expect, it } from "vitest"
import type { Dataset } from "../../../src/table/dataset.ts"
import noise from "../../../stages/data/noise.ts"
import normalise from "../../../stages/data/normalise.ts"
import subset from "../../../stages/data/subset.ts"
import { attemptStage, given, runStage } from "../run-stage.ts"

const numbered = (n: number): Dataset => ({
  x: Float32Array.from({ length: 2 * n }, (_, i) => i), y: Float32Array.from({ length: n }, (_, i) => i % 3), shape: [2], metadata: { source: "test" }
})

describe("data/noise", () => {
  it("has the moments asked for, and larger sets begin with smaller ones", async () => {
    const make = async (params: object) => (await runStage(noise, { n: 500, shape: [1, 4, 5], seed: 0, ...params })).dataset("data")
    const mean = (x: Float32Array) => x.reduce((sum, value) => sum + value, 0) / x.length
    const uniform = await make({ low: -1, high: 3 })
    expect(mean(uniform.x)).toBeCloseTo(1, 1)
    expect(mean(uniform.x.map((value) => (value - 1) ** 2))).toBeCloseTo(16 / 12, 1)
    const gauss = await make({ kind: "gauss", scale: 2, labels: "signed" })
    expect(mean(gauss.x.map((value) => value ** 2))).toBeCloseTo(4, 0)
    expect(new Set(gauss.y)).toEqual(new Set([-1, 1]))
    expect(new Set(uniform.y).size).toBe(10)
    expect((await make({ low: -1, high: 3, n: 7 })).x).toEqual(uniform.x.slice(0, 140))
  })
})

describe("data/subset", () => {
  const part = async (params: object) => {
    const ran = await runStage(subset, { ...params }, { inputs: { data: given(numbered(12)) } })
    return [ran.dataset("data"), ran.dataset("rest")].map(({ x }) => Array.from({ length: x.length / 2 }, (_, i) => (x[2 * i] ?? 0) / 2))
  }

  it("chooses by class, place and number, and gives the rest", async () => {
    expect(await part({ count: 2, from: 1 })).toEqual([[1, 2], [0, 3, 4, 5, 6, 7, 8, 9, 10, 11]])
    expect(await part({ classes: [0, 2], share: 0.5 })).toEqual([[0, 2, 3, 5], [1, 4, 6, 7, 8, 9, 10, 11]])
    expect((await part({ each: true, count: 1 }))[0]).toEqual([0, 1, 2])
  })

  it("chooses at random, the same under the same seed", async () => {
    const [chosen = [], rest = []] = await part({ count: 6, shuffle: true, seed: 3 })
    expect([...chosen, ...rest].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(chosen).not.toEqual([0, 1, 2, 3, 4, 5])
    expect((await part({ count: 6, shuffle: true, seed: 3 }))[0]).toEqual(chosen)
  })

  it("says when nothing is chosen", async () => {
    const { error } = await attemptStage(subset, { classes: [7] }, { inputs: { data: given(numbered(3)) } })
    expect(error?.message).toMatch(/None of the 3 samples is chosen/)
  })
})

describe("data/normalise", () => {
  // Two channels of two pixels: 1 3 | 10 10, 5 7 | 30 30.
  const images = (): Dataset => ({ x: Float32Array.of(1, 3, 10, 10, 5, 7, 30, 30), y: Float32Array.of(0, 1), shape: [2, 1, 2], metadata: {} })

  it("takes each channel's mean and deviation, its own or another set's", async () => {
    const own = await runStage(normalise, {}, { inputs: { data: given(images()) } })
    const [first, second] = own.rows("moments")
    expect(first).toMatchObject({ part: 0n, mean: 4, deviation: Math.sqrt(5) })
    expect(second).toMatchObject({ part: 1n, mean: 20, deviation: 10 })
    expect([...own.dataset("data").x].map((value) => Number(value.toFixed(4)))).toEqual([-1.3416, -0.4472, -1, -1, 0.4472, 1.3416, 1, 1])
    const other = await runStage(normalise, { by: "whole", divide: false }, { inputs: { data: given(images()), statistics: given({ ...images(), x: new Float32Array(8).fill(1) }) } })
    expect([...other.dataset("data").x]).toEqual([0, 2, 9, 9, 4, 6, 29, 29])
  })

  it("says which channel cannot be divided", async () => {
    const { error } = await attemptStage(normalise, {}, { inputs: { data: given({ ...images(), x: Float32Array.of(1, 2, 5, 5, 3, 4, 5, 5) }) } })
    expect(error?.message).toMatch(/All values of channel 1 are the same/)
  })
})
