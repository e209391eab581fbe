/**
 * Reduced Groebner bases over any exact field by Buchberger's algorithm: pairs by the criteria of Gebauer and Moeller in the order of sugar
 * (`pairs.ts`), sums in geobuckets. The baseline beside F4, and the one that needs nothing but the field's operations.
 */
import type { Field } from "./field.ts"
import { algebraError } from "./errors.ts"
import type { Term, Terms } from "./geobucket.ts"
import { Geobucket } from "./geobucket.ts"
import type { MonomialTable } from "./monomials.ts"
import type { Pair } from "./pairs.ts"
import { CriticalPairs } from "./pairs.ts"

/**
 * The reduced basis, the least leading monomial first. The generators are monic, not zero, over ids of `table`, to which
 * new monomials are added. `stop` is called before each reduction and may throw.
 */
export const buchberger = <E>(field: Field<E>, table: MonomialTable, generators: ReadonlyArray<Terms<E>>, stop: () => void): ReadonlyArray<Terms<E>> => {
  const basis: Array<Terms<E>> = []
  const pairs = new CriticalPairs(table)
  /** A reducer that keeps within this sugar, as it would in the homogenised system: others bring high degrees that lower ones make superfluous. */
  const within = (sugar: number) => (monomial: number): Terms<E> | undefined => {
    const best = pairs.reducer(monomial)
    return best >= 0 && pairs.sugarAt(best, monomial) <= sugar ? basis[best] : undefined
  }
  /** Polynomials that wait for their sugar: generators, and those whose lead has only reducers of higher sugar. */
  const waiting = generators.map((f) => ({ f, sugar: degree(table, f) }))

  while (waiting.length > 0 || pairs.pairs.length > 0) {
    stop()
    const sugar = waiting.reduce((least, one) => Math.min(least, one.sugar), pairs.least())
    const at = waiting.findIndex((one) => one.sugar === sugar)
    const sum = new Geobucket(field, table)
    if (at < 0) addSPolynomial(field, table, basis, pairs.takeOne(sugar), sum)
    else for (const { f } of waiting.splice(at, 1)) sum.add(field.one, 0, f, 0)
    const f = topReduced(field, table, sum, within(sugar))
    if (f === undefined) continue
    const lead = f.ids[0] ?? 0
    const best = pairs.reducer(lead)
    if (best >= 0) {
      waiting.push({ f, sugar: pairs.sugarAt(best, lead) })
      continue
    }
    basis.push(f)
    pairs.add(lead, Math.max(sugar, degree(table, f)))
  }
  return interreducedTerms(field, table, basis.filter((_, at) => pairs.redundant[at] !== true), stop)
}

/** The reduced basis, the least leading monomial first, from one of which no leading monomial divides another's. */
export const interreducedTerms = <E>(field: Field<E>, table: MonomialTable, minimal: ReadonlyArray<Terms<E>>, stop: () => void): ReadonlyArray<Terms<E>> => {
  const reducer = reducerAmong(table, minimal)
  return minimal
    .map((f) => {
      stop()
      const tail = new Geobucket(field, table)
      tail.add(field.one, 0, f, 1)
      return termsOf(field, [{ id: f.ids[0] ?? 0, coefficient: f.coefficients[0] ?? field.one }, ...normalForm(field, table, tail, reducer)])
    })
    .toSorted((f, g) => table.compare(f.ids[0] ?? 0, g.ids[0] ?? 0))
}

/** Finds an element whose leading monomial divides a given one. */
export const reducerAmong = <E>(table: MonomialTable, elements: ReadonlyArray<Terms<E>>): ((monomial: number) => Terms<E> | undefined) => {
  const leads = new CriticalPairs(table)
  for (const f of elements) leads.addLead(f.ids[0] ?? 0)
  return (monomial) => elements[leads.reducer(monomial)]
}

/** The greatest total degree of a term. */
const degree = (table: MonomialTable, f: Terms<unknown>): number => f.ids.reduce((most, id) => Math.max(most, table.degrees[id] ?? 0), 0)

/** Leading coefficients are 1, so that the leading terms of the two cancel and are left out. */
export const addSPolynomial = <E>(field: Field<E>, table: MonomialTable, basis: ReadonlyArray<Terms<E>>, { first, multiple, second }: Pair, sum: Geobucket<E>): void => {
  for (const [at, sign] of [[first, field.one], [second, field.negate(field.one)]] as const) {
    const f = basis[at]
    if (f !== undefined) sum.add(sign, table.quotient(multiple, f.ids[0] ?? 0), f, 1)
  }
}

/** Reduces until no reducer fits the leading term; made monic. Undefined if nothing is left. */
const topReduced = <E>(field: Field<E>, table: MonomialTable, sum: Geobucket<E>, reducer: (monomial: number) => Terms<E> | undefined): Terms<E> | undefined => {
  for (let lead = sum.takeLead(); lead !== undefined; lead = sum.takeLead()) {
    const f = reducer(lead.id)
    if (f !== undefined) {
      sum.add(field.negate(lead.coefficient), table.quotient(lead.id, f.ids[0] ?? 0), f, 1)
      continue
    }
    const inverse = field.inverse(lead.coefficient)
    const terms: Array<Term<E>> = [{ id: lead.id, coefficient: field.one }]
    for (let next = sum.takeLead(); next !== undefined; next = sum.takeLead()) {
      terms.push({ id: next.id, coefficient: field.multiply(inverse, next.coefficient) })
    }
    return termsOf(field, terms)
  }
  return undefined
}

/** The remainder of a sum: no monomial of it has a reducer. Reducers are monic. */
export const normalForm = <E>(field: Field<E>, table: MonomialTable, sum: Geobucket<E>, reducer: (monomial: number) => Terms<E> | undefined): ReadonlyArray<Term<E>> => {
  const rest: Array<Term<E>> = []
  for (let lead = sum.takeLead(); lead !== undefined; lead = sum.takeLead()) {
    const f = reducer(lead.id)
    if (f === undefined) rest.push(lead)
    else sum.add(field.negate(lead.coefficient), table.quotient(lead.id, f.ids[0] ?? 0), f, 1)
  }
  return rest
}

const termsOf = <E>(field: Field<E>, terms: ReadonlyArray<Term<E>>): Terms<E> => {
  if (terms.length === 0) throw algebraError("A basis has no zero polynomial.")
  const coefficients = field.array(terms.length)
  terms.forEach(({ coefficient }, at) => (coefficients[at] = coefficient))
  return { ids: Int32Array.from(terms, ({ id }) => id), coefficients }
}
