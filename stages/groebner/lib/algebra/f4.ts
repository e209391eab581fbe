/**
 * Reduced Groebner bases over F_p by Faugere's F4: all critical pairs of least degree are reduced at once, as rows of a sparse
 * matrix (`matrix.ts`), whose elimination runs in WebAssembly.
 */
import type { MonomialTable } from "./monomials.ts"
import type { ModularPolynomial } from "./matrix.ts"
import { Matrix } from "./matrix.ts"
import type { Pair } from "./pairs.ts"
import { CriticalPairs } from "./pairs.ts"
import { Trace } from "./trace.ts"
import { rowKernel } from "./wasm/row-kernel.ts"

/**
 * The reduced basis, the least leading monomial first. The generators are monic, not zero, over ids of `table`, to which
 * new monomials are added. `stop` is called every few rows and may throw.
 */
export const f4 = (table: MonomialTable, p: number, generators: ReadonlyArray<ModularPolynomial>, stop: () => void, trace = new Trace()): ReadonlyArray<ModularPolynomial> => {
  const basis: Array<ModularPolynomial> = []
  const pairs = new CriticalPairs(table)
  const matrix = new Matrix(table, rowKernel(), p)
  /** A reducer that keeps within this sugar, as it would in the homogenised system: others bring high degrees that lower ones make superfluous. */
  const reducer = (monomial: number, sugar: number) => {
    const best = pairs.reducer(monomial)
    return best >= 0 && pairs.sugarAt(best, monomial) <= sugar ? basis[best] : undefined
  }
  /** Polynomials that wait for their sugar: generators, so that those of high degree find most of the basis there, and rows of the last matrix whose lead is a
   * multiple of another's. */
  let waiting = generators.map((f) => ({ f, sugar: degree(table, f) }))
  const take = (polynomials: ReadonlyArray<ModularPolynomial>, sugar: number) => {
    for (const f of polynomials) {
      const lead = f.ids[0] ?? 0
      const best = pairs.reducer(lead)
      if (best >= 0) {
        waiting.push({ f, sugar: Math.max(sugar, pairs.sugarAt(best, lead)) })
        continue
      }
      basis.push(f)
      pairs.add(lead, Math.max(sugar, degree(table, f)))
    }
  }

  trace.begin()
  while (waiting.length > 0 || pairs.pairs.length > 0) {
    const sugar = waiting.reduce((least, one) => Math.min(least, one.sugar), pairs.least())
    const rows = waiting.filter((one) => one.sugar === sugar)
    waiting = waiting.filter((one) => one.sugar !== sugar)
    matrix.clear()
    const { considered, reducers } = addPairs(matrix, table, basis, pairs.take(sugar), trace, stop)
    for (const [at, { f }] of rows.entries()) if (trace.wants(considered + at)) matrix.addRow(f, 0, considered + at)
    matrix.complete((monomial) => reducers.get(monomial) ?? reducer(monomial, sugar), stop)
    const { polynomials, useful } = matrix.echelon(stop)
    trace.endStep(useful)
    take(polynomials, sugar)
  }
  trace.end()
  return interreduced(table, p, basis.filter((_, at) => pairs.redundant[at] !== true), stop)
}

/** The greatest total degree of a term. */
const degree = (table: MonomialTable, f: ModularPolynomial): number => f.ids.reduce((most, id) => Math.max(most, table.degrees[id] ?? 0), 0)

/** The reduced basis, the least leading monomial first, from one of which no leading monomial divides another's. */
export const interreduced = (table: MonomialTable, p: number, minimal: ReadonlyArray<ModularPolynomial>, stop: () => void): ReadonlyArray<ModularPolynomial> => {
  const leads = new CriticalPairs(table)
  const matrix = new Matrix(table, rowKernel(), p)
  matrix.clear()
  for (const f of minimal) {
    leads.addLead(f.ids[0] ?? 0)
    matrix.addPivot(f, 0)
  }
  matrix.complete((monomial) => minimal[leads.reducer(monomial)], stop)
  return matrix.reducedTails(minimal.length, stop).toSorted((f, g) => table.compare(f.ids[0] ?? 0, g.ids[0] ?? 0))
}

/**
 * For each least common multiple, the multiples of all generators that some pair takes to it: the shortest reduces the others. Gives the number
 * of rows that were considered, and the reducers: also of those multiples all of whose rows are left out, so that the other rows are reduced as they
 * were when it was learned which rows vanish.
 */
const addPairs = (matrix: Matrix, table: MonomialTable, basis: ReadonlyArray<ModularPolynomial>, selected: ReadonlyArray<Pair>, trace: Trace, stop: () => void) => {
  const reducers = new Map<number, ModularPolynomial>()
  let considered = 0
  let asked = 0
  for (const [multiple, pairs] of Map.groupBy(selected, ({ multiple }) => multiple)) {
    if (considered - asked >= 64) {
      stop()
      asked = considered
    }
    const generators: Array<ModularPolynomial> = []
    for (const { first, second } of pairs) {
      for (const at of [first, second]) {
        const f = basis[at]
        if (f !== undefined && !generators.includes(f)) generators.push(f)
      }
    }
    generators.sort((f, g) => f.ids.length - g.ids.length)
    const [shortest] = generators
    if (shortest === undefined) continue
    reducers.set(multiple, shortest)
    const last = considered + generators.length - 1
    let reduced = false
    for (let at = 1; considered < last; at++, considered++) {
      const f = generators[at]
      if (f === undefined || !trace.wants(considered)) continue
      matrix.addRow(f, table.quotient(multiple, f.ids[0] ?? 0), considered)
      reduced = true
    }
    if (reduced) matrix.addPivot(shortest, table.quotient(multiple, shortest.ids[0] ?? 0))
  }
  return { reducers, considered }
}
