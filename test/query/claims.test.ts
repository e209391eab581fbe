import { assert, describe, it } from "vitest"
import { formatClaims, judge } from "../../src/query/claims.ts"
import type { QueryResult } from "../../src/query/database.ts"
import type { Claim } from "../../src/spec/pipeline.ts"

const claim = (more: Partial<Claim> = {}): Claim => ({ id: "headline", source: "fig. 2", sql: "", published: 0.99, tolerance: 0.02, compare: "equal", ...more })
const answer = (...rows: QueryResult["rows"]): QueryResult => ({
  columns: (rows[0] ?? [0]).map((_, i) => ({ name: `c${i}`, type: "DOUBLE", column: { type: "float64" } })), rows
})

describe("a claim", () => {
  it("is reproduced within its tolerance, decimal rounding allowed for", () => {
    const verdicts = (more: Partial<Claim>, values: ReadonlyArray<number>) => values.map((value) => judge(claim(more), answer([value])).verdict === "reproduced")
    assert.deepEqual(verdicts({}, [0.97, 1.01, 0.969, 1.011]), [true, true, false, false])
    assert.deepEqual(verdicts({ compare: "at-least" }, [0.97, 5, 0.969]), [true, true, false])
    assert.deepEqual(verdicts({ compare: "at-most" }, [1.01, -5, 1.011]), [true, true, false])
    assert.deepEqual(verdicts({ tolerance: 0, published: 0.3 }, [0.1 + 0.2, 0.300001]), [true, false])
    assert.deepEqual(verdicts({ published: 0, tolerance: 0 }, [0, 1e-300]), [true, false])
  })

  it("says what was measured and how it compares", () => {
    const { error, measured, ratio, verdict } = judge(claim({ published: 0.5 }), answer([0.25]))
    assert.deepEqual({ error, measured, ratio, verdict }, { error: undefined, measured: 0.25, ratio: 0.5, verdict: "not reproduced" })
    assert.strictEqual(judge(claim({ published: 0 }), answer([1])).ratio, null)
  })

  it("has no data where the query does not give one number, and says why", () => {
    const reason = (given: QueryResult | string) => {
      const { error, verdict } = judge(claim(), given)
      assert.strictEqual(verdict, "no data")
      return error
    }
    assert.strictEqual(reason(answer()), "the query gives no row: nothing was measured")
    assert.strictEqual(reason(answer([null])), "the query gives NULL: there is nothing that it could measure")
    assert.strictEqual(reason(answer([1], [2])), "the query gives 2 rows of 1 columns, and a claim is about one number")
    assert.strictEqual(reason(answer([1, 2])), "the query gives 1 rows of 2 columns, and a claim is about one number")
    assert.strictEqual(reason(answer(["0.99"])), "the query gives the text \"0.99\", and a claim is about a number")
    assert.strictEqual(reason(answer([Number.NaN])), "the query gives NaN")
    assert.strictEqual(reason("Catalog Error: Table with name student does not exist!"), "Catalog Error: Table with name student does not exist!")
  })

  it("is a line of a table, its reason below", () => {
    const results = [judge(claim(), answer([0.985])), judge(claim({ id: "curve", compare: "at-least", published: 12, tolerance: 0 }), answer())]
    assert.strictEqual(formatClaims(results, "table"), [
      "claim     measured    published  ratio  verdict",
      "────────  ────────  ───────────  ─────  ──────────",
      "headline     0.985  0.99 ± 0.02  0.995  reproduced",
      "curve            -         ≥ 12      -  no data",
      "curve: the query gives no row: nothing was measured"
    ].join("\n"))
  })
})
