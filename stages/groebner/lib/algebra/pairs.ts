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
  readonly sugars: Array<number> = []
  /** Those whose leading monomial another's divides: not needed in the basis, nor for new pairs. */
  readonly redundant: Array<boolean> = []
  readonly #table: MonomialTable
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
    /** Least common multiples with every element that is not redundant, and whether the leads are coprime. */
    const multiples = this.leads.map((other, at) => (this.redundant[at] === true ? -1 : table.leastCommonMultiple(other, lead)))
    const multipleWith = (at: number) => {
      const known = multiples[at] ?? -1
      return known >= 0 ? known : table.leastCommonMultiple(this.leads[at] ?? 0, lead)
    }
    // Criterion B: lead divides the multiple of an old pair, which then follows from its two pairs with the new element.
    this.pairs = this.pairs.filter(({ first, multiple, second }) =>
      !table.divides(lead, multiple) || multipleWith(first) === multiple || multipleWith(second) === multiple
    )
    // Criteria M and F: of the new pairs those whose multiple no other's divides, coprime ones being kept among equals.
    const candidates = multiples.flatMap((multiple, at) =>
      multiple < 0 ? [] : [{ at, multiple, degree: table.degrees[multiple] ?? 0, coprime: table.coprime(this.leads[at] ?? 0, lead, multiple) }]
    )
    candidates.sort((a, b) => a.degree - b.degree || table.compare(a.multiple, b.multiple) || Number(b.coprime) - Number(a.coprime) || a.at - b.at)
    const kept: typeof candidates = []
    for (const candidate of candidates) {
      if (!kept.some(({ multiple }) => table.divides(multiple, candidate.multiple))) kept.push(candidate)
    }
    const excess = sugar - (table.degrees[lead] ?? 0)
    for (const { at, coprime, degree, multiple } of kept) {
      // Buchberger's first criterion: the S-polynomial of coprime leads reduces to zero.
      if (coprime) continue
      this.pairs.push({ first: at, second: added, multiple, sugar: Math.max(excess, this.#excess(at)) + degree })
    }
    for (const [at, other] of this.leads.entries()) if (table.divides(lead, other)) this.redundant[at] = true
    this.leads.push(lead)
    this.sugars.push(sugar)
    this.redundant.push(false)
  }

  /** A leading monomial to find reducers by, without pairs. */
  addLead(lead: number): void {
    this.leads.push(lead)
    this.sugars.push(this.#table.degrees[lead] ?? 0)
    this.redundant.push(false)
  }

  /** The place of the best reducer of a monomial: of those whose lead divides it the one that raises the sugar least, the oldest among equals; -1
   * if there is none. */
  reducer(monomial: number): number {
    const table = this.#table
    if (this.#found.length < table.size) {
      this.#found = grown(this.#found, table.size * 2)
      this.#seen = grown(this.#seen, table.size * 2)
    }
    let best = (this.#found[monomial] ?? 0) - 1
    let from = this.#seen[monomial] ?? 0
    if (best >= 0 && this.redundant[best] === true) [best, from] = [-1, 0]
    for (let at = from; at < this.leads.length; at++) {
      if (this.redundant[at] !== true && table.divides(this.leads[at] ?? 0, monomial) && (best < 0 || this.#excess(at) < this.#excess(best))) best = at
    }
    this.#found[monomial] = best + 1
    this.#seen[monomial] = this.leads.length
    return best
  }

  /** The sugar of a multiple of an element, given the multiple's leading monomial. */
  sugarAt(place: number, monomial: number): number {
    return this.#excess(place) + (this.#table.degrees[monomial] ?? 0)
  }

  /** Sugar beyond the degree of the leading monomial. */
  #excess(at: number): number {
    return (this.sugars[at] ?? 0) - (this.#table.degrees[this.leads[at] ?? 0] ?? 0)
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
