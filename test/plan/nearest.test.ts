import { describe, expect, it } from "vitest"
import { distance, nearestIndex, type Row } from "../../src/plan/nearest.ts"
import { choices, cpuTime } from "./support.ts"

const row = (fields: Readonly<Record<string, string | number>>): Row => new Map(Object.entries(fields).map(([name, value]) => [name, String(value)]))

describe("the distance of two rows", () => {
  it("counts fields that differ, and fields that only one has", () => {
    expect(distance(row({ a: 1, b: 2 }), row({ a: 1, b: 2 }))).toBe(0)
    expect(distance(row({ a: 1, b: 2 }), row({ a: 1, b: 3 }))).toBe(1)
    expect(distance(row({ a: 1, b: 2 }), row({ a: 1, c: 2 }))).toBe(2)
    expect(distance(row({}), row({ a: 1 }))).toBe(1)
  })
})

describe("the nearest row", () => {
  it("is none where there are no rows", () => {
    expect(nearestIndex([])(row({ a: 1 }))).toBeUndefined()
  })

  it("is the latest of equals", () => {
    expect(nearestIndex([row({ a: 1, b: 1 }), row({ a: 2, b: 1 }), row({ a: 9, b: 9 })])(row({ a: 3, b: 1 }))).toBe(1)
  })

  it.each([1, 2, 3, 4, 5, 6])("is what comparing with every row finds (%i)", (seed) => {
    const { below } = choices(seed)
    const random = () => row(Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`f${i}`, below(2 + i)] as const).filter(() => below(12) > 0)
    ))
    const rows = Array.from({ length: 400 }, random)
    const nearest = nearestIndex(rows)
    for (let i = 0; i < 100; i++) {
      const wanted = new Map([...random(), ...(below(3) === 0 ? [["f5", "never seen"] as const] : []), ...(below(5) === 0 ? [["new field", "1"] as const] : [])])
      const distances = rows.map((each) => distance(each, wanted))
      expect(nearest(wanted)).toBe(distances.lastIndexOf(Math.min(...distances)))
    }
  })

  it("is found among tens of thousands in well under a millisecond", () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => row({ code: "c", lr: i % 10, seed: Math.floor(i / 10) % 100, eps: Math.floor(i / 1000), input: `d${i}` }))
    const started = cpuTime()
    const nearest = nearestIndex(rows)
    for (let i = 0; i < 10_000; i++) {
      expect(nearest(row({ code: "other", lr: i % 10, seed: Math.floor(i / 10) % 100, eps: Math.floor(i / 1000), input: `e${i}` }))).toBe(i)
    }
    expect(cpuTime() - started).toBeLessThan(1500)
  })

  it("is a near one where rows differ in more fields than can be tried", () => {
    const { below } = choices(7)
    const random = () => row(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, below(3)])))
    const rows = Array.from({ length: 2000 }, random)
    const started = cpuTime()
    const found = nearestIndex(rows)(random())
    expect(found).toBeGreaterThanOrEqual(2000 - 512)
    expect(cpuTime() - started).toBeLessThan(1500)
  })
})
