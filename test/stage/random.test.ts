import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { inverseNormal, logOfFraction } from "../../src/stage/normal.ts"
import { philoxBlock } from "../../src/stage/philox.ts"
import { MOST_BLOCKS, philoxWords } from "../../src/stage/philox-words.ts"
import { randomStream } from "../../src/stage/random.ts"

const words = (count: number, next: () => number) => Array.from({ length: count }, next)
const sha256 = (bytes: ArrayBufferView) =>
  createHash("sha256").update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)).digest("hex")
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length

describe("Philox4x32-10", () => {
  // The known-answer vectors published with Random123 (kat_vectors, philox4x32 10).
  it.each([
    ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"]
  ])("counter %s, key %s gives %s", (counter, key, expected) => {
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter.split(" ").map((w) => parseInt(w, 16))
    const [k0 = 0, k1 = 0] = key.split(" ").map((w) => parseInt(w, 16))
    const out = new Uint32Array(4)
    philoxBlock(c0, c1, c2, c3, k0, k1, out)
    expect(Array.from(out, (w) => w.toString(16).padStart(8, "0")).join(" ")).toBe(expected)
  })
})

describe("many blocks at once", () => {
  it.each([[0, 0, 0, 3], [2 ** 32 - 2, 0xa4093822, 0x299f31d0, 5], [2 ** 53 - 9, 0xffffffff, 1, 7], [1, 2, 3, MOST_BLOCKS]])(
    "from number %d under key %d, %d are the same words as one by one", (first, k0, k1, blocks) => {
      const expected = new Uint32Array(4 * blocks)
      for (let i = 0; i < blocks; i++) philoxBlock((first + i) | 0, Math.floor((first + i) / 2 ** 32), 0, 0, k0, k1, expected.subarray(4 * i, 4 * i + 4))
      expect(philoxWords(first, blocks, k0, k1).subarray(0, 4 * blocks)).toEqual(expected)
    })

  it("fill arrays with the numbers that single draws give, wherever the stream stands", () => {
    for (const before of [0, 1, 2, 3, 4]) {
      for (const length of [1, 63, 64, 65, 2 * MOST_BLOCKS + 3]) {
        const [filled, drawn] = [randomStream(1, "test", "fill"), randomStream(1, "test", "fill")]
        for (let i = 0; i < before; i++) expect(filled.uint32()).toBe(drawn.uint32())
        expect(filled.fillUniform(new Float64Array(length))).toEqual(Float64Array.from({ length }, () => drawn.uniform()))
        expect(filled.fillNormal(new Float64Array(length))).toEqual(Float64Array.from({ length }, () => drawn.normal()))
        expect(filled.fillUniform(new Float32Array(length))).toEqual(Float32Array.from({ length }, () => Math.floor(drawn.uniform() * 2 ** 24) / 2 ** 24))
        expect(filled.state()).toBe(drawn.state())
      }
    }
  })
})

describe("normal numbers", () => {
  it("take a logarithm that agrees with Math.log to the last two bits", () => {
    const stream = randomStream(0, "test", "log")
    for (let i = 0; i < 20_000; i++) {
      const x = stream.uniform() * 2 ** -stream.integer(60) || 0.5
      expect(Math.abs(logOfFraction(x) - Math.log(x))).toBeLessThanOrEqual(Math.abs(Math.log(x)) * 2 ** -51)
    }
    expect(logOfFraction(1)).toBe(0)
  })
  // Made with mpmath at 50 digits: sqrt(2) * erfinv(2p - 1).
  it.each([
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798407],
    [2 ** -53, -8.209536151601387],
    [1e-10, -6.361340902404057],
    [1e-4, -3.7190164854556804],
    [0.01, -2.326347874040841],
    [0.05, -1.6448536269514726],
    [0.075, -1.439531470938456],
    [0.1, -1.2815515655446004],
    [0.3, -0.5244005127080408],
    [0.4999, -0.00025066283008800747],
    [0.5, 0],
    [0.5001, 0.00025066283008800747],
    [0.7, 0.5244005127080407],
    [0.9, 1.2815515655446006],
    [0.95, 1.6448536269514722],
    [0.999, 3.090232306167813]
  ])("inverts the distribution function at %d", (p, z) => {
    expect(Math.abs(inverseNormal(p) - z)).toBeLessThanOrEqual(1e-15 * Math.abs(z))
  })

  it("are symmetric: the quantiles of p and 1 - p differ in sign alone", () => {
    for (const p of [1 / 4, 1 / 16, 1 / 1024, 2 ** -30, 2 ** -52]) expect(inverseNormal(1 - p)).toBe(-inverseNormal(p))
  })
})

