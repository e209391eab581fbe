/** Parts of lists of polynomials, and lists joined. */
import type { PolynomialList } from "./system-table.ts"

/** Polynomials `from` to `to`, without it: views. */
export const partOfList = ({ coefficients, denominators, exponents, terms, values }: PolynomialList, n: number, from: number, to: number): PolynomialList => {
  let first = 0
  for (let polynomial = 0; polynomial < from; polynomial++) first += terms[polynomial] ?? 0
  let last = first
  for (let polynomial = from; polynomial < to; polynomial++) last += terms[polynomial] ?? 0
  return {
    terms: terms.subarray(from, to),
    coefficients: coefficients.subarray(first, last),
    denominators: denominators.subarray(first, last),
    values: values.subarray(first, last),
    exponents: exponents.subarray(first * n, last * n)
  }
}

export const joinedLists = (a: PolynomialList, b: PolynomialList): PolynomialList => ({
  terms: Int32Array.of(...a.terms, ...b.terms),
  coefficients: Int32Array.of(...a.coefficients, ...b.coefficients),
  denominators: Int32Array.of(...a.denominators, ...b.denominators),
  values: Float64Array.of(...a.values, ...b.values),
  exponents: Uint8Array.of(...a.exponents, ...b.exponents)
})
