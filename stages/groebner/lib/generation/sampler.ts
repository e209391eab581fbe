/**
 * Random polynomials as Sage's `random_element` under the polynomial sampler of the released code draws them (Kera et al.,
 * transformer-groebner, polynomial_sampler.sage): distinct monomials, each equally likely among all up to a degree, with random coefficients,
 * any of which may be 0.
 */
import { algebraError } from "../algebra/index.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import type { Coefficients } from "./coefficients.ts"
import { degreeOf, monomialCount, type MonomialKeys, monomialsUpTo } from "./monomial-keys.ts"
import type { Range, Terms } from "./terms.ts"

export interface PolynomialChoice {
  /** Polynomials of lower total degree are drawn again; zero has degree -1. */
  readonly minDegree: number
  readonly maxDegree: number
  readonly maxTerms: number
  /** fixed: monomials up to `maxDegree`. uniform: the degree is drawn first, from `minDegree` to `maxDegree`. */
  readonly degrees: "fixed" | "uniform"
  /** uniform: 1 to `maxTerms` monomials. fixed: `maxTerms`. */
  readonly counts: "fixed" | "uniform"
  /** Drawn again until it has exactly the degree and the number of terms that were drawn. */
  readonly strict: boolean
}

/** Draws that fail in a row before the settings are called impossible. */
const patience = 10_000

export class PolynomialSampler {
  readonly #keys: MonomialKeys
  readonly #coefficients: Coefficients
  readonly #variables: number
  /** All monomials by degree. */
  readonly #monomials: Float64Array
  /** How many monomials have at most each degree. */
  readonly #counts: Float64Array
  readonly #drawn: Int32Array

  /** Polynomials in the last `variables` of the variables, of degrees up to `maxDegree`. */
  constructor(keys: MonomialKeys, coefficients: Coefficients, variables: number, maxDegree: number, maxTerms: number) {
    this.#keys = keys
    this.#coefficients = coefficients
    this.#variables = variables
    this.#monomials = monomialsUpTo(keys, variables, maxDegree)
    this.#counts = Float64Array.from({ length: maxDegree + 1 }, (_, degree) => monomialCount(variables, degree))
    this.#drawn = new Int32Array(Math.min(maxTerms, this.#monomials.length))
  }

  /** Appends a polynomial. @throws AlgebraError if the settings never give one. */
  sample(choice: PolynomialChoice, stream: RandomStream, terms: Terms): Range {
    const start = terms.length
    for (let attempt = 0; attempt < patience; attempt++) {
      const degree = choice.degrees === "fixed" ? choice.maxDegree : choice.minDegree + stream.integer(choice.maxDegree - choice.minDegree + 1)
      const candidates = this.#counts[degree] ?? 1
      const most = Math.min(choice.maxTerms, candidates)
      const count = choice.counts === "fixed" ? most : 1 + stream.integer(most)
      const reached = this.#draw(candidates, count, stream, terms, start)
      const found = reached >= choice.minDegree && (!choice.strict || (reached === degree && terms.length - start === count))
      if (found) return { start, end: terms.length }
      terms.length = start
    }
    throw algebraError(`No polynomial of degree ${choice.minDegree} to ${choice.maxDegree} with at most ${choice.maxTerms} terms was found in ${patience} draws. Widen the bounds.`)
  }

  /** Draws distinct monomials with coefficients, descending; gives the degree, -1 for zero. */
  #draw(candidates: number, count: number, stream: RandomStream, terms: Terms, start: number): number {
    const drawn = this.#drawn
    if (count === candidates) {
      for (let i = 0; i < count; i++) drawn[i] = i
    } else {
      for (let i = 0; i < count;) {
        const next = stream.integer(candidates)
        let known = false
        for (let j = 0; j < i; j++) known ||= drawn[j] === next
        if (!known) drawn[i++] = next
      }
    }
    let degree = -1
    for (let i = 0; i < count; i++) {
      const value = this.#coefficients.draw(stream)
      if (value === 0) continue
      const key = this.#monomials[drawn[i] ?? 0] ?? 0
      degree = Math.max(degree, this.#variables === 1 ? key : degreeOf(this.#keys, key))
      insert(terms, start, key, value)
    }
    return degree
  }
}

/** Keeps the terms from `start` on descending. There are few. */
const insert = (terms: Terms, start: number, key: number, value: number): void => {
  terms.push(key, value)
  const { keys, values } = terms
  for (let i = terms.length - 1; i > start && (keys[i - 1] ?? 0) < key; i--) {
    keys[i] = keys[i - 1] ?? 0
    values[i] = values[i - 1] ?? 0
    keys[i - 1] = key
    values[i - 1] = value
  }
}
