/** Which lengths sequences are padded to, and which batches they come in. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { paddedLengths } from "../../../stages/train/lib/padded-lengths.ts"
import { feedsOf, kindOfEach, kindsOfBatches, sequenceBatches } from "../../../stages/train/lib/sequence-batches.ts"
import { paddedShare } from "../../../stages/train/lib/token-set.ts"
import { backwards, letters, pairsOf } from "./pairs.ts"

const random = (purpose: string) => randomStream(1, "test", purpose)
/** Tokens with padding. */
const cost = (lengths: Int32Array, rungs: ReadonlyArray<number>): number => lengths.reduce((sum, length) => sum + (rungs.find((rung) => length <= rung) ?? Infinity), 0)

/** Every rising choice of at most `count` of the rungs that has the last one. */
const choices = (rungs: ReadonlyArray<number>, count: number): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: 2 ** (rungs.length - 1) }, (_, bits) => rungs.filter((_, i) => i === rungs.length - 1 || ((bits >> i) & 1) === 1)).filter(({ length }) => length <= count)

describe("padded lengths", () => {
  it.each(Array.from({ length: 12 }, (_, i) => i))("take the fewest tokens of all choices (random lengths %i)", (i) => {
    const draw = random(`lengths ${i}`)
    const lengths = Int32Array.from({ length: 40 }, () => 1 + draw.integer(1 + draw.integer(30)))
    const most = Math.max(...lengths)
    const count = 1 + draw.integer(4)
    const rungs = [...Array.from({ length: Math.ceil(most / 4) - 1 }, (_, k) => 4 * k + 4), most]
    const found = paddedLengths(lengths, count)
    expect(found.length).toBeLessThanOrEqual(count)
    expect(found.at(-1)).toBe(most)
    expect(cost(lengths, found)).toBe(Math.min(...choices(rungs, count).map((choice) => cost(lengths, choice))))
  })

  it("are one where all sequences are as long", () => {
    expect(paddedLengths(Int32Array.of(7, 7, 7), 5)).toEqual([7])
  })
})

describe("batches of sequences", () => {
  const data = pairsOf(backwards(203, 20), 24)
  const kinds = kindsOfBatches(data, { source: 3, target: 2 })
  const kindOf = kindOfEach(data, kinds)
  const batches = sequenceBatches(kindOf, kinds.length, 16, (epoch) => random(`epoch ${epoch}`))
  const epoch = (number: number) => Array.from({ length: batches.perEpoch }, (_, i) => batches.batch(number * batches.perEpoch + i))

  it("hold every pair once, but for fewer than a batch", () => {
    expect(batches.perEpoch).toBe(12)
    for (const found of [epoch(0), epoch(1)]) {
      expect(found.every(({ rows }) => rows.length === 16)).toBe(true)
      const rows = found.flatMap(({ rows }) => [...rows])
      expect(new Set(rows).size).toBe(12 * 16)
    }
  })

  it("are padded no further than their kind says, and every pair fits", () => {
    for (const { kind, rows } of epoch(2)) {
      for (const row of rows) {
        expect(data.source.lengths[row]).toBeLessThanOrEqual(kinds[kind]?.source ?? 0)
        expect(data.target.lengths[row]).toBeLessThanOrEqual(kinds[kind]?.target ?? 0)
      }
    }
    const whole = paddedShare(data, kindOf.map(() => 0), [{ source: 24, target: 24 }])
    expect(paddedShare(data, kindOf, kinds)).toBeLessThan(0.6 * whole)
  })

  it("come in another order in every epoch, and in the same one when they are asked for again", () => {
    const [one, two] = [epoch(0), epoch(1)]
    expect(two).not.toEqual(one)
    expect(epoch(0)).toEqual(one)
    expect(batches.batch(17)).toEqual(two[5])
  })

  it("mark pairs that are too long", () => {
    expect([...kindOfEach(pairsOf({ source: [[3, 3], [3, 3, 3, 3]], target: [[3], [3]] }, 6), [{ source: 3, target: 2 }])]).toEqual([0, -1])
  })

  it("shift what the decoder is given behind the token for the beginning, and pad rows that are not there", () => {
    const fed = feedsOf(pairsOf({ source: [[3, 4], [5]], target: [[6, 7, 8], [9]] }, 5), Uint32Array.of(1, 0), 3, { source: 3, target: 4 }, letters)
    expect(Object.fromEntries(Object.entries(fed).map(([name, { data }]) => [name, Array.from(data, Number)]))).toEqual({
      source: [5, 2, 0, 3, 4, 2, 0, 0, 0],
      target: [1, 9, 2, 0, 1, 6, 7, 8, 0, 0, 0, 0],
      answer: [9, 2, 0, 0, 6, 7, 8, 2, 0, 0, 0, 0]
    })
  })
})
