/** What can be wrong with a pair (F, G) that the released data hold without a word (see docs/groebner.md). */
import type { Coefficients } from "./coefficients.ts"
import type { Ideal } from "./ideal.ts"
import { dividesKey, type MonomialKeys } from "./monomial-keys.ts"
import { squarefreeModulo } from "./squarefree.ts"
import { lengthOf, type Range, type Terms } from "./terms.ts"
import { modularInverse, modularProduct } from "../algebra/prime.ts"

export interface Defects {
  readonly zeros: number
  readonly verbatim: number
  readonly isBasis: boolean
  /** Undefined over R. */
  readonly radical: boolean | undefined
}

/** Primes for questions about Q: the greatest below 2^31. */
const primes = [2147483647, 2147483629, 2147483587]

export const defectsOf = (keys: MonomialKeys, coefficients: Coefficients, terms: Terms, ideal: Ideal, system: ReadonlyArray<Range>, scale: number): Defects => {
  let zeros = 0
  let verbatim = 0
  for (const f of system) if (lengthOf(f) === 0) zeros++
  for (const g of ideal.basis) if (system.some((f) => sameTerms(terms, f, g, scale / ideal.scale))) verbatim++
  // F lies in the ideal, so it is a basis when every leading monomial of G is a multiple of one of F's.
  const isBasis = ideal.basis.every((g) => {
    const lead = terms.keys[g.start] ?? 0
    return system.some((f) => lengthOf(f) > 0 && dividesKey(keys, terms.keys[f.start] ?? 0, lead))
  })
  return { zeros, verbatim, isBasis, radical: coefficients.choice.kind === "real" ? undefined : ideal.distinct ?? isSquarefree(coefficients, terms, ideal) }
}

/** Whether F's polynomial, whose coefficients are in units finer by `ratio`, is G's. */
const sameTerms = (terms: Terms, f: Range, g: Range, ratio: number): boolean => {
  if (lengthOf(f) !== lengthOf(g)) return false
  for (let i = f.start, j = g.start; i < f.end; i++, j++) {
    if (terms.keys[i] !== terms.keys[j] || terms.values[i] !== (terms.values[j] ?? 0) * ratio) return false
  }
  return true
}

/** In shape position the ideal is radical when h, the last polynomial of G, has no repeated root. Its keys are exponents of the last variable. */
const isSquarefree = ({ choice }: Coefficients, terms: Terms, ideal: Ideal): boolean => {
  const h = ideal.basis.at(-1) ?? { start: 0, end: 0 }
  const modulo = (p: number): boolean => {
    const product = modularProduct(p)
    const unit = choice.kind === "prime" ? 1 : modularInverse(ideal.scale % p, p)
    const all = new Array<number>((terms.keys[h.start] ?? 0) + 1).fill(0)
    for (let i = h.start; i < h.end; i++) {
      const value = (terms.values[i] ?? 0) % p
      all[terms.keys[i] ?? 0] = product(value < 0 ? value + p : value, unit)
    }
    return squarefreeModulo(all, p)
  }
  return choice.kind === "prime" ? modulo(choice.p) : primes.some(modulo)
}
