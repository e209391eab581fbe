/** Which cells of a search run, against straight simulations of the published algorithms with every score known beforehand. */
import { assert, describe, it } from "vitest"
import { startPromotions } from "../../src/plan/promotion.ts"
import { bracketsOf, cellsOf, type Cell, type Search } from "../../src/spec/search.ts"

const search = (more: Partial<Search>): Search => ({
  strategy: "asha", stage: "train", metric: "accuracy", goal: "max", resource: "epochs", min: 1, max: 27, reduction: 3, carry: {}, parallel: 4,
  sampling: { strategy: "random", points: 27, seed: 0, axes: {} }, ...more
})
const asha = (points: number, more: Partial<Search> = {}) => search({ ...more, sampling: { strategy: "random", points, seed: 0, axes: {} } })

/** Mulberry32. */
const randomFrom = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A score for every cell, some of them failures, and many equal ones: from the cell alone, so that the order of asking changes nothing. */
const scoresFrom = (seed: number, failures = 0.1) => ({ bracket, config, rung }: Cell): number | undefined => {
  const random = randomFrom(seed * 7919 + bracket * 104_729 + config * 1299 + rung * 31)
  random()
  return random() < failures ? undefined : Math.floor(random() * 8)
}
const named = (cells: Iterable<Cell>) => [...cells].map(({ bracket, config, rung }) => `${bracket}/${config}/${rung}`).toSorted()

/** Lets cells end in an order of chance, as machines do; the cells that ran. */
const runOf = (of: Search, score: (cell: Cell) => number | undefined, order: () => number): ReadonlyArray<string> => {
  const promotions = startPromotions(of)
  const open = [...promotions.first]
  const ran: Array<Cell> = []
  while (open.length > 0) {
    const [cell] = open.splice(Math.floor(order() * open.length), 1)
    if (cell === undefined) break
    ran.push(cell)
    open.push(...promotions.settle(cell, score(cell)))
  }
  assert.isTrue(promotions.over)
  return named(ran)
}

describe("hyperband", () => {
  it("has the brackets of the paper's table for R = 81 and a reduction of 3", () => {
    // JMLR 18 (2018), table 1: configurations and epochs of each round, bracket by bracket. Configurations of later rounds follow.
    assert.deepStrictEqual(bracketsOf(search({ strategy: "hyperband", max: 81 })), [
      { configs: 81, resources: [1, 3, 9, 27, 81] },
      { configs: 34, resources: [3, 9, 27, 81] },
      { configs: 15, resources: [9, 27, 81] },
      { configs: 8, resources: [27, 81] },
      { configs: 5, resources: [81] }
    ])
  })

  /** Algorithm 1, line by line. */
  const published = ({ max, min, reduction }: Search, score: (cell: Cell) => number | undefined): ReadonlyArray<string> => {
    const deepest = Math.floor(Math.log(max / min) / Math.log(reduction) + 1e-9)
    const ran: Array<Cell> = []
    for (let s = deepest; s >= 0; s--) {
      const n = Math.ceil((deepest + 1) / (s + 1) * reduction ** s - 1e-9)
      let alive = Array.from({ length: n }, (_, config) => config)
      for (let i = 0; i <= s; i++) {
        const cells = alive.map((config) => ({ bracket: deepest - s, config, rung: i }))
        ran.push(...cells)
        const kept = Math.floor(Math.floor(n / reduction ** i) / reduction)
        const losses = cells.map((cell) => ({ config: cell.config, score: score(cell) }))
        alive = losses.filter((each) => each.score !== undefined).toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.config - b.config).slice(0, kept).map(({ config }) => config)
        if (alive.length < kept) break
      }
    }
    return named(ran)
  }

  it("runs the cells of the published algorithm, in whatever order they end", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const of = search({ strategy: "hyperband", min: 1, max: [9, 27, 16][seed % 3] ?? 9, reduction: seed % 3 === 2 ? 2 : 3 })
      const score = scoresFrom(seed, 0)
      const expected = published(of, score)
      assert.deepStrictEqual(runOf(of, score, randomFrom(seed)), expected)
      assert.deepStrictEqual(runOf(of, score, () => 0), expected)
    }
  })

  it("never goes on with what failed", () => {
    const of = search({ strategy: "hyperband", max: 9 })
    assert.deepStrictEqual(runOf(of, () => undefined, () => 0), named(bracketsOf(of).flatMap(({ configs }, bracket) => Array.from({ length: configs }, (_, config) => ({ bracket, config, rung: 0 })))))
  })
})

