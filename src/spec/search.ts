/**
 * Searches: sweeps in which most configurations are tried a little and only the better ones on. A configuration stands at a rung
 * for each amount of the resource (epochs, steps); which cells (configuration x rung) there can be is known from the file alone, which of
 * them run depends on what the ones below gave (plan/promotion.ts). Pure.
 *
 * asha: L. Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2. hyperband: L. Li et al.,
 * "Hyperband: a novel bandit-based approach to hyperparameter optimization", JMLR 18 (2018), algorithm 1.
 */
import type { JsonObject } from "../stage/json.ts"
import { samplePoints, type Sampling } from "./sampling.ts"

export interface Search {
  readonly strategy: "asha" | "hyperband"
  /** Id of the stage whose metric decides. */
  readonly stage: string
  readonly metric: string
  readonly goal: "max" | "min"
  /** The parameter that says how much a configuration is given. */
  readonly resource: string
  /** At the lowest rung, and what no rung exceeds. */
  readonly min: number
  readonly max: number
  /** One of so many goes on, and is given so many times as much. A whole number, at least 2. */
  readonly reduction: number
  /** Inputs of the stage at a rung, each an output of the same stage at the rung below: what it goes on from. */
  readonly carry: Readonly<Record<string, string>>
  /** asha: how many configurations are worked on at once, in the algorithm's own clock. */
  readonly parallel: number
  /** What configurations are drawn from. */
  readonly sampling: Sampling
}

/** Configurations that start together and compete with each other. */
export interface Bracket {
  /** How many start. */
  readonly configs: number
  /** What each rung gives, the lowest first. */
  readonly resources: ReadonlyArray<number>
}

export interface Cell {
  readonly bracket: number
  /** Within the bracket. */
  readonly config: number
  readonly rung: number
}

/** How many times `max` can be divided by the reduction before it is below `min`. */
const depthOf = ({ max, min, reduction }: Search): number => {
  let depth = 0
  // The bound is met with equality as a rule: 1, 3, 9, 27.
  while (min * reduction ** (depth + 1) <= max * (1 + 1e-12)) depth++
  return depth
}

/** hyperband's brackets, the one that tries the most first; one for asha. */
export const bracketsOf = (search: Search): ReadonlyArray<Bracket> => {
  const { max, min, reduction, sampling, strategy } = search
  const depth = depthOf(search)
  const whole = Number.isInteger(min) && Number.isInteger(max)
  const amount = (exact: number) => (whole ? Math.round(exact) : Number(exact.toPrecision(12)))
  if (strategy === "asha") return [{ configs: sampling.points, resources: Array.from({ length: depth + 1 }, (_, rung) => amount(min * reduction ** rung)) }]
  return Array.from({ length: depth + 1 }, (_, at) => {
    const s = depth - at
    return {
      configs: Math.ceil(((depth + 1) / (s + 1)) * reduction ** s - 1e-9),
      resources: Array.from({ length: s + 1 }, (_, rung) => amount(max * reduction ** (rung - s)))
    }
  })
}

/** How many configurations all brackets have together. */
export const configCount = (brackets: ReadonlyArray<Bracket>): number => brackets.reduce((sum, { configs }) => sum + configs, 0)

/** All cells, a configuration's rungs together and from the lowest up, each with the parameters that it sets. */
export const cellsOf = (search: Search): ReadonlyArray<{ readonly cell: Cell; readonly values: JsonObject }> => {
  const brackets = bracketsOf(search)
  const drawn = samplePoints({ ...search.sampling, points: configCount(brackets) })
  let first = 0
  return brackets.flatMap(({ configs, resources }, bracket) => {
    const own = drawn.slice(first, first + configs)
    first += configs
    return own.flatMap((values, config) => resources.map((amount, rung) => ({ cell: { bracket, config, rung }, values: { ...values, [search.resource]: amount } })))
  })
}

/** Only so many configurations (asha) or brackets (hyperband). */
export const cellsWithin = (search: Search, limit: number): ((cell: Cell) => boolean) =>
  search.strategy === "asha" ? ({ config }) => config < limit : ({ bracket }) => bracket < limit
