/**
 * Whether polynomials are a reduced Groebner basis under lex by their shape alone: monic, leading monomials that share no variable, so that every
 * S-polynomial reduces to 0 (Buchberger's product criterion), and no other term that a leading monomial divides. Bases in shape position
 * and Cauchy modules are of this kind. Terms stand in descending order.
 */
import { comparator, type OrderName } from "../algebra/index.ts"
import type { PolynomialList } from "../generation/system-table.ts"

export const isReducedByShape = (list: PolynomialList, n: number): boolean => {
  const { coefficients, denominators, exponents, terms, values } = list
  const leads: Array<number> = []
  for (let polynomial = 0, at = 0; polynomial < terms.length; at += terms[polynomial++] ?? 0) {
    if ((terms[polynomial] ?? 0) === 0) return false
    const monic = values.length > 0 ? values[at] === 1 : coefficients[at] === 1 && (denominators.length === 0 || denominators[at] === 1)
    if (!monic) return false
    leads.push(at)
  }
  const total = exponents.length / n
  for (const lead of leads) {
    for (let term = 0; term < total; term++) {
      if (term === lead) continue
      if (leads.includes(term) ? sharesVariable(exponents, lead * n, term * n, n) : divides(exponents, lead * n, term * n, n)) return false
    }
  }
  return descends(list, "lex", n)
}

const divides = (exponents: Uint8Array, a: number, b: number, n: number): boolean => {
  for (let v = 0; v < n; v++) if ((exponents[a + v] ?? 0) > (exponents[b + v] ?? 0)) return false
  return true
}

const sharesVariable = (exponents: Uint8Array, a: number, b: number, n: number): boolean => {
  for (let v = 0; v < n; v++) if ((exponents[a + v] ?? 0) > 0 && (exponents[b + v] ?? 0) > 0) return true
  return false
}

/** Whether the terms of every polynomial stand in strictly descending order. */
export const descends = ({ exponents, terms }: PolynomialList, order: OrderName, n: number): boolean => {
  const compare = comparator(order, n)
  for (let polynomial = 0, at = 0; polynomial < terms.length; at += terms[polynomial++] ?? 0) {
    for (let term = at + 1; term < at + (terms[polynomial] ?? 0); term++) {
      if (compare(exponents, (term - 1) * n, exponents, term * n) <= 0) return false
    }
  }
  return true
}
