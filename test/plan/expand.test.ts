import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { expand } from "../../src/plan/expand.ts"
import { pipeline, type PipelineEntry } from "./support.ts"

const points = (entry: Omit<PipelineEntry, "stages">) => [...expand(pipeline({ ...entry, stages: {} }))]
const params = (entry: Omit<PipelineEntry, "stages">) => points(entry).map((point) => Result.getOrThrowWith(point.params, (fault) => new Error(fault.message)))

describe("the points of a pipeline", () => {
  it("are one where there is no sweep", () => {
    const [point, ...others] = points({ params: { d: 100, half: "${{ params.d / 2 }}" } })
    expect(others).toEqual([])
    expect(point?.sweep).toBeUndefined()
    expect(point?.params).toEqual(Result.succeed({ d: 100, half: 50 }))
  })

  it("are every combination of a grid, the first axis slowest", () => {
    expect(params({ params: { a: 0, b: 0 }, sweeps: { s: { grid: { a: [1, 2], b: [3, 4] } } } }))
      .toEqual([{ a: 1, b: 3 }, { a: 1, b: 4 }, { a: 2, b: 3 }, { a: 2, b: 4 }])
  })

  it("walk zipped axes together", () => {
    expect(params({ params: { d: 0, eps: 0 }, sweeps: { s: { zip: { d: [10, 50], eps: [0.1, 0.2] } } } }))
      .toEqual([{ d: 10, eps: 0.1 }, { d: 50, eps: 0.2 }])
  })

  it("multiply list, zip and grid", () => {
    const swept = params({
      params: { a: 0, b: 0, c: 0 },
      sweeps: { s: { list: [{ a: 1 }, { a: 2 }], zip: { b: [1, 2, 3] }, grid: { c: [1, 2] } } }
    })
    expect(swept).toHaveLength(12)
    expect(new Set(swept.map((point) => JSON.stringify(point)))).toHaveLength(12)
    expect(swept[0]).toEqual({ a: 1, b: 1, c: 1 })
    expect(swept[11]).toEqual({ a: 2, b: 3, c: 2 })
  })

  it("are those of the sweeps only, each with what it sets", () => {
    const swept = params({
      params: { d: 100, loss: "identity" },
      sweeps: { plain: { grid: { d: [1] } }, logistic: { set: { loss: "logistic" }, grid: { d: [2] } } }
    })
    expect(swept).toEqual([{ d: 1, loss: "identity" }, { d: 2, loss: "logistic" }])
  })

  it("are none for an axis without values", () => {
    expect(points({ params: { d: 0 }, sweeps: { s: { grid: { d: [] } } } })).toEqual([])
  })
})

describe("parameters at a point", () => {
  it("follow what the sweep gives through expressions, in any order of the file", () => {
    const swept = params({
      params: { quarter: "${{ params.half / 2 }}", half: "${{ params.d / 2 }}", d: 100 },
      sweeps: { s: { grid: { d: [8, 16] } } }
    })
    expect(swept).toEqual([{ quarter: 2, half: 4, d: 8 }, { quarter: 4, half: 8, d: 16 }])
  })

  it("take an axis over the file's expression", () => {
    expect(params({ params: { d: 10, half: "${{ params.d / 2 }}" }, sweeps: { s: { grid: { half: [7] } } } })).toEqual([{ d: 10, half: 7 }])
  })

  it("take an axis over what the sweep sets", () => {
    expect(params({ params: { d: 1 }, sweeps: { s: { set: { d: 2 }, grid: { d: [3] } } } })).toEqual([{ d: 3 }])
  })

  it("let a list give different names at each entry", () => {
    expect(params({ params: { a: 0, b: "${{ params.a + 1 }}" }, sweeps: { s: { list: [{ a: 5 }, { b: 5 }] } } }))
      .toEqual([{ a: 5, b: 6 }, { a: 0, b: 5 }])
  })

  it("know what each is computed from, as the sweep has it", () => {
    const entry = { params: { a: 1, b: "${{ params.a }}", c: "${{ params.b }}" }, sweeps: { whole: { grid: { a: [1] } }, cut: { grid: { b: [1] } } } }
    expect(points(entry).map((point) => [...point.set.closure("c")].toSorted())).toEqual([["a", "b", "c"], ["b", "c"]])
  })

  it("have a fault, not a value, where an expression has none", () => {
    const [good, bad] = points({ params: { d: 1, inverse: "${{ 1 / params.d }}" }, sweeps: { s: { grid: { d: [1, 0] } } } })
    expect(good?.params).toEqual(Result.succeed({ d: 1, inverse: 1 }))
    expect(bad?.params).toMatchObject(Result.fail({ path: ["params", "inverse"] }))
  })

  it("have a fault where a sweep closes a circle", () => {
    const [point] = points({ params: { a: "${{ params.b }}", b: 1 }, sweeps: { s: { set: { b: "${{ params.a }}" } } } })
    expect(point?.params).toMatchObject(Result.fail({ message: expect.stringMatching(/a -> b -> a|b -> a -> b/) }))
  })
})
