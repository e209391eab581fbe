import { describe, expect, it } from "vitest"
import type { Dataset } from "../../../src/table/dataset.ts"
import noise from "../../../stages/data/noise.ts"
import normalise from "../../../stages/data/normalise.ts"
import relabel from "../../../stages/data/relabel.ts"
import split from "../../../stages/data/split.ts"
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

describe("data/split", () => {
  const parts = async (n: number, params: object) => {
    const ran = await runStage(split, { ...params }, { inputs: { data: given(numbered(n)) } })
    return ["train", "validation", "test"].map((name) => Array.from(ran.dataset(name).x).filter((_, i) => i % 2 === 0).map((value) => value / 2))
  }

  it("puts every sample into one part, whatever the shares, and keeps the order", async () => {
    for (const [n, validation, test, each] of [[30, 0.2, 0.2, true], [30, 0.5, 0.5, false], [7, 0.5, 0.5, true], [5, 0, 0, false], [1, 0.9, 0, true]] as const) {
      const found = await parts(n, { validation, test, each, seed: 3 })
      expect(found.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      for (const part of found) expect(part).toEqual(part.toSorted((a, b) => a - b))
    }
  })

  it("has the shares of each label, drawn anew for another seed", async () => {
    const [train = [], validation = [], test = []] = await parts(30, { validation: 0.2, test: 0.3 })
    expect([train, validation, test].map((part) => [0, 1, 2].map((label) => part.filter((sample) => sample % 3 === label).length))).toEqual([[5, 5, 5], [2, 2, 2], [3, 3, 3]])
    expect((await parts(30, { validation: 0.2, test: 0.3, seed: 1 }))[2]).not.toEqual(test)
    expect(await parts(10, { validation: 0.2, test: 0.1, each: false, shuffle: false })).toEqual([[0, 1, 2, 3, 4, 5, 6], [7, 8], [9]])
  })

  it("says when the shares are too large", async () => {
    const { error } = await attemptStage(split, { validation: 0.6, test: 0.5 }, { inputs: { data: given(numbered(3)) } })
    expect(error?.message).toMatch(/together are 1.1 of the data/)
  })
})

describe("data/relabel", () => {
  const labels = async (params: object) => {
    const ran = await runStage(relabel, { ...params }, { inputs: { data: given({ ...numbered(6), metadata: { source: "test", class_names: "[]" } }) } })
    return { y: [...ran.dataset("data").y], x: [...ran.dataset("data").x].length, metadata: ran.dataset("data").metadata, counts: ran.rows("counts") }
  }

  it("gives new labels by the old ones; others are kept or dropped", async () => {
    expect(await labels({ labels: { 0: 1, 1: -1, 2: -1 } })).toMatchObject({ y: [1, -1, -1, 1, -1, -1], metadata: { source: "test" } })
    expect(await labels({ labels: { 2: 7 }, others: "keep" })).toMatchObject({ y: [0, 1, 7, 0, 1, 7], x: 12 })
    expect(await labels({ labels: { 2: 0, 0: 1 }, others: "drop" })).toMatchObject({
      y: [1, 0, 1, 0], x: 8, counts: [{ old: 0, new: 1, n: 2n }, { old: 1, new: null, n: 2n }, { old: 2, new: 0, n: 2n }]
    })
  })

  it.each([
    [{ labels: { 0: 1 } }, /does not say what becomes of 1, 2/],
    [{ labels: { 0: 1, 5: 2 }, others: "keep" }, /No sample has the label 5; there are 0, 1, 2/],
    [{ labels: { cat: 1 } }, /names the label "cat", but labels are numbers/]
  ])("says what is wrong with %j", async (params, message) => {
    const { error } = await attemptStage(relabel, params, { inputs: { data: given(numbered(6)) } })
    expect(error?.message).toMatch(message)
  })
})
