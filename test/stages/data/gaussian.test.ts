import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import gauss from "../../../stages/data/gauss.ts"
import shiftedGauss from "../../../stages/data/shifted-gauss.ts"
import { runStage } from "../run-stage.ts"

const digest = (values: Float32Array) =>
  createHash("sha256").update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).digest("hex").slice(0, 16)
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length

describe("data/shifted-gauss", () => {
  it("labels the first half +1 and the rest -1", async () => {
    const { y } = (await runStage(shiftedGauss, { n: 5, d: 1, seed: 0 })).dataset("data")
    expect([...y]).toEqual([1, 1, -1, -1, -1])
  })

  it("has class means at +-shift and unit variance", async () => {
    const { x } = (await runStage(shiftedGauss, { n: 2000, d: 50, shift: 0.3, seed: 0 })).dataset("data")
    const [above, below] = [x.subarray(0, 50_000), x.subarray(50_000)]
    const tolerance = 5 / Math.sqrt(50_000) // five standard errors
    expect(Math.abs(mean(above) - 0.3)).toBeLessThan(tolerance)
    expect(Math.abs(mean(below) + 0.3)).toBeLessThan(tolerance)
    expect(Math.abs(mean(above.map((value) => (value - 0.3) ** 2)) - 1)).toBeLessThan(tolerance * Math.SQRT2)
  })

  it("is the same noise whatever the shift, and other noise in another stream", async () => {
    const noise = async (shift: number, stream: string) => {
      const { x, y } = (await runStage(shiftedGauss, { n: 4, d: 3, shift, seed: 7, stream })).dataset("data")
      return Array.from(x, (value, i) => value - shift * (y[Math.floor(i / 3)] ?? 0))
    }
    const here = await noise(0, "train")
    const shifted = await noise(2, "train")
    here.forEach((value, i) => expect(shifted[i]).toBeCloseTo(value, 5))
    expect(await noise(0, "fresh")).not.toEqual(here)
  })

  it("gives the same bytes everywhere (golden)", async () => {
    const { x } = (await runStage(shiftedGauss, { n: 1000, d: 100, shift: 0.3, seed: 0 })).dataset("data")
    expect(digest(x)).toBe("181a655c8b95769c")
  })
})

describe("data/gauss", () => {
  it("draws labels that are independent of the samples", async () => {
    const { x, y } = (await runStage(gauss, { n: 4000, d: 4, seed: 1 })).dataset("data")
    expect(new Set(y)).toEqual(new Set([1, -1]))
    expect(Math.abs(mean(y))).toBeLessThan(5 / Math.sqrt(4000))
    expect(Math.abs(mean(x.map((value, i) => value * (y[i >> 2] ?? 0))))).toBeLessThan(5 / Math.sqrt(16_000))
  })

  it("gives the same bytes everywhere (golden)", async () => {
    const { x, y } = (await runStage(gauss, { n: 100, d: 10, seed: 0 })).dataset("data")
    expect([digest(x), digest(y)]).toEqual(["53f23c066f384113", "4be80b9c094070e4"])
  })
})
