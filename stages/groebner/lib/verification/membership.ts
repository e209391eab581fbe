/**
 * Whether F lies in the ideal of a basis in shape position: x_i is replaced by -g_i(x_last) and the result reduced modulo h, all of it
 * arithmetic with polynomials in one variable of degree below deg h. Over F_p exactly; over Q modulo a prime below 2^31.
 */
import { modularProduct, type ModularProduct } from "../algebra/prime.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"
import { fractionModulo } from "./point-field.ts"

export class ShapeMembership {
  readonly #p: number
  readonly #n: number
  readonly #product: ModularProduct

  constructor(p: number, n: number) {
    this.#p = p
    this.#n = n
    this.#product = modularProduct(p)
  }

  /** Undefined if the basis is not in shape position, or p divides a denominator. */
  check({ f, g }: System): boolean | undefined {
    const n = this.#n
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
    const sum = new Float64Array(degree)
    const scratch = new Float64Array(2 * degree)
    for (let polynomial = 0, term = 0; polynomial < f.terms.length; polynomial++) {
      sum.fill(0)
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
          const residue = this.#residue(f, term)
          if (residue === undefined) return undefined
          group[0] = ((group[0] ?? 0) + residue) % this.#p
          term++
          const goesOn = term < end && samePrefix(f.exponents, term * n, last, n - 1)
          const next = goesOn ? f.exponents[term * n + n - 1] ?? 0 : 0
          for (; previous > next; previous--) this.#shift(group, h)
          if (!goesOn) break
        }
        this.#multiply(group, n === 1 ? one : prefix[n - 2] ?? one, h, scratch)
        for (let i = 0; i < degree; i++) sum[i] = ((sum[i] ?? 0) + (group[i] ?? 0)) % this.#p
      }
      if (sum.some((value) => value !== 0)) return false
    }
    return true
  }

  #residue(list: PolynomialList, term: number): number | undefined {
    const numerator = list.coefficients[term] ?? 0
    return list.denominators.length === 0 ? numerator : fractionModulo(numerator, list.denominators[term] ?? 1, this.#p)
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
        const residue = this.#residue(g, term)
        if (residue === undefined || exponent >= degree) return undefined
        vector[exponent] = residue === 0 ? 0 : this.#p - residue
      }
      vectors.push(vector)
    }
    const h = vectors.pop()
    return h === undefined || degree === 0 ? undefined : { h, replacements: vectors }
  }

  /** a times x_last modulo h. */
  #shift(a: Float64Array, h: Float64Array): void {
    const top = a.length - 1
    const lead = a[top] ?? 0
    for (let i = top; i > 0; i--) a[i] = ((a[i - 1] ?? 0) + this.#product(lead, h[i] ?? 0)) % this.#p
    a[0] = this.#product(lead, h[0] ?? 0)
  }

  /** a becomes a times b modulo h. */
  #multiply(a: Float64Array, b: Float64Array, h: Float64Array, scratch: Float64Array): void {
    const degree = a.length
    const result = scratch.subarray(0, degree)
    result.fill(0)
    for (let i = degree - 1; i >= 0; i--) {
      if (i < degree - 1) this.#shift(result, h)
      const factor = b[i] ?? 0
      if (factor === 0) continue
      for (let j = 0; j < degree; j++) result[j] = ((result[j] ?? 0) + this.#product(factor, a[j] ?? 0)) % this.#p
    }
    a.set(result)
  }
}

const samePrefix = (exponents: Uint8Array, at: number, last: Uint8Array, length: number): boolean => {
  for (let v = 0; v < length; v++) if (exponents[at + v] !== last[v]) return false
  return true
}