describe("asha", () => {
  /** Algorithm 2 on `parallel` workers, a cell taking as long as its resource says. */
  const published = ({ carry, max, min, parallel, reduction, sampling }: Search, score: (cell: Cell) => number | undefined): ReadonlyArray<string> => {
    const top = Math.floor(Math.log(max / min) / Math.log(reduction) + 1e-9)
    const carries = Object.keys(carry).length > 0
    const rungs = Array.from({ length: top + 1 }, (): Array<{ config: number; score: number | undefined }> => [])
    const promoted = rungs.map(() => new Set<number>())
    const ran: Array<Cell> = []
    let drawn = 0
    const getJob = (): Cell | undefined => {
      for (let k = top - 1; k >= 0; k--) {
        const rung = rungs[k] ?? []
        const best = rung.filter((each) => each.score !== undefined).toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.config - b.config)
        const first = best.slice(0, Math.floor(rung.length / reduction)).find(({ config }) => !promoted[k]?.has(config))
        if (first === undefined) continue
        promoted[k]?.add(first.config)
        return { bracket: 0, config: first.config, rung: k + 1 }
      }
      return drawn < sampling.points ? { bracket: 0, config: drawn++, rung: 0 } : undefined
    }
    const length = (rung: number) => min * reduction ** rung - (carries && rung > 0 ? min * reduction ** (rung - 1) : 0)
    const workers: Array<{ cell: Cell; ends: number; began: number } | undefined> = Array.from({ length: parallel }, () => undefined)
    let [time, began] = [0, 0]
    for (;;) {
      for (const [at, worker] of workers.entries()) {
        if (worker !== undefined) continue
        const cell = getJob()
        if (cell === undefined) continue
        ran.push(cell)
        workers[at] = { cell, ends: time + length(cell.rung), began: began++ }
      }
      const busy = workers.filter((worker) => worker !== undefined).toSorted((a, b) => a.ends - b.ends || a.began - b.began)
      const [next] = busy
      if (next === undefined) return named(ran)
      time = next.ends
      rungs[next.cell.rung]?.push({ config: next.cell.config, score: score(next.cell) })
      workers[workers.indexOf(next)] = undefined
    }
  }

  it("runs the cells of the published algorithm, in whatever order they end", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const of = asha(1 + (seed * 7) % 60, { parallel: 1 + seed % 9, max: [27, 9, 8, 1][seed % 4] ?? 9, reduction: seed % 4 === 2 ? 2 : 3, ...(seed % 2 === 0 ? { carry: { from: "state" } } : {}) })
      const score = scoresFrom(seed)
      const expected = published(of, score)
      assert.deepStrictEqual(runOf(of, score, randomFrom(seed)), expected, `seed ${seed}`)
      assert.deepStrictEqual(runOf(of, score, () => 0.999_999), expected)
    }
  })

  it("never has more cells open that are not waited for than it has workers", () => {
    const promotions = startPromotions(asha(40, { parallel: 5 }))
    const open = [...promotions.first]
    assert.lengthOf(open, 5)
    const score = scoresFrom(3)
    while (open.length > 0) {
      const cell = open.shift()
      if (cell !== undefined) open.push(...promotions.settle(cell, score(cell)))
      assert.isAtMost(open.length, 5)
    }
  })

  it("takes a score once", () => {
    const promotions = startPromotions(asha(9, { parallel: 3 }))
    const [first] = promotions.first
    assert.isDefined(first)
    if (first === undefined) return
    assert.lengthOf(promotions.settle(first, 1), 1)
    assert.deepStrictEqual(promotions.settle(first, 5), [])
  })
})

describe("the cells of a search", () => {
  it("are configurations at rungs, whose resource grows by the reduction", () => {
    const cells = cellsOf(search({ min: 2, max: 60, sampling: { strategy: "random", points: 2, seed: 1, axes: { lr: { dimension: 0, distribution: { kind: "between", min: 0.001, max: 1, log: true, int: false } } } } }))
    assert.deepStrictEqual(cells.map(({ values }) => values["epochs"]), [2, 6, 18, 54, 2, 6, 18, 54])
    assert.strictEqual(new Set(cells.map(({ values }) => values["lr"])).size, 2)
    assert.deepStrictEqual(cells.map(({ cell }) => `${cell.config}/${cell.rung}`), ["0/0", "0/1", "0/2", "0/3", "1/0", "1/1", "1/2", "1/3"])
  })

  it("draws the same configurations when more are asked for", () => {
    const axes = { lr: { dimension: 0, distribution: { kind: "between", min: 0, max: 1, log: false, int: false } } } as const
    const drawn = (points: number) => cellsOf(search({ sampling: { strategy: "random", points, seed: 1, axes } })).map(({ values }) => values)
    assert.deepStrictEqual(drawn(5), drawn(9).slice(0, 20))
  })
})
