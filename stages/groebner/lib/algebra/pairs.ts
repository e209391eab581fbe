/**
 * Critical pairs: which S-polynomials still have to be looked at. The criteria of Gebauer and Moeller (1988, "On an installation of
 * Buchberger's algorithm", as `Update` in Becker and Weispfenning, section 5.5) drop those that cannot give anything new;
 * each pair has its sugar degree (Giovini, Mora, Niesi, Robbiano, Traverso 1991), the degree that it would have had in a homogenised system.
 */
import type { MonomialTable } from "./monomials.ts"
import { grown } from "./monomials.ts"

export interface Pair {
  /** Places in the basis; the second was added later. */
  readonly first: number
  readonly second: number
  /** Id of the least common multiple of the leading monomials. */
  readonly multiple: number
  readonly sugar: number
}

export class CriticalPairs {
  /** Those that are left, in no particular order. */
  pairs: Array<Pair> = []
  /** Ids of leading monomials of the basis. */
  readonly leads: Array<number> = []
  /** Those whose leading monomial another's divides: not needed in the basis, nor for new pairs. */
  readonly redundant: Array<boolean> = []
  readonly #table: MonomialTable
  /** Of each element: its sugar beyond the degree of its leading monomial. */
  readonly #excess: Array<number> = []
  /** Of each monomial: place + 1 of its reducer, 0 if none is known; and how many elements were looked at for it. */
  #found = new Int32Array(256)
  #seen = new Int32Array(256)

  constructor(table: MonomialTable) {
    this.#table = table
  }

  /** A new element of the basis, by the id of its leading monomial, which no other's divides, and its sugar degree. */
  add(lead: number, sugar: number): void {
    const table = this.#table
    const added = this.leads.length
    /** Places of the elements that are not redundant, and by place the least common multiples with them; -1 where there is none yet. */
    const places: Array<number> = []
    const multiples = new Int32Array(added).fill(-1)
    for (let at = 0; at < added; at++) {
      if (this.redundant[at] === true) continue
      places.push(at)
      multiples[at] = table.leastCommonMultiple(this.leads[at] ?? 0, lead)
    }
    const multipleWith = (at: number) => {
      const known = multiples[at] ?? -1
      return known >= 0 ? known : table.leastCommonMultiple(this.leads[at] ?? 0, lead)
    }
    // Criterion B: lead divides the multiple of an old pair, which then follows from its two pairs with the new element.
    this.pairs = this.pairs.filter(({ first, multiple, second }) =>
      !table.divides(lead, multiple) || multipleWith(first) === multiple || multipleWith(second) === multiple
    )
    // Criteria M and F: of the new pairs those whose multiple no other's divides, coprime ones being kept among equals.
    const { degrees } = table
    const coprime = (at: number) => table.coprime(this.leads[at] ?? 0, lead, multiples[at] ?? 0)
    places.sort((a, b) => {
      const [of, other] = [multiples[a] ?? 0, multiples[b] ?? 0]
      if (of === other) return Number(coprime(b)) - Number(coprime(a)) || a - b
      return (degrees[of] ?? 0) - (degrees[other] ?? 0) || table.compare(of, other)
    })
    const kept: Array<number> = []
    const excess = sugar - (degrees[lead] ?? 0)
    for (const at of places) {
      const multiple = multiples[at] ?? 0
      if (table.dividesAny(kept, multiple)) continue
      kept.push(multiple)
      // Buchberger's first criterion: the S-polynomial of coprime leads reduces to zero.
      if (coprime(at)) continue
      this.pairs.push({ first: at, second: added, multiple, sugar: Math.max(excess, this.#excess[at] ?? 0) + (degrees[multiple] ?? 0) })
    }
    for (const at of places) if (table.divides(lead, this.leads[at] ?? 0)) this.redundant[at] = true
    this.#push(lead, sugar)
  }

  /** A leading monomial to find reducers by, without pairs. */
  addLead(lead: number): void {
    this.#push(lead, this.#table.degrees[lead] ?? 0)
  }

  /** The place of the best reducer of a monomial: of those whose lead divides it the one that raises the sugar least, the oldest among equals; -1
   * if there is none. */
  reducer(monomial: number): number {
    const table = this.#table
    if (this.#found.length < table.size) {
      this.#found = grown(this.#found, table.size * 2)
      this.#seen = grown(this.#seen, table.size * 2)
    }
    const [excess, leads] = [this.#excess, this.leads]
    let best = (this.#found[monomial] ?? 0) - 1
    let from = this.#seen[monomial] ?? 0
    if (best >= 0 && this.redundant[best] === true) [best, from] = [-1, 0]
    let least = best < 0 ? Infinity : excess[best] ?? 0
    for (let at = from; at < leads.length; at++) {
      if (table.divides(leads[at] ?? 0, monomial) && (excess[at] ?? 0) < least && this.redundant[at] !== true) {
        best = at
        least = excess[at] ?? 0
      }
    }
    this.#found[monomial] = best + 1
    this.#seen[monomial] = leads.length
    return best
  }

  /** The sugar of a multiple of an element, given the multiple's leading monomial. */
  sugarAt(place: number, monomial: number): number {
    return (this.#excess[place] ?? 0) + (this.#table.degrees[monomial] ?? 0)
  }

  #push(lead: number, sugar: number): void {
    this.leads.push(lead)
    this.#excess.push(sugar - (this.#table.degrees[lead] ?? 0))
    this.redundant.push(false)
  }

  /** The least sugar of a pair; Infinity if none is left. */
  least(): number {
    return this.pairs.reduce((least, { sugar }) => Math.min(least, sugar), Infinity)
  }

  /** Takes out and gives the pairs of this sugar. */
  take(sugar: number): ReadonlyArray<Pair> {
    const taken = this.pairs.filter((pair) => pair.sugar === sugar)
    this.pairs = this.pairs.filter((pair) => pair.sugar !== sugar)
    return taken
  }

  /** Takes out and gives the pair of this sugar, which must exist, with the least multiple. */
  takeOne(sugar: number): Pair {
    const best = this.pairs.filter((pair) => pair.sugar === sugar).reduce((least, pair) => (this.#table.compare(pair.multiple, least.multiple) < 0 ? pair : least))
    this.pairs = this.pairs.filter((pair) => pair !== best)
    return best
  }
}
