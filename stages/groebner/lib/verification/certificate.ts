/**
 * Whether F generates all of G, by the certificate of the backward transformation F = U P [L; *] G: then [L^-1 0] P^T U^-1 F = G. U and L are
 * unitriangular, so their inverses are polynomial and applying them at a point is a substitution. Both sides are evaluated at random points
 * of a large field; should they differ as polynomials, all points agree with a chance below 2^-32.
 */
import type { RandomStream } from "../../../../src/stage.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"
import type { CoefficientReader } from "./coefficient.ts"
import { magnitudes, type PointField } from "./point-field.ts"

/** The chance that a wrong certificate passes is at most 2^-security. */
const security = 32

/** Evaluates lists of polynomials at one point. */
class Evaluation {
  readonly #field: PointField
  readonly #coefficient: CoefficientReader
  readonly #n: number
  #powers = new Float64Array(0)
  #most = -1

  constructor(field: PointField, coefficient: CoefficientReader, n: number) {
    this.#field = field
    this.#coefficient = coefficient
    this.#n = n
  }

  /** Powers of a new random point's coordinates up to `most`. */
  move(stream: RandomStream, most: number): void {
    this.#most = most
    if (this.#powers.length < this.#n * (most + 1)) this.#powers = new Float64Array(this.#n * (most + 1))
    for (let v = 0; v < this.#n; v++) this.#field.powers(this.#field.random(stream), most, this.#powers, v * (most + 1))
  }

  /** The polynomials' values at the point. Undefined where the prime divides a denominator. */
  values(list: PolynomialList): Float64Array | undefined {
    const { add, element, multiply, one, zero } = this.#field
    const coefficient = this.#coefficient
    const powers = this.#powers
    const { exponents, terms } = list
    const [n, stride] = [this.#n, this.#most + 1]
    const values = new Float64Array(terms.length)
    const { sumOfTerms } = this.#field
    if (sumOfTerms !== undefined && list.denominators.length === 0) {
      for (let polynomial = 0, term = 0; polynomial < values.length; term += terms[polynomial++] ?? 0) {
        values[polynomial] = sumOfTerms(list.coefficients, exponents, term, terms[polynomial] ?? 0, n, powers, stride)
      }
      return values
    }
    for (let polynomial = 0, term = 0; polynomial < values.length; polynomial++) {
      let sum = zero
      // Terms descend under lex, so that many share the exponents of all but the last variable.
      let prefix = one
      let known = -1
      for (let k = terms[polynomial] ?? 0; k > 0; k--, term++) {
        const value = coefficient(list, term)
        if (value === undefined) return undefined
        const at = term * n
        if (known < 0 || !sameExponents(exponents, known, at, n - 1)) {
          prefix = one
          for (let v = 0; v < n - 1; v++) {
            const exponent = exponents[at + v] ?? 0
            if (exponent > 0) prefix = multiply(prefix, powers[v * stride + exponent] ?? zero)
          }
          known = at
        }
        const product = multiply(prefix, powers[(n - 1) * stride + (exponents[at + n - 1] ?? 0)] ?? zero)
        sum = add(sum, multiply(product, element(value)))
      }
      values[polynomial] = sum
    }
    return values
  }
}

const sameExponents = (exponents: Uint8Array, a: number, b: number, count: number): boolean => {
  for (let v = 0; v < count; v++) if (exponents[a + v] !== exponents[b + v]) return false
  return true
}

export interface CertificateResult {
  readonly generates: boolean
  /** How many points were looked at. */
  readonly points: number
}

/** The two sides of the identity at a point. */
interface Sides {
  readonly transformed: Float64Array
  readonly basis: Float64Array
}

export class CertificateCheck {
  readonly #field: PointField
  readonly #coefficient: CoefficientReader
  readonly #n: number
  readonly #tolerance: number | undefined

  /** Points of `field`, which holds the coefficients that are read. `tolerance`: over R, the share of all magnitudes that sides may differ by. */
  constructor(field: PointField, coefficient: CoefficientReader, n: number, tolerance?: number) {
    this.#field = field
    this.#coefficient = coefficient
    this.#n = n
    this.#tolerance = tolerance
  }

  /** Undefined if the system has no certificate of this kind, or the prime divides one of its denominators. `lower`: the triangles are lower ones. */
  check(system: System, lower: boolean, stream: RandomStream): CertificateResult | undefined {
    const { certificate, f, g, permutation } = system
    const [n, m] = [this.#n, f.terms.length]
    const inner = (n * (n - 1)) / 2
    if (permutation.length !== m || (certificate.terms.length !== 0 && certificate.terms.length !== inner + (m * (m - 1)) / 2)) return undefined
    if (!isPermutation(permutation)) return { generates: false, points: 0 }
    const most = Math.max(greatest(f.exponents), greatest(g.exponents), greatest(certificate.exponents))
    // Each inverse multiplies as many entries as its matrix has rows, less one.
    const degree = totalDegree(f.exponents, n) + totalDegree(certificate.exponents, n) * (n + m - 2)
    const points = Math.ceil(security / Math.max(1, Math.log2(this.#field.size / Math.max(1, degree))))
    const evaluation = new Evaluation(this.#field, this.#coefficient, n)
    const bound = this.#tolerance === undefined ? undefined : new Evaluation(magnitudes, this.#coefficient, n)
    for (let point = 0; point < points; point++) {
      evaluation.move(stream.at(point), most)
      bound?.move(stream.at(point), most)
      const sides = this.#sides(this.#field, evaluation, system, lower)
      if (sides === undefined) return undefined
      const magnitude = bound === undefined ? undefined : this.#sides(magnitudes, bound, system, lower)
      for (let i = 0; i < n; i++) {
        const [a, b] = [sides.transformed[i] ?? 0, sides.basis[i] ?? 0]
        const allowed = (this.#tolerance ?? 0) * ((magnitude?.transformed[i] ?? 0) + (magnitude?.basis[i] ?? 0))
        if (a !== b && !(Math.abs(a - b) <= allowed)) return { generates: false, points: point + 1 }
      }
    }
    return { generates: true, points }
  }

  #sides(field: PointField, evaluation: Evaluation, { certificate, f, g, permutation }: System, lower: boolean): Sides | undefined {
    const [n, m] = [this.#n, f.terms.length]
    const inner = (n * (n - 1)) / 2
    const [atF, basis, entries] = [evaluation.values(f), evaluation.values(g), evaluation.values(certificate)]
    if (atF === undefined || basis === undefined || entries === undefined) return undefined
    if (entries.length > 0) solve(field, entries.subarray(inner), m, lower, atF)
    const transformed = new Float64Array(m)
    permutation.forEach((row, i) => (transformed[row] = atF[i] ?? 0))
    if (entries.length > 0) solve(field, entries.subarray(0, inner), n, lower, transformed)
    return { transformed, basis }
  }
}

/** x with T x = b for the unitriangular T whose strict triangle is given row by row; b becomes x. */
const solve = ({ add, multiply, negate }: PointField, triangle: Float64Array, size: number, lower: boolean, b: Float64Array): void => {
  for (let step = 0; step < size; step++) {
    const i = lower ? step : size - 1 - step
    let at = lower ? (i * (i - 1)) / 2 : i * size - (i * (i + 1)) / 2
    let sum = b[i] ?? 0
    for (let j = lower ? 0 : i + 1; j < (lower ? i : size); j++, at++) sum = add(sum, negate(multiply(triangle[at] ?? 0, b[j] ?? 0)))
    b[i] = sum
  }
}

const greatest = (exponents: Uint8Array): number => {
  let most = 0
  for (const exponent of exponents) if (exponent > most) most = exponent
  return most
}

const totalDegree = (exponents: Uint8Array, n: number): number => {
  let most = 0
  for (let at = 0; at < exponents.length; at += n) {
    let degree = 0
    for (let v = 0; v < n; v++) degree += exponents[at + v] ?? 0
    if (degree > most) most = degree
  }
  return most
}

const isPermutation = (permutation: Int32Array): boolean => {
  const seen = new Uint8Array(permutation.length)
  for (const row of permutation) {
    if (row < 0 || row >= seen.length || seen[row] === 1) return false
    seen[row] = 1
  }
  return true
}
