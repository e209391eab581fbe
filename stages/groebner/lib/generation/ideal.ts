/**
 * Random reduced lexicographic Groebner bases that need no computation: ideals in shape position, and Cauchy modules (Kera et al., "Learning
 * to compute Groebner bases", NeurIPS 2024; ideal_sampler of the released code).
 */
import { algebraError } from "../algebra/index.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import type { Coefficients } from "./coefficients.ts"
import { commonMultiple } from "./coefficients.ts"
import { type MonomialKeys, monomialsUpTo } from "./monomial-keys.ts"
import { type PolynomialChoice, PolynomialSampler } from "./sampler.ts"
import type { Range, Terms } from "./terms.ts"

export interface Ideal {
  /** The reduced basis, the polynomial with the greatest leading monomial first. */
  readonly basis: ReadonlyArray<Range>
  /** How many units make 1 in its coefficients. */
  readonly scale: number
  /** Of Cauchy modules: whether the points are distinct, so that the ideal is radical. */
  readonly distinct?: boolean
}

export interface IdealSampler {
  sample(stream: RandomStream, terms: Terms): Ideal
}

/** x_i + g_i(x_last) for all but the last variable, and a monic h(x_last) with deg g_i < deg h. */
export class ShapePosition implements IdealSampler {
  readonly #keys: MonomialKeys
  readonly #one: number
  readonly #scale: number
  readonly #sampler: PolynomialSampler
  readonly #choice: PolynomialChoice

  constructor(keys: MonomialKeys, coefficients: Coefficients, choice: PolynomialChoice) {
    this.#keys = keys
    this.#one = coefficients.one
    this.#scale = coefficients.scale(1)
    this.#sampler = new PolynomialSampler(keys, coefficients, 1, choice.maxDegree, choice.maxTerms)
    this.#choice = choice
  }

  sample(stream: RandomStream, terms: Terms): Ideal {
    const h = this.#sampler.sample({ ...this.#choice, minDegree: Math.max(1, this.#choice.minDegree) }, stream, terms)
    terms.values[h.start] = this.#one // the leading coefficient is replaced, not divided by
    const tail: PolynomialChoice = { ...this.#choice, minDegree: 0, maxDegree: (terms.keys[h.start] ?? 1) - 1 }
    const basis: Array<Range> = []
    for (let i = 0; i < this.#keys.variables - 1; i++) {
      const start = terms.length
      terms.push(this.#keys.units[i] ?? 0, this.#one)
      const g = this.#sampler.sample(tail, stream, terms)
      basis.push({ start, end: g.end })
    }
    basis.push(h)
    return { basis, scale: this.#scale }
  }
}

/**
 * The relations between the roots a_1 .. a_n of a polynomial and their elementary symmetric functions: f_k is the divided difference of
 * prod (x - a_i) in the last k variables, sum_j (-1)^j e_j(a) h_{n-k+1-j}(last k variables) with h the complete homogeneous polynomials.
 * The first is in the last variable alone, so that the leading monomials are powers of different variables under lex.
 */
export class CauchyModule implements IdealSampler {
  readonly #keys: MonomialKeys
  readonly #coefficients: Coefficients
  /** Of k = 1 .. n: all monomials of the last k variables up to degree n - k + 1, and where each degree's begin. */
  readonly #monomials: ReadonlyArray<ReadonlyArray<Float64Array>>
  readonly #roots: Float64Array
  readonly #symmetric: Float64Array
  readonly #scale: number

  /** @throws AlgebraError where products of n fractions do not fit into doubles. */
  constructor(keys: MonomialKeys, coefficients: Coefficients) {
    const n = keys.variables
    this.#keys = keys
    this.#coefficients = coefficients
    this.#roots = new Float64Array(n)
    this.#symmetric = new Float64Array(n + 1)
    this.#scale = coefficients.scale(n)
    if (coefficients.choice.kind === "rational") {
      const { denominator, numerator } = coefficients.choice
      const unit = commonMultiple(denominator)
      // e_j in units^n, times one entry of each matrix.
      const greatest = (unit * (numerator + 1)) ** n * (numerator * unit) ** 2
      if (greatest * n > 2 ** 53) {
        throw algebraError(`Cauchy modules in ${n} variables with fractions up to ${numerator} and denominators up to ${denominator} pass 2^53. Take fewer variables, smaller bounds, or a finite field.`)
      }
    }
    this.#monomials = Array.from({ length: n }, (_, at) => {
      const k = at + 1
      return Array.from({ length: n - k + 2 }, (_, degree) => homogeneous(keys, k, degree))
    })
  }

  sample(stream: RandomStream, terms: Terms): Ideal {
    const n = this.#keys.variables
    const { one, product, reduce } = this.#coefficients
    const [roots, symmetric] = [this.#roots, this.#symmetric]
    for (let i = 0; i < n; i++) roots[i] = this.#coefficients.draw(stream)
    // e_j of the negated roots, in units^j for fractions.
    symmetric.fill(0)
    symmetric[0] = 1
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j > 0; j--) {
        const less = symmetric[j - 1] ?? 0
        const times = product === undefined ? less * (roots[i] ?? 0) : product(less, roots[i] ?? 0)
        symmetric[j] = reduce((symmetric[j] ?? 0) - times)
      }
    }
    const basis: Array<Range> = []
    for (let k = n; k >= 1; k--) {
      const start = terms.length
      const degree = n - k + 1
      const monomials = this.#monomials[k - 1] ?? []
      const all: Array<readonly [key: number, value: number]> = []
      for (let j = 0; j <= degree; j++) {
        const value = (symmetric[j] ?? 0) * one ** (n - j)
        if (value !== 0) for (const key of monomials[degree - j] ?? []) all.push([key, value])
      }
      for (const [key, value] of all.sort(([a], [b]) => b - a)) terms.push(key, value)
      basis.push({ start, end: terms.length })
    }
    return { basis, scale: this.#scale, distinct: new Set(roots).size === n }
  }
}

/** Monomials of the last k variables with exactly this degree. */
const homogeneous = (keys: MonomialKeys, k: number, degree: number): Float64Array => {
  const upTo = monomialsUpTo(keys, k, degree)
  return degree === 0 ? upTo : upTo.subarray(monomialsUpTo(keys, k, degree - 1).length)
}