/** Philox4x32-10 as the paper writes it, in exact integers. */
const referencePhilox = (counter: ReadonlyArray<bigint>, key: ReadonlyArray<bigint>) => {
  let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter
  let [k0 = 0n, k1 = 0n] = key
  const low = (x: bigint) => x & 0xffffffffn
  for (let round = 0; round < 10; round++) {
    const p0 = c0 * 0xd2511f53n
    const p1 = c2 * 0xcd9e8d57n
    const next = [(p1 >> 32n) ^ c1 ^ k0, low(p1), (p0 >> 32n) ^ c3 ^ k1, low(p0)] as const
    c0 = next[0]
    c1 = next[1]
    c2 = next[2]
    c3 = next[3]
    k0 = low(k0 + 0x9e3779b9n)
    k1 = low(k1 + 0xbb67ae85n)
  }
  return [c0, c1, c2, c3].map(Number)
}
const keyOf = (seed: number, stage: string, purpose: string) => {
  const hex = createHash("sha256").update(`reprise/random\0${seed}\0${stage}\0${purpose}`).digest("hex")
  return [BigInt(`0x${hex.slice(0, 8)}`), BigInt(`0x${hex.slice(8, 16)}`)]
}

describe("a stream", () => {
  it("gives the same bytes for ever", () => {
    const golden = () => randomStream(42, "data/gauss", "x")
    expect(golden().uint32()).toBe(3832015208)
    expect(sha256(golden().fillNormal(new Float64Array(10_000)))).toBe("6e79f36f95be13920ecc2c39465ea1437dea95886da1608ad40b74d9b99c2274")
    expect(sha256(golden().fillNormal(new Float32Array(10_000)))).toBe("9919b08f32ef65aeea6a0a0494709ddcec18033351110dd81d4871e456a11355")
    expect(sha256(golden().fillUniform(new Float64Array(10_000)))).toBe("1f80d1ac2e7ca6f1981cf674230bb40e29e007576452ebc76797e74127f2b47e")
    expect(sha256(golden().fillUniform(new Float32Array(10_000)))).toBe("77e52323a1c95245c3e8696d71748d47afd354281892f0f9f5c470a3ccaa2750")
    expect(sha256(golden().permutation(10_000))).toBe("9a5130d8178d050dc36eddccf1f573eb6d98b21dff72c7e5865418aaf2164203")
    expect(sha256(golden().at(7).at(9).fillUniform(new Float64Array(10)))).toBe("be7266efff7b6857f9a01343662c8e4ed58c13f1a86755120ae90e70e3ed787c")
  })

  it("is another one for another seed, stage or purpose, and for parts that only join to the same text", () => {
    const streams = [[1, "a", "b"], [2, "a", "b"], [1, "b", "b"], [1, "a", "c"], [1, "ab", ""], [11, "", "ab"]] as const
    const heads = streams.map(([seed, stage, purpose]) => randomStream(seed, stage, purpose).fillUniform(new Float64Array(2)).join())
    expect(new Set(heads).size).toBe(streams.length)
  })

  it("fills arrays as single draws would", () => {
    const one = randomStream(3, "s", "p")
    const other = randomStream(3, "s", "p")
    one.uint32()
    other.uint32()
    expect(Array.from(one.fillNormal(new Float64Array(101)))).toEqual(words(101, () => other.normal()))
    expect(Array.from(one.fillUniform(new Float64Array(101)))).toEqual(words(101, () => other.uniform()))
  })

  it("goes on from where a checkpoint left it, also inside a block", () => {
    const stream = randomStream(5, "s", "p")
    words(7, () => stream.uint32())
    const state = stream.state()
    const rest = words(9, () => stream.normal())
    const resumed = randomStream(5, "s", "p")
    resumed.restore(state)
    expect(words(9, () => resumed.normal())).toEqual(rest)
    stream.restore(state)
    expect(words(9, () => stream.normal())).toEqual(rest)
  })

  it.each([0, 1, 2 ** 32 - 1, 2 ** 32, 3 * 2 ** 40 + 5])("is Philox of its key and block number, at block %d too", (block) => {
    const [k0 = 0n, k1 = 0n] = keyOf(9, "s", "p")
    const stream = randomStream(9, "s", "p")
    stream.restore(4 * block)
    const counter = [BigInt(block) & 0xffffffffn, BigInt(block) >> 32n, 0n, 0n]
    expect(words(4, () => stream.uint32())).toEqual(referencePhilox(counter, [k0, k1]))
  })

  it("gives sample i its own stream, whatever was drawn before", () => {
    const stream = randomStream(1, "s", "p")
    const forwards = [0, 1, 2].map((i) => stream.at(i).uniform())
    words(10, () => stream.uniform())
    expect([2, 1, 0].map((i) => stream.at(i).uniform()).reverse()).toEqual(forwards)
    expect(new Set([...forwards, stream.at(2 ** 32).uniform(), stream.at(2 ** 52).uniform()]).size).toBe(5)
  })

  it("refuses what is no seed, size or sample number", () => {
    const stream = randomStream(1, "s", "p")
    expect(() => randomStream(0.5, "s", "p")).toThrow(/seed is an integer/)
    expect(() => stream.integer(0)).toThrow(RangeError)
    expect(() => stream.integer(2.5)).toThrow(RangeError)
    expect(() => stream.at(-1)).toThrow(RangeError)
    expect(() => stream.restore(-1)).toThrow(RangeError)
  })
})

