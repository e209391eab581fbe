/** Random polynomials and systems for tests: drawn from a named stream, so that a failure can be repeated. */
import type { RandomStream } from "../../../../src/stage/random.ts"
import type { Polynomial } from "../../../../stages/groebner/lib/algebra/polynomial.ts"
import { polynomialOf } from "../../../../stages/groebner/lib/algebra/polynomial.ts"
import type { Ring } from "../../../../stages/groebner/lib/algebra/ring.ts"

/** At most `terms` terms of total degree up to `degree`; coefficients -9 to 9. May be zero. */
export const randomPolynomial = <E>(ring: Ring<E>, stream: RandomStream, degree: number, terms: number): Polynomial<E> => {
  const n = ring.variables.length
  const exponents: Array<number> = []
  const coefficients: Array<E> = []
  for (let count = 1 + stream.integer(terms); count > 0; count--) {
    const term = Array.from({ length: n }, () => 0)
    for (let left = stream.integer(degree + 1); left > 0; left--) {
      const v = stream.integer(n)
      term[v] = (term[v] ?? 0) + 1
    }
    exponents.push(...term)
    coefficients.push(ring.field.fraction(BigInt(stream.integer(19) - 9), 1n))
  }
  return polynomialOf(ring, coefficients, exponents)
}

export const randomSystem = <E>(ring: Ring<E>, stream: RandomStream, size: number, degree: number, terms: number): ReadonlyArray<Polynomial<E>> =>
  Array.from({ length: size }, () => randomPolynomial(ring, stream, degree, terms))
