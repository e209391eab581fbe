/**
 * The backward transformation: from a Groebner basis G to another system of generators F = M G of the same ideal, with matrices of random
 * polynomials. The forms differ in M; for all but `random`, the structure of M proves that F generates what G does:
 *
 * - released: M = U P A as in the released code. A is m x n, lower unitriangular in its first n rows and random below; U is m x m
 *   lower unitriangular; P a permutation.
 * - bruhat: M = U1 P [U2; 0] as the paper states it, U1 and U2 upper unitriangular; rows beyond n begin as zeros.
 * - identity: M = P [I; R], R random: all of G stands in F.
 * - random: M random, as the border-basis follow-up draws it: the ideal may change, so such pairs need an engine's proof.
 */
import type { RandomStream } from "../../../../src/stage.ts"
import type { Coefficients } from "./coefficients.ts"
import type { MonomialKeys } from "./monomial-keys.ts"
import { type Columns, innerColumns, outerColumns, type TransformationForm } from "./matrix-forms.ts"
import { type PolynomialChoice, PolynomialSampler } from "./sampler.ts"
import type { TermSum } from "./term-sum.ts"
import { lengthOf, type Range, type Terms } from "./terms.ts"
import type { Ideal } from "./ideal.ts"

export interface Transformation {
  readonly form: TransformationForm
  /** Probability with which an entry of A (of U2, R or M) is there. */
  readonly density: number
  /** The same for U. */
  readonly outerDensity: number
  readonly entries: PolynomialChoice
  /** F has n + least to n + most polynomials, each number equally likely. */
  readonly least: number
  readonly most: number
}

/** F, and the certificate: the factors of M. */
export interface Transformed {
  readonly form: TransformationForm
  readonly system: ReadonlyArray<Range>
  /** How many units make 1 in F's coefficients. */
  readonly scale: number
  /** Row i of P A G is row permutation[i] of A G. */
  readonly permutation: Uint32Array
  /** The random entries of A, row by row. Empty for `random`. */
  readonly inner: ReadonlyArray<Range>
  /** The random entries of U, row by row. */
  readonly outer: ReadonlyArray<Range>
}

const nothing: Range = { start: 0, end: 0 }

export class Transformer {
  readonly #transformation: Transformation
  readonly #coefficients: Coefficients
  readonly #sampler: PolynomialSampler
  readonly #sum: TermSum
  readonly #n: number

  constructor(keys: MonomialKeys, coefficients: Coefficients, sum: TermSum, transformation: Transformation) {
    const { entries } = transformation
    this.#transformation = transformation
    this.#coefficients = coefficients
    this.#sampler = new PolynomialSampler(keys, coefficients, keys.variables, entries.maxDegree, entries.maxTerms)
    this.#sum = sum
    this.#n = keys.variables
  }

  sample(ideal: Ideal, stream: RandomStream, terms: Terms): Transformed {
    const { form, least, most, outerDensity } = this.#transformation
    const n = this.#n
    const m = n + least + stream.integer(most - least + 1)
    const scales = { inner: ideal.scale * this.#coefficients.scale(1), outer: ideal.scale * this.#coefficients.scale(2) }
    if (form === "random") {
      const all = { start: 0, end: n }
      const rows = Array.from({ length: m }, () => this.#row(Array.from({ length: n }, () => this.#entry(stream, terms)), 0, all, -1, ideal.basis, terms))
      return { form, system: rows, scale: scales.inner, permutation: new Uint32Array(0), inner: [], outer: [] }
    }
    const inner: Array<Range> = []
    const rows: Array<Range> = []
    for (let i = 0; i < m; i++) {
      const drawn = innerColumns(form, i, n)
      if (i >= n && drawn.start === drawn.end) {
        rows.push(nothing)
        continue
      }
      const first = inner.length
      for (let j = drawn.start; j < drawn.end; j++) inner.push(this.#entry(stream, terms))
      rows.push(this.#row(inner, first, drawn, i < n ? i : -1, ideal.basis, terms))
    }
    const permutation = stream.permutation(m)
    const permuted: Array<Range> = []
    for (const row of permutation) permuted.push(rows[row] ?? nothing)
    if (form === "identity") return { form, system: permuted, scale: scales.inner, permutation, inner, outer: [] }
    const outer: Array<Range> = []
    const system: Array<Range> = []
    for (let i = 0; i < m; i++) {
      const drawn = outerColumns(form, i, m)
      const first = outer.length
      for (let j = drawn.start; j < drawn.end; j++) {
        outer.push(outerDensity < 1 && stream.uniform() >= outerDensity ? nothing : this.#sampler.sample(this.#transformation.entries, stream, terms))
      }
      system.push(this.#row(outer, first, drawn, i, permuted, terms))
    }
    return { form, system, scale: scales.outer, permutation, inner, outer }
  }

  #entry(stream: RandomStream, terms: Terms): Range {
    const { density, entries } = this.#transformation
    return density < 1 && stream.uniform() >= density ? nothing : this.#sampler.sample(entries, stream, terms)
  }

  /** The sum of entries, of the columns from number `first` on, times polynomials, and the polynomial at `diagonal` once more, times 1. */
  #row(entries: ReadonlyArray<Range>, first: number, { end, start }: Columns, diagonal: number, polynomials: ReadonlyArray<Range>, terms: Terms): Range {
    for (let j = 0; j < polynomials.length; j++) {
      const polynomial = polynomials[j] ?? nothing
      if (j === diagonal) this.#sum.addScaled(terms, polynomial, this.#coefficients.one)
      const entry = j >= start && j < end ? entries[first + j - start] ?? nothing : nothing
      if (lengthOf(entry) > 0) this.#sum.addProduct(terms, entry, polynomial)
    }
    return this.#sum.take(terms, this.#coefficients.reduce)
  }
}
