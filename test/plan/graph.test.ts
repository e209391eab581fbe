import { describe, expect, it } from "vitest"
import { topologicalOrder, upstreamOf } from "../../src/plan/graph.ts"
import { pipeline } from "./support.ts"

const diamond = pipeline({
  stages: {
    join: { uses: "x/x", in: { left: "left.out", right: ["right.out", "left.out"] } },
    left: { uses: "x/x", in: { a: "source.out" } },
    right: { uses: "x/x", in: { a: "source.out" } },
    source: { uses: "x/x" },
    alone: { uses: "x/x" }
  }
})

describe("the stages of a pipeline", () => {
  it("come after what feeds them", () => {
    expect(topologicalOrder(diamond).map((stage) => stage.id)).toEqual(["source", "left", "right", "join", "alone"])
  })

  it("lead to one another", () => {
    expect([...upstreamOf(diamond, ["left"])].toSorted()).toEqual(["left", "source"])
    expect([...upstreamOf(diamond, ["join"])].toSorted()).toEqual(["join", "left", "right", "source"])
    expect([...upstreamOf(diamond, [])]).toEqual([])
  })
})
