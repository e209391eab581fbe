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
 * new monomials are added. `stop` is called between rows and may throw.
 */
export const f4 = (table: MonomialTable, p: number, generators: ReadonlyArray<ModularPolynomial>, stop: () => void, trace = new Trace()): ReadonlyArray<ModularPolynomial> => {
  const basis: Array<ModularPolynomial> = []
  const pairs = new CriticalPairs(table)
  const matrix = new Matrix(table, rowKernel(), p)
  const reducer = (monomial: number) => basis[pairs.reducer(monomial)]
  /** Rows of the last matrix whose lead is a multiple of another's: to be reduced in the next one. */
  let again: Array<ModularPolynomial> = []
  const take = (polynomials: ReadonlyArray<ModularPolynomial>, sugar: number) => {
    again = []
    for (const f of polynomials) {
      const lead = f.ids[0] ?? 0
      if (pairs.reducer(lead) >= 0) {
        again.push(f)
        continue
      }
      basis.push(f)
      pairs.add(lead, f.ids.reduce((most, id) => Math.max(most, table.degrees[id] ?? 0), sugar))
    }
  }

  const eliminate = (sugar: number) => {
    const { polynomials, useful } = matrix.echelon(stop)
    trace.endStep(useful)
    take(polynomials, sugar)
  }

  trace.begin()
  matrix.clear()
  for (const [row, f] of generators.entries()) if (trace.wants(row)) matrix.addRow(f, 0, row)
  eliminate(0)
  for (let sugar = 0; again.length > 0 || pairs.pairs.length > 0;) {
    if (again.length === 0) sugar = pairs.least()
    matrix.clear()
    const { reducers, rows } = addPairs(matrix, table, basis, pairs.take(sugar), trace)
    for (const [at, f] of again.entries()) if (trace.wants(rows + at)) matrix.addRow(f, 0, rows + at)
    matrix.complete((monomial) => reducers.get(monomial) ?? reducer(monomial))
    eliminate(sugar)
  }
  trace.end()
  return interreduced(table, p, basis.filter((_, at) => pairs.redundant[at] !== true), stop)
}

/** The reduced basis, the least leading monomial first, from one of which no leading monomial divides another's. */
export const interreduced = (table: MonomialTable, p: number, minimal: ReadonlyArray<ModularPolynomial>, stop: () => void): ReadonlyArray<ModularPolynomial> => {
  const leads = new CriticalPairs(table)
  const matrix = new Matrix(table, rowKernel(), p)
  matrix.clear()
  for (const f of minimal) {
    leads.addLead(f.ids[0] ?? 0)
    matrix.addPivot(f, 0)
  }
  matrix.complete((monomial) => minimal[leads.reducer(monomial)])
  return matrix.reducedTails(minimal.length, stop).toSorted((f, g) => table.compare(f.ids[0] ?? 0, g.ids[0] ?? 0))
}

/**
 * For each least common multiple, the multiples of all generators that some pair takes to it: the shortest reduces the others. Gives the number
 * of rows that were considered, and the reducers: also of those multiples all of whose rows are left out, so that the other rows are reduced as they
 * were when it was learned which rows vanish.
 */
const addPairs = (matrix: Matrix, table: MonomialTable, basis: ReadonlyArray<ModularPolynomial>, selected: ReadonlyArray<Pair>, trace: Trace) => {
  const reducers = new Map<number, ModularPolynomial>()
  let rows = 0
  for (const [multiple, pairs] of Map.groupBy(selected, ({ multiple }) => multiple)) {
    const [shortest, ...others] = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))]
      .flatMap((at) => basis[at] ?? [])
      .toSorted((f, g) => f.ids.length - g.ids.length)
    if (shortest === undefined) continue
    reducers.set(multiple, shortest)
    const wanted = others.map((f) => ({ f, row: rows++ })).filter(({ row }) => trace.wants(row))
    const multiplier = (f: ModularPolynomial) => table.quotient(multiple, f.ids[0] ?? 0)
    if (wanted.length > 0) matrix.addPivot(shortest, multiplier(shortest))
    for (const { f, row } of wanted) matrix.addRow(f, multiplier(f), row)
  }
  return { reducers, rows }
}
