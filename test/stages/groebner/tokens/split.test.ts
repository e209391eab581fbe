/** Parts by digest: shares come out as asked, and seeds split independently. */
import { expect, test } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import { digestNumber, partOf } from "../../../../stages/groebner/lib/tokens/split.ts"

const digests = Array.from({ length: 20_000 }, (_, i) => ({ high: i & 1, low: i }))

test("of many ideals each part has its share, however alike the digests are", () => {
  const counts = { train: 0, validation: 0, test: 0 }
  for (const digest of digests) counts[partOf(digest, { validation: 0.2, test: 0.1 }, 7)]++
  // Five standard deviations of a binomial count.
  expect(Math.abs(counts.test - 2000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9))
  expect(Math.abs(counts.validation - 4000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.2 * 0.8))
})

test("another seed is another split", () => {
  const inTest = (seed: number) => new Set(digests.flatMap((digest, i) => (partOf(digest, { validation: 0, test: 0.5 }, seed) === "test" ? [i] : [])))
  const [first, second] = [inTest(1), inTest(2)]
  expect(Math.abs([...first].filter((i) => second.has(i)).length - 5000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.25 * 0.75))
})

test("shares of 0 and 1 are nothing and everything", () => {
  const stream = randomStream(1, "test", "digests")
  for (let i = 0; i < 100; i++) {
    const digest = { high: stream.uint32() | 0, low: stream.uint32() | 0 }
    expect(partOf(digest, { validation: 0, test: 0 }, i)).toBe("train")
    expect(partOf(digest, { validation: 0, test: 1 }, i)).toBe("test")
  }
})

test("a digest is one signed 64-bit number", () => {
  expect(digestNumber({ high: -1, low: -1 })).toBe(-1n)
  expect(digestNumber({ high: 1, low: -2147483648 })).toBe(2n ** 32n + 2n ** 31n)
})
