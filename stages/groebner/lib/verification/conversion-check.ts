/**
 * Whether G is the reduced basis under another order of the ideal of a lexicographic basis, without a single S-polynomial: G lies in the ideal, and its
 * leading monomials leave as many monomials as the quotient ring has dimensions. Those that they leave span the quotient ring already when they
 * lead all of the ideal, and there would be more of them if they did not.
 */
import { contains, isReduced, normalMonomials } from "../algebra/index.ts"
import { exactly } from "../exact-system.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"
import { descends } from "./basis-check.ts"
import { isWellFormed } from "./points.ts"

/** `lexicographic` is a reduced Groebner basis. */
export const isConverted = (system: System, lexicographic: PolynomialList): boolean => {
  const { g, order, variables } = system
  if (!isWellFormed(g, system) || !descends(g, order, variables)) return false
  return exactly({ ...system, order: "lex" }, (lex) => exactly(system, (target) => {
    const known = lex.polynomials(lexicographic)
    const basis = target.polynomials(g)
    const dimension = normalMonomials(known, "lex", variables)?.length
    return isReduced(target.ring, basis) && dimension !== undefined && normalMonomials(basis, order, variables, dimension)?.length === dimension && contains(lex.ring, known, lex.polynomials(g))
  }))
}
