/** Which tasks of a search are kept back and which go on, without running anything. */
import { assert, describe, it } from "vitest"
import type { PlannedCell, PlannedSearch, PlannedSearches } from "../../src/plan/searches.ts"
import { openSearchGate } from "../../src/run/search-gate.ts"
import type { Search } from "../../src/spec/search.ts"
import { planned } from "./support.ts"

const search: Search = {
  strategy: "asha", stage: "train", metric: "loss", goal: "min", resource: "epochs", min: 1, max: 3, reduction: 3, carry: {}, parallel: 9,
  sampling: { strategy: "random", points: 3, seed: 0, axes: {} }
}
const cell = (config: number, rung: number, judged: ReadonlyArray<string>, others: ReadonlyArray<string> = []): PlannedCell =>
  ({ cell: { bracket: 0, config, rung }, values: { epochs: 3 ** rung }, tasks: new Set([...judged, ...others]), judged })
const gateOf = (cells: ReadonlyArray<PlannedCell>, more: { readonly unconditional?: ReadonlyArray<string>; readonly searches?: ReadonlyArray<PlannedSearch>; readonly onMissing?: (text: string) => void } = {}) => {
  const searches: PlannedSearches = { searches: [{ sweep: "", search, cells }, ...more.searches ?? []], unconditional: new Set(more.unconditional) }
  return openSearchGate({ searches }, { onMissing: (task, metric, reported) => more.onMissing?.(`${task} ${metric} ${reported.join()}`) })
}
const task = (id: string) => planned({ id, uses: "t/t" })
const ids = (tasks: ReadonlyArray<{ readonly id: string }>) => tasks.map(({ id }) => id)
/** Three configurations at two rungs; `a0` is configuration a at the lower one. */
const plain = ["a", "b", "c"].flatMap((name, config) => [cell(config, 0, [`${name}0`]), cell(config, 1, [`${name}1`], [`report-${name}`])])

describe("the gate of a search", () => {
  it("is open for the lowest rung, and for what is used elsewhere, and opens with the best", () => {
    const gate = gateOf(plain, { unconditional: ["c1"] })
    assert.deepStrictEqual(["a0", "b0", "c0", "a1", "b1", "c1", "report-b"].map(gate.isOpen), [true, true, true, false, false, true, false])
    for (const id of ["a1", "b1", "report-b"]) gate.hold(task(id))
    assert.deepStrictEqual([gate.settle("a0", { loss: 2 }), gate.settle("b0", { loss: 1 })], [[], []])
    assert.isFalse(gate.over)
    assert.deepStrictEqual(ids(gate.settle("c0", { loss: 3 })), ["b1", "report-b"])
    assert.isTrue(gate.isOpen("report-b"))
    assert.isFalse(gate.over)
    assert.deepStrictEqual(ids(gate.settle("b1", { loss: 0 })), [])
    assert.isTrue(gate.over)
    assert.deepStrictEqual(ids(gate.held()), ["a1"])
  })

  it("goes by the mean where the stage is fanned out, and waits for all of its instances", () => {
    const seeds = (name: string, rung: number) => [`${name}${rung}-s0`, `${name}${rung}-s1`]
    const gate = gateOf(["a", "b", "c"].flatMap((name, config) => [cell(config, 0, seeds(name, 0)), cell(config, 1, seeds(name, 1))]))
    gate.hold(task("b1-s0"))
    for (const [id, loss] of [["a0-s0", 0], ["a0-s1", 9], ["b0-s0", 2], ["c0-s0", 1], ["c0-s1", 6]] as const) assert.deepStrictEqual(gate.settle(id, { loss }), [])
    assert.deepStrictEqual(ids(gate.settle("b0-s1", { loss: 3 })), ["b1-s0"])
  })

  it("never goes on with what failed, or with a metric that is not finite", () => {
    const gate = gateOf(plain)
    gate.settle("a0", undefined)
    gate.settle("b0", { loss: null })
    gate.settle("c0", { loss: 1e9 })
    assert.deepStrictEqual(["a1", "b1", "c1"].map(gate.isOpen), [false, false, true])
  })

  it("judges a task that two cells share in each of them when that opens", () => {
    // b and a are the same configuration, drawn twice.
    const twice = [cell(0, 0, ["a0"]), cell(0, 1, ["a1"]), cell(1, 0, ["a0"]), cell(1, 1, ["a1"]), cell(2, 0, ["c0"]), cell(2, 1, ["c1"])]
    const gate = gateOf(twice)
    gate.settle("a0", { loss: 1 })
    gate.settle("c0", { loss: 2 })
    assert.deepStrictEqual(["a1", "c1"].map(gate.isOpen), [true, false])
    gate.settle("a1", { loss: 1 })
    assert.isTrue(gate.over)
  })

  it("tells once where the metric is not reported", () => {
    const told: Array<string> = []
    const gate = gateOf(plain, { onMissing: (text) => told.push(text) })
    for (const id of ["a0", "b0", "c0"]) gate.settle(id, { accuracy: 1 })
    assert.deepStrictEqual(told, ["a0 loss accuracy"])
    assert.isTrue(gate.over)
  })

  it("takes cells that were not asked for as failed: fewer configurations than the search draws", () => {
    const gate = gateOf(plain.slice(0, 2))
    gate.settle("a0", { loss: 1 })
    assert.isTrue(gate.isOpen("a1"), "one of three, two of which are none")
    gate.settle("a1", { loss: 1 })
    assert.isTrue(gate.over)
  })

  it("says where a task stands", () => {
    assert.deepInclude(gateOf(plain).rungOf("b1"), { rung: 2, resource: "epochs", amount: 3, below: 1, reduction: 3, metric: "loss" })
    assert.strictEqual(gateOf(plain).rungOf("b0")?.rung, 1)
    assert.isUndefined(openSearchGate({}, { onMissing: () => undefined }).rungOf("b0"))
  })
})
