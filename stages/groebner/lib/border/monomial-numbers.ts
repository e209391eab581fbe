/** Monomials as whole numbers that compare as degrevlex does; a product with a variable is a sum. */
import { algebraError } from "../algebra/index.ts"
import type { Monomial } from "./order-ideal.ts"

/** Bits of a number that are exact, less three for the degree, which may be n times the greatest exponent. */
const bits = 50

export class MonomialNumbers {
  readonly variables: number
  /** The number of the monomial 1. */
  readonly one: number
  readonly #radix: number

  constructor(variables: number) {
    this.variables = variables
    this.#radix = 2 ** Math.min(8, Math.floor(bits / (variables + 1)))
    this.one = this.of([])
  }

  /** Greatest exponent of a variable. */
  get most(): number {
    return this.#radix - 1
  }

  /** @throws AlgebraError for an exponent beyond `most` */
  of(monomial: ArrayLike<number>): number {
    let key = 0
    for (let v = 0; v < this.variables; v++) {
      const exponent = monomial[v] ?? 0
      if (exponent > this.most) throw this.#beyond(exponent)
      key += exponent * this.#radix ** this.variables + (this.most - exponent) * this.#radix ** v
    }
    return key
  }

  /** What a product with the variable adds. */
  step(variable: number): number {
    return this.#radix ** this.variables - this.#radix ** variable
  }

  exponent(key: number, variable: number): number {
    return this.most - (Math.floor(key / this.#radix ** variable) % this.#radix)
  }

  exponents(key: number): Monomial {
    return Array.from({ length: this.variables }, (_, v) => this.exponent(key, v))
  }

  /** @throws AlgebraError where an exponent would pass `most` */
  product(a: number, b: number): number {
    for (let v = 0; v < this.variables; v++) if (this.exponent(a, v) + this.exponent(b, v) > this.most) throw this.#beyond(this.exponent(a, v) + this.exponent(b, v))
    return a + b - this.one
  }

  /** The product with the variable. @throws AlgebraError where its exponent would pass `most` */
  times(key: number, variable: number): number {
    if (this.exponent(key, variable) === this.most) throw this.#beyond(this.most + 1)
    return key + this.step(variable)
  }

  #beyond(exponent: number) {
    return algebraError(`Monomials in ${this.variables} variables have exponents up to ${this.most} here, and ${exponent} is needed. Take systems of lower degree or with fewer variables.`)
  }
}
