/**
 * The border basis algorithm by stable spans (Kehrein and Kreuzer, Computing border bases, 2006), and what it does on its way: polynomials of a universe L, an order ideal, are multiplied
 * by variables, and what of the products lies in the span of L and is new is added, until nothing is. Where the border of the monomials that lead nothing leaves L, L grows by its border.
 */
import { modularInverse, modularProduct } from "../algebra/index.ts"
import type { Monomial } from "./order-ideal.ts"

/** Coefficients by monomial, as numbers that compare as degrevlex does. */
export type SparseRow = ReadonlyMap<number, number>

export interface Step {
  /** Monomials of the universe of which no multiple is in it. */
  readonly maximal: ReadonlyArray<number>
  /** The span's basis, least leading monomial first, each with descending terms. */
  readonly span: ReadonlyArray<ReadonlyArray<readonly [key: number, coefficient: number]>>
  /** Products that are new and lie in the universe: [place in `span`, variable]. */
  readonly survivors: ReadonlyArray<readonly [number, number]>
}

export interface Finished {
  /** Steps within the last universe. */
  readonly steps: ReadonlyArray<Step>
  /** Monomials that lead nothing. */
  readonly orderIdeal: ReadonlyArray<number>
}

/** Numbers for monomials in n <= 5 variables with exponents up to 255: they compare as degrevlex does, and a product with a variable is a sum. */
export class MonomialNumbers {
  readonly #n: number

  constructor(n: number) {
    this.#n = n
  }

  of(monomial: Monomial): number {
    return monomial.reduce((key, exponent, v) => key + exponent * 256 ** this.#n + (255 - exponent) * 256 ** v, 0)
  }

  /** What a product with the variable adds. */
  step(variable: number): number {
    return 256 ** this.#n - 256 ** variable
  }

  exponents(key: number): Monomial {
    return Array.from({ length: this.#n }, (_, v) => 255 - (Math.floor(key / 256 ** v) % 256))
  }

  get variables(): number {
    return this.#n
  }
}

/** Undefined when the universe would pass `largest` monomials: the ideal may have infinitely many zeros. */
export const stableSpan = (numbers: MonomialNumbers, p: number, generators: ReadonlyArray<SparseRow>, largest: number): Finished | undefined => {
  const one = numbers.of(new Array<number>(numbers.variables).fill(0))
  const universe = new Set([one, ...generators.flatMap((row) => Array.from(row.keys())).flatMap((key) => divisors(numbers, key))])
  let rows = generators
  for (;;) {
    if (universe.size > largest) return undefined
    const { span, steps } = stabilised(numbers, p, universe, rows)
    const leading = new Set(span.map((row) => Math.max(...row.keys())))
    const orderIdeal = [...universe].filter((key) => !leading.has(key))
    if (borderKeys(numbers, orderIdeal).every((key) => universe.has(key))) return { steps, orderIdeal }
    for (const key of borderKeys(numbers, [...universe])) universe.add(key)
    rows = span
  }
}

const divisors = (numbers: MonomialNumbers, key: number): ReadonlyArray<number> =>
  numbers.exponents(key).reduce<ReadonlyArray<Monomial>>((made, exponent) => made.flatMap((monomial) => Array.from({ length: exponent + 1 }, (_, e) => [...monomial, e])), [[]]).map((monomial) => numbers.of(monomial))

/** Products of the monomials with variables that are not among them. */
const borderKeys = (numbers: MonomialNumbers, keys: ReadonlyArray<number>): ReadonlyArray<number> => {
  const held = new Set(keys)
  return [...new Set(keys.flatMap((key) => Array.from({ length: numbers.variables }, (_, v) => key + numbers.step(v))))].filter((key) => !held.has(key))
}

const stabilised = (numbers: MonomialNumbers, p: number, universe: ReadonlySet<number>, generators: ReadonlyArray<SparseRow>): { readonly span: ReadonlyArray<SparseRow>; readonly steps: ReadonlyArray<Step> } => {
  const maximal = [...universe].filter((key) => Array.from({ length: numbers.variables }).every((_, v) => !universe.has(key + numbers.step(v))))
  const start = new Elimination(p, universe)
  for (const row of generators) start.add(row)
  let span = start.inside()
  const steps: Array<Step> = []
  for (;;) {
    const elimination = new Elimination(p, universe)
    for (const row of span) elimination.add(row)
    const survivors = span.flatMap((row, at) => Array.from({ length: numbers.variables }, (_, v) => [at, v] as const).filter(([, v]) => {
      const product = new Map(Array.from(row, ([key, coefficient]) => [key + numbers.step(v), coefficient]))
      return elimination.add(product) === "inside"
    }))
    steps.push({ maximal, span: span.map((row) => [...row].sort(([a], [b]) => b - a)), survivors })
    if (survivors.length === 0) return { span, steps }
    span = elimination.inside()
  }
}

/** Rows in echelon form, in which monomials outside of the universe come before those inside, and greater ones before lesser ones. */
class Elimination {
  readonly #p: number
  readonly #universe: ReadonlySet<number>
  readonly #product: (a: number, b: number) => number
  readonly #rows = new Map<number, SparseRow>()

  constructor(p: number, universe: ReadonlySet<number>) {
    this.#p = p
    this.#universe = universe
    this.#product = modularProduct(p)
  }

  /** Where what is left of a row begins; undefined when nothing is left. */
  add(row: SparseRow): "inside" | "outside" | undefined {
    const rest = new Map(row)
    for (;;) {
      const lead = this.#lead(rest)
      if (lead === undefined) return undefined
      const reducer = this.#rows.get(lead)
      const coefficient = rest.get(lead) ?? 0
      if (reducer === undefined) {
        const inverse = modularInverse(coefficient, this.#p)
        this.#rows.set(lead, new Map(Array.from(rest, ([key, value]) => [key, this.#product(value, inverse)])))
        return this.#universe.has(lead) ? "inside" : "outside"
      }
      for (const [key, value] of reducer) {
        const difference = ((rest.get(key) ?? 0) - this.#product(coefficient, value) + this.#p) % this.#p
        if (difference === 0) rest.delete(key)
        else rest.set(key, difference)
      }
    }
  }

  /** Rows within the universe, least lead first. */
  inside(): ReadonlyArray<SparseRow> {
    return [...this.#rows].filter(([lead]) => this.#universe.has(lead)).sort(([a], [b]) => a - b).map(([, row]) => row)
  }

  #lead(row: SparseRow): number | undefined {
    let [lead, outside] = [-1, false]
    for (const key of row.keys()) {
      const out = !this.#universe.has(key)
      if ((out && !outside) || (out === outside && key > lead)) {
        lead = key
        outside = out
      }
    }
    return lead < 0 ? undefined : lead
  }
}
