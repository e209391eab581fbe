/**
 * Division with remainder by several polynomials, and S-polynomials: the textbook forms (Cox, Little, O'Shea, Ideals, Varieties, and
 * Algorithms, chapter 2). The engines use faster ones of their own.
 */
import { algebraError } from "./errors.ts"
import { MonomialTable } from "./monomials.ts"
import type { Polynomial } from "./polynomial.ts"
import { add, isZero, multiply, polynomialOf, subtract, termCount, zeroPolynomial } from "./polynomial.ts"
import type { Ring } from "./ring.ts"

export interface Division<E> {
  /** One for each divisor: f = sum of quotient_i * divisor_i + remainder, and no lead(quotient_i * divisor_i) is greater than lead(f). */
  readonly quotients: ReadonlyArray<Polynomial<E>>
  /** No term of it is divisible by a divisor's leading monomial. */
  readonly remainder: Polynomial<E>
}

/** Divides by the first divisor that fits, term by term from the greatest. @throws AlgebraError for a zero divisor */
export const divide = <E>(ring: Ring<E>, f: Polynomial<E>, divisors: ReadonlyArray<Polynomial<E>>): Division<E> => {
  if (divisors.some(isZero)) throw algebraError("Division by the zero polynomial: leave zeros out of the divisors.")
  const { field } = ring
  const n = ring.variables.length
  const quotients = divisors.map(() => zeroPolynomial(ring))
  let remainder = zeroPolynomial(ring)
  let rest = f
  while (!isZero(rest)) {
    const at = divisors.findIndex((g) => g.exponents.subarray(0, n).every((exponent, v) => exponent <= (rest.exponents[v] ?? 0)))
    const divisor = divisors[at]
    const lead = rest.coefficients[0] ?? field.zero
    if (divisor === undefined) {
      const term = polynomialOf(ring, [lead], rest.exponents.subarray(0, n))
      remainder = add(ring, remainder, term)
      rest = subtract(ring, rest, term)
      continue
    }
    const exponents = rest.exponents.slice(0, n).map((exponent, v) => exponent - (divisor.exponents[v] ?? 0))
    const factor = polynomialOf(ring, [field.multiply(lead, field.inverse(divisor.coefficients[0] ?? field.zero))], exponents)
    quotients[at] = add(ring, quotients[at] ?? zeroPolynomial(ring), factor)
    rest = subtract(ring, rest, multiply(ring, factor, divisor))
  }
  return { quotients, remainder }
}

/** What is left of f after division; its normal form if the divisors are a basis. */
export const remainder = <E>(ring: Ring<E>, f: Polynomial<E>, divisors: ReadonlyArray<Polynomial<E>>): Polynomial<E> =>
  divide(ring, f, divisors).remainder

/** lcm/lead(f) * f - lcm/lead(g) * g, where lcm is the least common multiple of the leading monomials and both leads are made 1. */
export const sPolynomial = <E>(ring: Ring<E>, f: Polynomial<E>, g: Polynomial<E>): Polynomial<E> => {
  if (isZero(f) || isZero(g)) throw algebraError("The zero polynomial has no S-polynomial: it has no leading term.")
  const n = ring.variables.length
  const table = new MonomialTable(ring.order, n, 16, termCount(f) + termCount(g))
  const [a, b] = [table.fromExponents(f.exponents, 0), table.fromExponents(g.exponents, 0)]
  const multiple = table.leastCommonMultiple(a, b)
  const lifted = (h: Polynomial<E>, lead: number) => {
    const exponents = new Uint16Array(n)
    table.toExponents(table.quotient(multiple, lead), exponents, 0)
    return multiply(ring, polynomialOf(ring, [ring.field.inverse(h.coefficients[0] ?? ring.field.zero)], exponents), h)
  }
  return subtract(ring, lifted(f, a), lifted(g, b))
}
