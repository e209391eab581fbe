/**
 * Systems made backward from a lex basis in shape position, as in Kera et al. 2024: F = U P A G with unitriangular A (density 1, 0.6, 0.3, 0.2 for n = 2 to 5)
 * and U, P a permutation, entries of degree 3 with at most 2 terms. Only what the timing of engines needs; the stage is `groebner/generate`.
 */
import type { RandomStream } from "../../src/stage/random.ts"
import type { Polynomial } from "../../stages/groebner/lib/algebra/polynomial.ts"
import { add, constant, isZero, multiply, polynomialOf, variable, zeroPolynomial } from "../../stages/groebner/lib/algebra/polynomial.ts"
import type { Ring } from "../../stages/groebner/lib/algebra/ring.ts"

const density: Readonly<Record<number, number>> = { 2: 1, 3: 0.6, 4: 0.3, 5: 0.2 }

export const backwardSystem = (ring: Ring<number>, stream: RandomStream): ReadonlyArray<Polynomial<number>> => {
  const n = ring.variables.length
  const size = n + stream.integer(3)
  const below = unitriangular(ring, stream, size, n, density[n] ?? 1)
  const last = unitriangular(ring, stream, size, size, 1)
  const products = apply(ring, last, permuted(apply(ring, below, shapeBasis(ring, stream)), stream))
  return products.filter((f) => !isZero(f))
}

/** h(x_n), x_i - g_i(x_n) with deg h = 1 to 5 and deg g_i below it. */
const shapeBasis = (ring: Ring<number>, stream: RandomStream): ReadonlyArray<Polynomial<number>> => {
  const n = ring.variables.length
  const p = ring.field.characteristic
  const degree = 1 + stream.integer(5)
  const tail = () => {
    const exponents = new Uint16Array(degree * n)
    for (let e = 0; e < degree; e++) exponents[e * n + n - 1] = e
    return polynomialOf(ring, Array.from({ length: degree }, () => stream.integer(p)), exponents)
  }
  const power = new Uint16Array(n)
  power[n - 1] = degree
  return [
    ...Array.from({ length: n - 1 }, (_, at) => add(ring, variable(ring, at), tail())),
    add(ring, polynomialOf(ring, [1], power), tail())
  ]
}

type PolynomialMatrix = ReadonlyArray<ReadonlyArray<Polynomial<number>>>

/** Ones on the diagonal, nothing above it; an entry below is there with this probability. */
const unitriangular = (ring: Ring<number>, stream: RandomStream, rows: number, columns: number, probability: number): PolynomialMatrix =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => {
      if (i === j) return constant(ring, 1)
      return i < j || stream.uniform() >= probability ? zeroPolynomial(ring) : entry(ring, stream)
    })
  )

/** One or two terms of total degree 1 to 3. */
const entry = (ring: Ring<number>, stream: RandomStream): Polynomial<number> => {
  const n = ring.variables.length
  const terms = 1 + stream.integer(2)
  const exponents = new Uint16Array(terms * n)
  for (let t = 0; t < terms; t++) {
    for (let left = 1 + stream.integer(3); left > 0; left--) {
      const at = t * n + stream.integer(n)
      exponents[at] = (exponents[at] ?? 0) + 1
    }
  }
  return polynomialOf(ring, Array.from({ length: terms }, () => 1 + stream.integer(ring.field.characteristic - 1)), exponents)
}

const apply = (ring: Ring<number>, matrix: PolynomialMatrix, polynomials: ReadonlyArray<Polynomial<number>>): ReadonlyArray<Polynomial<number>> =>
  matrix.map((entries) =>
    entries.reduce((sum, f, at) => {
      const g = polynomials[at]
      return g === undefined || isZero(f) ? sum : add(ring, sum, multiply(ring, f, g))
    }, zeroPolynomial(ring))
  )

const permuted = <A>(items: ReadonlyArray<A>, stream: RandomStream): ReadonlyArray<A> => {
  const result = [...items]
  for (let at = result.length - 1; at > 0; at--) {
    const other = stream.integer(at + 1)
    const [a, b] = [result[at], result[other]]
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a]
  }
  return result
}
