/**
 * Whether F lies in the ideal of a basis in shape position: x_i is replaced by -g_i(x_last) and the result reduced modulo h, all of it
 * arithmetic with polynomials in one variable of degree below deg h. Over F_p exactly; over Q modulo a prime below 2^31; over R with a tolerance.
 */
import { modularProduct } from "../algebra/prime.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"
import { type CoefficientReader, realCoefficient, residueModulo } from "./coefficient.ts"

/** Sums of products; `reduce` gives the element that a sum stands for. */
interface Arithmetic {
  readonly coefficient: CoefficientReader
  readonly add: (a: number, b: number) => number
  readonly multiply: (a: number, b: number) => number
  readonly negate: (a: number) => number
  readonly reduce: (sum: number) => number
}

/** Below this, sums of 2^16 products of polynomials of degree 100 fit into doubles, and are reduced once at the end. */
const small = 2 ** 14

const modular = (p: number): Arithmetic => {
  const common = { coefficient: residueModulo(p), negate: (a: number) => (a === 0 ? 0 : p - a) }
  if (p < small) {
    const reciprocal = 1 / p
    const reduce = (sum: number): number => {
      const rest = sum - Math.floor(sum * reciprocal) * p
      return rest < 0 ? rest + p : rest >= p ? rest - p : rest
    }
    return { ...common, add: (a, b) => a + b, multiply: (a, b) => a * b, reduce }
  }
  return { ...common, add: (a, b) => (a + b >= p ? a + b - p : a + b), multiply: modularProduct(p), reduce: (sum) => sum }
}

const real: Arithmetic = { coefficient: realCoefficient, add: (a, b) => a + b, multiply: (a, b) => a * b, negate: (a) => -a, reduce: (sum) => sum }

/** Absolute values throughout: what rounding errors are measured by. */
const magnitude: Arithmetic = { ...real, coefficient: (list, term) => Math.abs(list.values[term] ?? 0), negate: (a) => a }

/** Whether F lies in the ideal of G; undefined if G is not in shape position, or the prime divides a denominator. */
export type Membership = (system: System) => boolean | undefined

/** Modulo p, in n variables. */
export const membershipModulo = (p: number, n: number): Membership => {
  const reduction = new ShapeReduction(modular(p), n)
  return (system) => reduction.normalForms(system)?.every((value) => value === 0)
}

/** Over R: what is left is at most this share of the magnitudes that were added up. */
export const membershipWithin = (tolerance: number, n: number): Membership => {
  const [reduction, bounds] = [new ShapeReduction(real, n), new ShapeReduction(magnitude, n)]
  return (system) => {
    const [left, bound] = [reduction.normalForms(system), bounds.normalForms(system)]
    return left?.every((value, i) => Math.abs(value) <= tolerance * (bound?.[i] ?? 0))
  }
}

class ShapeReduction {
  readonly #arithmetic: Arithmetic
  readonly #n: number

  constructor(arithmetic: Arithmetic, n: number) {
    this.#arithmetic = arithmetic
    this.#n = n
  }

  /** What is left of each polynomial of F, deg h coefficients each. */
  normalForms({ f, g }: System): Float64Array | undefined {
    const n = this.#n
    const { add, coefficient } = this.#arithmetic
    const basis = this.#univariate(g)
    if (basis === undefined) return undefined
    const { h, replacements } = basis
    const degree = h.length
    const powers = replacements.map((replacement) => [unit(degree), replacement])
    // Products of the replacements of x_0 .. x_v for the exponents of the term at hand: neighbouring terms share most of them.
    const prefix = Array.from({ length: n }, () => new Float64Array(degree))
    const last = new Uint8Array(n)
    const forms = new Float64Array(degree * f.terms.length)
    // Sums of terms that differ in the last variable only, and products, before they are reduced modulo h.
    const group = new Float64Array(degree)
    const product = new Float64Array(2 * degree)
    const sum = new Float64Array(2 * degree)
    for (let polynomial = 0, term = 0; polynomial < f.terms.length; polynomial++) {
      const end = term + (f.terms[polynomial] ?? 0)
      let fresh = true
      while (term < end) {
        let from = 0
        if (!fresh) while (from < n - 1 && f.exponents[term * n + from] === last[from]) from++
        for (let v = from; v < n - 1; v++) {
          const exponent = f.exponents[term * n + v] ?? 0
          const [into, before] = [prefix[v], prefix[v - 1]]
          const power = this.#power(powers[v] ?? [], exponent, h, product)
          if (into === undefined) return undefined
          last[v] = exponent
          if (before === undefined) into.set(power)
          else if (exponent === 0) into.set(before)
          else this.#times(before, power, h, product, into)
        }
        fresh = false
        group.fill(0)
        let previous = f.exponents[term * n + n - 1] ?? 0
        for (;;) {
          const value = coefficient(f, term)
          if (value === undefined) return undefined
          group[0] = add(group[0] ?? 0, value)
          term++
          const goesOn = term < end && samePrefix(f.exponents, term * n, last, n - 1)
          const next = goesOn ? f.exponents[term * n + n - 1] ?? 0 : 0
          for (; previous > next; previous--) this.#shift(group, h)
          if (!goesOn) break
        }
        const factor = prefix[n - 2]
        if (factor === undefined) for (let i = 0; i < degree; i++) sum[i] = add(sum[i] ?? 0, group[i] ?? 0)
        else this.#addProduct(group, factor, sum)
      }
      this.#reduceInto(sum, h, forms.subarray(polynomial * degree, (polynomial + 1) * degree))
    }
    return forms
  }

