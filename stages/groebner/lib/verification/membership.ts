/**
 * Whether F lies in the ideal of a basis in shape position: x_i is replaced by -g_i(x_last) and the result reduced modulo h, all of it
 * arithmetic with polynomials in one variable of degree below deg h. Over F_p exactly; over Q modulo a prime below 2^31; over R with a tolerance.
 */
import { modularProduct } from "../algebra/prime.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"
import { type CoefficientReader, realCoefficient, residueModulo } from "./coefficient.ts"

interface Arithmetic {
  readonly coefficient: CoefficientReader
  readonly add: (a: number, b: number) => number
  readonly multiply: (a: number, b: number) => number
  readonly negate: (a: number) => number
}

const modular = (p: number): Arithmetic => ({
  coefficient: residueModulo(p),
  add: (a, b) => (a + b >= p ? a + b - p : a + b),
  multiply: modularProduct(p),
  negate: (a) => (a === 0 ? 0 : p - a)
})

const real: Arithmetic = { coefficient: realCoefficient, add: (a, b) => a + b, multiply: (a, b) => a * b, negate: (a) => -a }

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
    // Products of the replacements of x_0 .. x_v for the exponents of the term at hand: neighbouring terms share most of them.
    const prefix = Array.from({ length: n }, () => new Float64Array(degree))
    const one = new Float64Array(degree)
    one[0] = 1
    const last = new Uint8Array(n)
    const group = new Float64Array(degree)
    const forms = new Float64Array(degree * f.terms.length)
    const scratch = new Float64Array(degree)
    for (let polynomial = 0, term = 0; polynomial < f.terms.length; polynomial++) {
      const sum = forms.subarray(polynomial * degree, (polynomial + 1) * degree)
      const end = term + (f.terms[polynomial] ?? 0)
      let fresh = true
      while (term < end) {
        // Terms that differ in the last variable only.
        let from = 0
        if (!fresh) while (from < n - 1 && f.exponents[term * n + from] === last[from]) from++
        for (let v = from; v < n - 1; v++) {
          const exponent = f.exponents[term * n + v] ?? 0
          const into = prefix[v]
          const replacement = replacements[v]
          if (into === undefined || replacement === undefined) return undefined
          into.set(v === 0 ? one : prefix[v - 1] ?? one)
          for (let k = 0; k < exponent; k++) this.#multiply(into, replacement, h, scratch)
          last[v] = exponent
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
        this.#multiply(group, n === 1 ? one : prefix[n - 2] ?? one, h, scratch)
        for (let i = 0; i < degree; i++) sum[i] = add(sum[i] ?? 0, group[i] ?? 0)
      }
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
    const { add, multiply } = this.#arithmetic
    const top = a.length - 1
    const lead = a[top] ?? 0
    for (let i = top; i > 0; i--) a[i] = add(a[i - 1] ?? 0, multiply(lead, h[i] ?? 0))
    a[0] = multiply(lead, h[0] ?? 0)
  }

  /** a becomes a times b modulo h. */
  #multiply(a: Float64Array, b: Float64Array, h: Float64Array, scratch: Float64Array): void {
    const { add, multiply } = this.#arithmetic
    const degree = a.length
    const result = scratch.subarray(0, degree)
    result.fill(0)
    for (let i = degree - 1; i >= 0; i--) {
      if (i < degree - 1) this.#shift(result, h)
      const factor = b[i] ?? 0
      if (factor === 0) continue
      for (let j = 0; j < degree; j++) result[j] = add(result[j] ?? 0, multiply(factor, a[j] ?? 0))
    }
    a.set(result)
  }
}

const samePrefix = (exponents: Uint8Array, at: number, last: Uint8Array, length: number): boolean => {
  for (let v = 0; v < length; v++) if (exponents[at + v] !== last[v]) return false
  return true
}
