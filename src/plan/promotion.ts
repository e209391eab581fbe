/**
 * Which cells of a search run: successive halving, in brackets (hyperband) or asynchronously (asha). A pure state machine: cells open, their
 * scores come in in whatever order the machine gives them, more cells open. What opens is a function of the scores alone, never of
 * the order in which they came, so that the same file runs the same cells on every machine, with any number of jobs, and after a kill.
 */
import { bracketsOf, type Bracket, type Cell, type Search } from "../spec/search.ts"

export interface Promotions {
  /** Cells that are open from the start. */
  readonly first: ReadonlyArray<Cell>
  /** Takes the score of an open cell, greater being better; undefined where it failed. Gives the cells that open because of it. */
  settle(cell: Cell, score: number | undefined): ReadonlyArray<Cell>
  /** No cell is open and without a score: what has not opened never will. */
  readonly over: boolean
}

export const startPromotions = (search: Search): Promotions => {
  const brackets = bracketsOf(search)
  const sides = brackets.map((bracket, at) => (search.strategy === "asha" ? asynchronous(search, bracket, at) : halving(search, bracket, at)))
  return {
    first: sides.flatMap(({ first }) => first),
    settle: (cell, score) => sides[cell.bracket]?.settle(cell, score) ?? [],
    get over() {
      return sides.every(({ over }) => over)
    }
  }
}

interface Scored {
  readonly config: number
  readonly score: number
}

/** Best first; of equals the one that was drawn earlier. */
const byScore = (a: Scored, b: Scored): number => b.score - a.score || a.config - b.config

/** A whole rung, and then the best of it. */
const halving = ({ reduction }: Search, { configs, resources }: Bracket, bracket: number): Promotions => {
  const scores = resources.map(() => new Map<number, number | undefined>())
  const open = resources.map(() => 0)
  open[0] = configs
  let waiting = configs
  const cellsAt = (rung: number, of: ReadonlyArray<number>) => of.map((config): Cell => ({ bracket, config, rung }))
  return {
    first: cellsAt(0, Array.from({ length: configs }, (_, config) => config)),
    settle: ({ config, rung }, score) => {
      const here = scores[rung]
      if (here === undefined || here.has(config)) return []
      here.set(config, score)
      waiting--
      if (here.size < (open[rung] ?? 0) || rung + 1 === resources.length) return []
      const scored = [...here].flatMap(([each, value]) => (value === undefined ? [] : [{ config: each, score: value }]))
      const best = scored.toSorted(byScore).slice(0, Math.floor(here.size / reduction)).map((each) => each.config)
      open[rung + 1] = best.length
      waiting += best.length
      return cellsAt(rung + 1, best.toSorted((a, b) => a - b))
    },
    get over() {
      return waiting === 0
    }
  }
}

interface Job {
  readonly cell: Cell
  /** By the algorithm's clock. */
  readonly endsAt: number
}

/**
 * ASHA promotes as results come in, which on a real clock would run other cells each time. Here its clock runs by what a cell is given: a
 * cell takes as long as its resource says, less what it goes on from, on as many workers as the file says. The clock stands while the next
 * cell to end by it has no score yet.
 */
const asynchronous = ({ carry, parallel, reduction }: Search, { configs, resources }: Bracket, bracket: number): Promotions => {
  const goesOn = Object.keys(carry).length > 0
  const rungs = resources.map((): { readonly best: Array<Scored>; size: number; readonly promoted: Set<number> } => ({ best: [], size: 0, promoted: new Set() }))
  const known = new Map<string, number | undefined>()
  const keyOf = ({ config, rung }: Cell) => `${config}/${rung}`
  const running: Array<Job> = []
  let drawn = 0
  let now = 0

  const nextCell = (): Cell | undefined => {
    for (let rung = resources.length - 2; rung >= 0; rung--) {
      const here = rungs[rung]
      if (here === undefined) continue
      const candidates = here.best.slice(0, Math.floor(here.size / reduction))
      const chosen = candidates.find(({ config }) => !here.promoted.has(config))
      if (chosen === undefined) continue
      here.promoted.add(chosen.config)
      return { bracket, config: chosen.config, rung: rung + 1 }
    }
    return drawn < configs ? { bracket, config: drawn++, rung: 0 } : undefined
  }
  const lengthOf = (rung: number) => (resources[rung] ?? 0) - (goesOn ? resources[rung - 1] ?? 0 : 0)
  const start = (): ReadonlyArray<Cell> => {
    const started: Array<Cell> = []
    while (running.length < parallel) {
      const cell = nextCell()
      if (cell === undefined) break
      const job: Job = { cell, endsAt: now + lengthOf(cell.rung) }
      // After those that end at the same time: the one that began earlier ends first.
      const after = running.findIndex(({ endsAt }) => endsAt > job.endsAt)
      running.splice(after < 0 ? running.length : after, 0, job)
      started.push(cell)
    }
    return started
  }
  /** The score of a cell that ends now by the clock takes its place in its rung. */
  const note = ({ config, rung }: Cell, score: number | undefined) => {
    const here = rungs[rung]
    if (here === undefined) return
    here.size++
    if (score === undefined) return
    const entry: Scored = { config, score }
    const after = here.best.findIndex((other) => byScore(entry, other) < 0)
    here.best.splice(after < 0 ? here.best.length : after, 0, entry)
  }

  return {
    first: start(),
    settle: (cell, score) => {
      if (known.has(keyOf(cell))) return []
      known.set(keyOf(cell), score)
      const opened: Array<Cell> = []
      for (let [next] = running; next !== undefined && known.has(keyOf(next.cell)); [next] = running) {
        running.shift()
        now = next.endsAt
        note(next.cell, known.get(keyOf(next.cell)))
        opened.push(...start())
      }
      return opened
    },
    get over() {
      return running.length === 0
    }
  }
}
