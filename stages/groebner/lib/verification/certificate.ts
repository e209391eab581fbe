/**
 * Whether F = U P A B, the backward transformation that the certificate holds: B a basis, A a matrix whose first rows are unitriangular (or the
 * identity), P a permutation, U unitriangular (or the identity). All of F then lies in the ideal of B, and since the triangles have polynomial
 * inverses, F generates all of B: the one identity proves both inclusions. It is tested at random points.
 */
import type { PolynomialList, System } from "../generation/system-table.ts"
import { type CertifiedForm, innerColumns, outerColumns } from "../generation/matrix-forms.ts"
import { isWellFormed, type Points } from "./points.ts"

/** Whether the identity holds. `entries` are those of A, then those of U. Undefined where the points cannot decide it. */
export const certifies = (points: Points, system: System, form: CertifiedForm, basis: PolynomialList, entries: PolynomialList): boolean | undefined => {
  const { f, permutation } = system
  const [m, n] = [f.terms.length, basis.terms.length]
  if (m < n || !isPermutation(permutation, m) || entries.terms.length !== entryCount(form, m, n)) return false
  if (!isWellFormed(f, system) || !isWellFormed(basis, system) || !isWellFormed(entries, system)) return false
  if (!points.open({ f, basis, entries })) return undefined
  // Registers: B, then A B, then one for each side.
  const rows = n
  const [transformed, given] = [n + m, n + m + 1]
  const ofBasis = Array.from({ length: n }, (_, j) => j)
  for (const j of ofBasis) points.loadBasis(j, j)
  let entry = 0
  for (let i = 0; i < m; i++) {
    if (i < n) points.copy(i, rows + i)
    else points.clear(rows + i)
    const { end, start } = innerColumns(form, i, n)
    points.addProducts(rows + i, entry, ofBasis, start, end)
    entry += end - start
  }
  const permuted = Array.from(permutation, (row) => rows + row)
  for (let i = 0; i < m; i++) {
    points.copy(permuted[i] ?? rows, transformed)
    const { end, start } = outerColumns(form, i, m)
    points.addProducts(transformed, entry, permuted, start, end)
    entry += end - start
    points.loadF(i, given)
    if (!points.equal(transformed, given)) return false
  }
  return true
}

/** How many entries of A and U are drawn. */
const entryCount = (form: CertifiedForm, m: number, n: number): number => {
  let count = 0
  for (let i = 0; i < m; i++) {
    const [inner, outer] = [innerColumns(form, i, n), outerColumns(form, i, m)]
    count += inner.end - inner.start + outer.end - outer.start
  }
  return count
}

const isPermutation = (permutation: Int32Array, m: number): boolean => {
  if (permutation.length !== m) return false
  const seen = new Uint8Array(m)
  for (const row of permutation) {
    if (row < 0 || row >= m || seen[row] === 1) return false
    seen[row] = 1
  }
  return true
}
