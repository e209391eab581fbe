/** Between polynomials with exponents and those over the ids of a monomial table. */
import type { Coefficients, Field } from "./field.ts"
import { ExponentOverflow } from "./errors.ts"
import type { ExponentBits } from "./layout.ts"
import { exponentLimit } from "./layout.ts"
import { MonomialTable } from "./monomials.ts"
import type { MonomialOrder } from "./order.ts"
import type { Polynomial } from "./polynomial.ts"
import { termCount } from "./polynomial.ts"

/** Ids of the monomials of a polynomial, in its order of terms. */
export const idsOf = (table: MonomialTable, f: Polynomial<unknown>): Int32Array =>
  Int32Array.from({ length: termCount(f) }, (_, term) => table.fromExponents(f.exponents, term * table.layout.variables))

export const exponentsOf = (table: MonomialTable, ids: Int32Array): Uint16Array => {
  const n = table.layout.variables
  const exponents = new Uint16Array(ids.length * n)
  for (let term = 0; term < ids.length; term++) table.toExponents(ids[term] ?? 0, exponents, term * n)
  return exponents
}

/** Coefficients divided by the first. */
export const monicCoefficients = <E>(field: Field<E>, coefficients: Coefficients<E>): Coefficients<E> => {
  const lead = coefficients[0]
  if (lead === undefined || field.equals(lead, field.one)) return coefficients
  const inverse = field.inverse(lead)
  const result = field.array(coefficients.length)
  for (let term = 0; term < coefficients.length; term++) result[term] = field.multiply(coefficients[term] ?? field.zero, inverse)
  return result
}

/** Computes with 8 bits an exponent, and if one outgrows them again with 16; at once with 16 if `greatest`, the greatest exponent as far as is known, needs
 * them. @throws ExponentOverflow where 16 do not suffice */
export const withMonomials = <A>(order: MonomialOrder, variables: number, compute: (table: MonomialTable) => A, greatest = 0): A => {
  const attempt = (bits: ExponentBits) => compute(new MonomialTable(order, variables, bits))
  if (greatest > exponentLimit(8)) return attempt(16)
  try {
    return attempt(8)
  } catch (error) {
    if (!(error instanceof ExponentOverflow)) throw error
  }
  return attempt(16)
}