// Limits are five standard deviations, so that a wrong generator fails and the fixed seed does not matter.
describe("statistics", () => {
  const n = 100_000

  it("uniform: mean 1/2, variance 1/12, below 1", () => {
    const u = randomStream(1, "s", "uniform").fillUniform(new Float64Array(n))
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(mean(u.map((x) => (x - 0.5) ** 2)) - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n))
    expect(Math.max(...randomStream(1, "s", "uniform").fillUniform(new Float32Array(n)))).toBeLessThan(1)
  })

  it("normal: mean 0, variance 1, skewness 0, kurtosis 3, neighbours uncorrelated", () => {
    const z = randomStream(1, "s", "normal").fillNormal(new Float64Array(n))
    expect(Math.abs(mean(z))).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(mean(z.map((x) => x ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    expect(Math.abs(mean(z.map((x) => x ** 3)))).toBeLessThan(5 * Math.sqrt(15 / n))
    expect(Math.abs(mean(z.map((x) => x ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / n))
    expect(Math.abs(mean(z.map((x, i) => x * (z[i + 1] ?? 0))))).toBeLessThan(5 / Math.sqrt(n))
  })

  it("integers and permutations: every value in every place equally often (chi-squared)", () => {
    const stream = randomStream(1, "s", "integer")
    const integers = new Map<number, number>()
    for (let i = 0; i < 70_000; i++) {
      const value = stream.integer(7)
      integers.set(value, (integers.get(value) ?? 0) + 1)
    }
    const orders = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = stream.permutation(4).join("")
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    const chiSquared = (counts: Map<unknown, number>, expected: number) =>
      [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(integers.size).toBe(7)
    expect(chiSquared(integers, 10_000)).toBeLessThan(38.3) // p = 1e-6 at 6 degrees of freedom
    expect(orders.size).toBe(24)
    expect(chiSquared(orders, 1_000)).toBeLessThan(72.6) // p = 5e-7 at 23 degrees of freedom
  })

  it("signs: half of them", () => {
    const stream = randomStream(1, "s", "sign")
    expect(Math.abs(mean(words(n, () => stream.sign())))).toBeLessThan(5 / Math.sqrt(n))
  })

  it("integers up to 2^32 draw again rather than favour small ones", () => {
    const stream = randomStream(1, "s", "wide")
    const limit = 3 * 2 ** 30 // a plain remainder would give the first third twice as often
    const low = words(n, () => stream.integer(limit)).filter((value) => value < limit / 3).length
    expect(Math.abs(low / n - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / n))
  })
})
