/** A lexicographic basis under another order, by linear algebra in the quotient ring (FGLM), whose dimension is small where bases are drawn. */
import { fglm } from "../algebra/fglm.ts"
import { algebraError, type OrderName, type Polynomial } from "../algebra/index.ts"
import { packed } from "../algebra/modular-basis.ts"
import { exponentsOf, withMonomials } from "../algebra/packing.ts"
import { normalSet } from "../algebra/quotient-ring.ts"

/** Dimensions of quotient rings that are converted: a matrix of this size takes up to 100 MiB. */
const mostDimensions = 5000

/** The reduced basis modulo p, the least leading monomial first. @throws AlgebraError for a quotient ring that is too large */
export const changedOrder = (p: number, variables: number, lexicographic: ReadonlyArray<Polynomial<number>>, order: OrderName): ReadonlyArray<Polynomial<number>> =>
  withMonomials("lex", variables, (source) => {
    const given = packed(source, lexicographic, p)
    const normal = normalSet(source, given.map(({ ids }) => ids[0] ?? 0), mostDimensions)
    if (normal === undefined) throw algebraError(`The quotient ring has more than ${mostDimensions} dimensions, too many to change the order of its basis. Take fewer variables, lower degrees, or \`order: lex\`.`)
    return withMonomials(order, variables, (target) =>
      fglm(source, given, normal, target, p, () => {}).map(({ coefficients, ids }) => ({ coefficients, exponents: exponentsOf(target, ids) })), normal.length)
  })
