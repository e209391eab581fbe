/** Stored systems as polynomials of the algebra library, for engines. */
import { algebraError, type Field, numberedVariables, type Polynomial, polynomialOf, polynomialRing, primeField, type Rational, rational, rationalField, type Ring } from "./algebra/index.ts"
import type { PolynomialList, System } from "./generation/system-table.ts"

/** Exponents and coefficients of each polynomial of a list. */
const polynomials = <E>(ring: Ring<E>, list: PolynomialList, coefficient: (term: number) => E): ReadonlyArray<Polynomial<E>> => {
  const n = ring.variables.length
  let term = 0
  return Array.from(list.terms, (count) => {
    const begin = term
    term += count
    return polynomialOf(ring, Array.from({ length: count }, (_, k) => coefficient(begin + k)), list.exponents.subarray(begin * n, term * n))
  })
}

const ringOf = <E>(field: Field<E>, n: number): Ring<E> => polynomialRing(field, numberedVariables(n), "lex")

export interface ExactSystem<E> {
  readonly ring: Ring<E>
  readonly f: ReadonlyArray<Polynomial<E>>
  readonly g: ReadonlyArray<Polynomial<E>>
}

export const modularSystem = ({ characteristic, f, g, variables }: System): ExactSystem<number> => {
  const ring = ringOf(primeField(characteristic), variables)
  return { ring, f: polynomials(ring, f, (term) => f.coefficients[term] ?? 0), g: polynomials(ring, g, (term) => g.coefficients[term] ?? 0) }
}

export const rationalSystem = ({ f, g, variables }: System): ExactSystem<Rational> => {
  const ring = ringOf(rationalField, variables)
  const fraction = (list: PolynomialList) => (term: number) => rational(BigInt(list.coefficients[term] ?? 0), BigInt(list.denominators[term] ?? 1))
  return { ring, f: polynomials(ring, f, fraction(f)), g: polynomials(ring, g, fraction(g)) }
}

/** @throws AlgebraError over R, where bases are not computed. */
export const requireExact = ({ characteristic }: System): void => {
  if (characteristic < 0) throw algebraError("Systems over R have no basis that can be computed: rounding would decide which polynomials vanish.")
}
