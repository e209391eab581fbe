/** Reduced bases over F_p, by the algorithm and through the order that suits. */
import { ComputationStopped } from "./errors.ts"
import { f4, interreduced } from "./f4.ts"
import { fglm } from "./fglm.ts"
import { dehomogenised, homogenised, homogeneousOrder, minimalOnes } from "./homogeneous.ts"
import type { ModularPolynomial } from "./matrix.ts"
import type { MonomialTable } from "./monomials.ts"
import type { MonomialOrder } from "./order.ts"
import { blocksOf } from "./order.ts"
import { exponentsOf, idsOf, withMonomials } from "./packing.ts"
import type { Polynomial } from "./polynomial.ts"
import { isZero } from "./polynomial.ts"
import { modularInverse, modularProduct } from "./prime.ts"
import { normalSet } from "./quotient-ring.ts"
import type { Trace } from "./trace.ts"

/** Dimensions of the quotient ring that changing the order by linear algebra is tried for: a matrix of this size takes up to 2 GiB. */
const quotientLimit = 5000

/** Coefficients from 0 to p - 1. */
export interface PolynomialModuloP extends Polynomial<number> {
  readonly coefficients: Int32Array
}

export interface ModularProblem {
  readonly p: number
  readonly variables: number
  /** Of the basis. Terms of the generators may come in any order, but once. */
  readonly order: MonomialOrder
  readonly generators: ReadonlyArray<Polynomial<number>>
}

/** The reduced basis, computed in the order itself. */
export const directBasis = ({ generators, order, p, variables }: ModularProblem, stop: () => void, trace?: Trace): ReadonlyArray<PolynomialModuloP> =>
  withMonomials(order, variables, (table) => polynomials(table, f4(table, p, packed(table, generators, p), stop, trace)))

/**
 * The reduced basis in any order: computed in degrevlex, in which degrees stay low, and from there by linear algebra if the ideal has
 * finitely many zeros, otherwise through the homogenised ideal.
 */
export const convertedBasis = (problem: ModularProblem, stop: () => void, trace?: Trace): ReadonlyArray<PolynomialModuloP> => {
  const { generators, order, p, variables } = problem
  if (isGraded(order, variables)) return directBasis(problem, stop, trace)
  const found = withMonomials("degrevlex", variables, (source) => {
    const graded = f4(source, p, packed(source, generators, p), stop, trace)
    const normal = normalSet(source, graded.map((f) => f.ids[0] ?? 0), quotientLimit)
    if (normal === undefined) return { graded: polynomials(source, graded) }
    // No exponent of a basis is greater than the dimension of the quotient ring.
    return withMonomials(order, variables, (target) => polynomials(target, fglm(source, graded, normal, target, p, stop)), normal.length)
  })
  return "graded" in found ? throughHomogeneous({ ...problem, generators: found.graded }, stop) : found
}

/** Of one block that compares degrees first. */
export const isGraded = (order: MonomialOrder, variables: number): boolean => {
  const [first, ...others] = blocksOf(order, variables)
  return others.length === 0 && first?.order !== "lex"
}

const throughHomogeneous = ({ generators, order, p, variables: n }: ModularProblem, stop: () => void): ReadonlyArray<PolynomialModuloP> => {
  const lifted = generators.filter((f) => !isZero(f)).map((f) => homogenised(f, n))
  const basis = directBasis({ p, variables: n + 1, order: homogeneousOrder(order, n), generators: lifted }, stop)
  return withMonomials(order, n, (table) => {
    const all = packed(table, basis.map((f) => dehomogenised(f, n)), p)
    const minimal = minimalOnes(table, all.map((f) => f.ids[0] ?? 0)).flatMap((at) => all[at] ?? [])
    return polynomials(table, interreduced(table, p, minimal, stop))
  })
}

/** Monic, over ids, terms descending; zeros left out. */
export const packed = (table: MonomialTable, generators: ReadonlyArray<Polynomial<number>>, p: number): ReadonlyArray<ModularPolynomial> => {
  const product = modularProduct(p)
  return generators.filter((f) => !isZero(f)).map((f) => {
    const unsorted = idsOf(table, f)
    const places = [...unsorted.keys()].sort((a, b) => table.compare(unsorted[b] ?? 0, unsorted[a] ?? 0))
    const inverse = modularInverse(f.coefficients[places[0] ?? 0] ?? 0, p)
    return {
      ids: Int32Array.from(places, (place) => unsorted[place] ?? 0),
      coefficients: Int32Array.from(places, (place) => product(f.coefficients[place] ?? 0, inverse))
    }
  })
}

const polynomials = (table: MonomialTable, basis: ReadonlyArray<ModularPolynomial>): ReadonlyArray<PolynomialModuloP> =>
  basis.map(({ coefficients, ids }) => ({ coefficients, exponents: exponentsOf(table, ids) }))

/** Turns "should it end?" into a check that throws. */
export const stopper = (shouldStop: (() => boolean) | undefined): () => void =>
  shouldStop === undefined ? () => {} : () => {
    if (shouldStop()) throw new ComputationStopped({ message: "The computation was stopped before it was done. Allow it more time, or take a smaller system or a graded order." })
  }