  /** Minus the lower coefficients of h, and -g_i for each variable but the last, all of length deg h. */
  #univariate(g: PolynomialList): { readonly h: Float64Array; readonly replacements: ReadonlyArray<Float64Array> } | undefined {
    const n = this.#n
    if (g.terms.length !== n) return undefined
    const total = g.exponents.length / n
    const lastTerms = g.terms[n - 1] ?? 0
    const degree = g.exponents[(total - lastTerms) * n + n - 1] ?? 0
    const vectors: Array<Float64Array> = []
    for (let polynomial = 0, term = 0; polynomial < n; polynomial++) {
      const vector = new Float64Array(degree)
      for (let k = 0; k < (g.terms[polynomial] ?? 0); k++, term++) {
        const exponent = g.exponents[term * n + n - 1] ?? 0
        if (k === 0) {
          // The leading monomial: x_i alone, or x_last to the degree of h.
          for (let v = 0; v < n; v++) {
            const expected = v !== polynomial ? 0 : v === n - 1 ? degree : 1
            if (g.exponents[term * n + v] !== expected) return undefined
          }
          continue
        }
        for (let v = 0; v < n - 1; v++) if (g.exponents[term * n + v] !== 0) return undefined
        const value = this.#arithmetic.coefficient(g, term)
        if (value === undefined || exponent >= degree) return undefined
        vector[exponent] = this.#arithmetic.negate(value)
      }
      vectors.push(vector)
    }
    const h = vectors.pop()
    return h === undefined || degree === 0 ? undefined : { h, replacements: vectors }
  }

  /** a times x_last modulo h. */
  #shift(a: Float64Array, h: Float64Array): void {
    const { add, multiply, reduce } = this.#arithmetic
    const top = a.length - 1
    const lead = reduce(a[top] ?? 0)
    for (let i = top; i > 0; i--) a[i] = reduce(add(a[i - 1] ?? 0, multiply(lead, h[i] ?? 0)))
    a[0] = reduce(multiply(lead, h[0] ?? 0))
  }

  /** A power of a replacement; `known` holds those that came up. */
  #power(known: Array<Float64Array>, exponent: number, h: Float64Array, product: Float64Array): Float64Array {
    const [one = unit(h.length), first = one] = known
    for (let k = known.length; k <= exponent; k++) {
      const next = new Float64Array(h.length)
      this.#times(known[k - 1] ?? one, first, h, product, next)
      known.push(next)
    }
    return known[exponent] ?? one
  }

  #times(a: Float64Array, b: Float64Array, h: Float64Array, product: Float64Array, into: Float64Array): void {
    this.#addProduct(a, b, product)
    this.#reduceInto(product, h, into)
  }

  /** Adds a times b to `sum`, which is as long as the product. */
  #addProduct(a: Float64Array, b: Float64Array, sum: Float64Array): void {
    const { add, multiply } = this.#arithmetic
    const degree = a.length
    for (let i = 0; i < degree; i++) {
      const factor = a[i] ?? 0
      if (factor === 0) continue
      for (let j = 0; j < degree; j++) sum[i + j] = add(sum[i + j] ?? 0, multiply(factor, b[j] ?? 0))
    }
  }

  /** The sum modulo h; the sum becomes 0. */
  #reduceInto(sum: Float64Array, h: Float64Array, into: Float64Array): void {
    const { add, multiply, reduce } = this.#arithmetic
    const degree = h.length
    for (let k = 2 * degree - 2; k >= degree; k--) {
      const lead = reduce(sum[k] ?? 0)
      if (lead === 0) continue
      for (let j = 0, at = k - degree; j < degree; j++, at++) sum[at] = add(sum[at] ?? 0, multiply(lead, h[j] ?? 0))
    }
    for (let i = 0; i < degree; i++) into[i] = reduce(sum[i] ?? 0)
    sum.fill(0)
  }
}

/** The polynomial 1. */
const unit = (degree: number): Float64Array => {
  const one = new Float64Array(degree)
  one[0] = 1
  return one
}

const samePrefix = (exponents: Uint8Array, at: number, last: Uint8Array, length: number): boolean => {
  for (let v = 0; v < length; v++) if (exponents[at + v] !== last[v]) return false
  return true
}
