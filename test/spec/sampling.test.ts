import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { samplePoints, sobolDirections, sobolWord, valueAt, mostDimensions, type Distribution, type Sampling } from "../../src/spec/sampling.ts"

const unit: Distribution = { kind: "between", min: 0, max: 1, log: false, int: false }
const lr: Distribution = { kind: "between", min: 1e-4, max: 1, log: true, int: false }
const sampling = (strategy: Sampling["strategy"], points: number, axes: Readonly<Record<string, Distribution>>, seed = 0): Sampling =>
  ({ strategy, points, seed, axes: Object.fromEntries(Object.entries(axes).map(([name, distribution], dimension) => [name, { distribution, dimension }])) })

describe("a Sobol sequence", () => {
  it("is that of Joe and Kuo: the first points in three dimensions, as SciPy and PyTorch give them", () => {
    const dimensions = [0, 1, 2].map(sobolDirections)
    expect(Array.from({ length: 8 }, (_, point) => dimensions.map((v) => sobolWord(v, point) / 2 ** 32))).toEqual([
      [0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625], [0.875, 0.875, 0.125], [0.625, 0.125, 0.875], [0.125, 0.625, 0.375]
    ])
  })

  it("is that of SciPy in all of its dimensions", () => {
    // scipy.stats.qmc.Sobol(d=21, scramble=False, bits=32).random_base2(m=12), SciPy 1.17.1: point 100 in 128ths, and SHA-256 of all 4096
    // points as unsigned 32-bit fractions, little-endian, point by point.
    const dimensions = Array.from({ length: mostDimensions }, (_, dimension) => sobolDirections(dimension))
    expect(mostDimensions).toBe(21)
    expect(dimensions.map((v) => (sobolWord(v, 100) / 2 ** 32) * 128)).toEqual([
      53, 33, 99, 93, 113, 95, 3, 61, 81, 89, 59, 87, 61, 109, 41, 63, 87, 95, 107, 43, 97
    ])
    const bytes = Buffer.alloc(4096 * 21 * 4)
    for (let point = 0; point < 4096; point++) for (const [dimension, v] of dimensions.entries()) bytes.writeUInt32LE(sobolWord(v, point), 4 * (21 * point + dimension))
    expect(createHash("sha256").update(bytes).digest("hex")).toBe("359b185bb53e6947bf606a185c7319f37e065629ba0071cb55300479974cc5a6")
  })

  it("has one point in each of 256 intervals, in every dimension", () => {
    for (let dimension = 0; dimension < mostDimensions; dimension++) {
      const v = sobolDirections(dimension)
      const cells = new Set(Array.from({ length: 256 }, (_, point) => sobolWord(v, point) >>> 24))
      expect(cells.size, `dimension ${dimension}`).toBe(256)
    }
  })

  it("keeps that evenness when it is shifted by a seed", () => {
    const points = samplePoints(sampling("sobol", 64, { a: unit, b: unit }, 7))
    for (const axis of ["a", "b"]) expect(new Set(points.map((point) => Math.floor(Number(point[axis]) * 64))).size).toBeGreaterThan(60)
    // One in each square of 8 by 8.
    expect(new Set(points.map(({ a, b }) => Math.floor(Number(a) * 8 + 1e-6) * 8 + Math.floor(Number(b) * 8 + 1e-6))).size).toBeGreaterThan(60)
  })
})

describe.each(["random", "sobol"] as const)("%s points", (strategy) => {
  it("stay as they are when more are asked for, or an axis is left out", () => {
    const few = samplePoints(sampling(strategy, 5, { lr, u: unit }))
    expect(samplePoints(sampling(strategy, 50, { lr, u: unit })).slice(0, 5)).toEqual(few)
    const { u: _, ...axes } = sampling(strategy, 5, { lr, u: unit }).axes
    expect(samplePoints({ strategy, points: 5, seed: 0, axes })).toEqual(few.map((point) => ({ lr: point["lr"] })))
  })

  it("are other ones for another seed, and fill a logarithmic scale evenly", () => {
    const points = samplePoints(sampling(strategy, 400, { lr }))
    expect(samplePoints(sampling(strategy, 400, { lr }, 1))).not.toEqual(points)
    const decades = Map.groupBy(points, (point) => Math.floor(Math.log10(Number(point["lr"]))))
    expect([...decades.keys()].toSorted((a, b) => a - b)).toEqual([-4, -3, -2, -1])
    for (const decade of decades.values()) expect(decade.length).toBeGreaterThan(70)
  })
})

describe("values", () => {
  it("include both bounds of whole numbers, on either scale, and every choice", () => {
    const ends = (distribution: Distribution) => [valueAt(distribution, 0), valueAt(distribution, 1 - 2 ** -32)]
    expect(ends({ kind: "between", min: 3, max: 7, log: false, int: true })).toEqual([3, 7])
    expect(ends({ kind: "between", min: 1, max: 1000, log: true, int: true })).toEqual([1, 1000])
    expect(ends({ kind: "choice", values: ["sgd", "adam", null] })).toEqual(["sgd", null])
    expect(ends(lr)).toEqual([1e-4, 1])
  })
})
