/** Polynomials over F_p whose monomials are numbers (`MonomialNumbers`): what border bases are computed with, and how they come from and go to tables. */
import { comparator, modularProduct, type OrderName, type Polynomial } from "../algebra/index.ts"
import type { PolynomialList } from "../generation/system-table.ts"
import type { MonomialNumbers } from "./monomial-numbers.ts"

export interface KeyedPolynomial {
  /** Numbers of the monomials, the greatest under degrevlex first. */
  readonly keys: Float64Array
  /** Residues other than 0. */
  readonly coefficients: Int32Array
}

/** The leading monomial; -1 for 0. */
export const leadOf = ({ keys }: KeyedPolynomial): number => keys[0] ?? -1

/** From sums by monomial, zeros among them. */
export const fromSums = (sums: ReadonlyMap<number, number>): KeyedPolynomial => {
  const keys = Float64Array.from(sums.keys()).filter((key) => sums.get(key) !== 0).sort().reverse()
  return { keys, coefficients: Int32Array.from(keys, (key) => sums.get(key) ?? 0) }
}

/** Adds the product of two polynomials to sums by monomial. @throws AlgebraError for exponents that the numbers do not hold */
export const addProduct = (numbers: MonomialNumbers, p: number, sums: Map<number, number>, f: KeyedPolynomial, g: KeyedPolynomial): void => {
  const multiply = modularProduct(p)
  for (let i = 0; i < f.keys.length; i++) {
    for (let j = 0; j < g.keys.length; j++) {
      const key = numbers.product(f.keys[i] ?? 0, g.keys[j] ?? 0)
      sums.set(key, ((sums.get(key) ?? 0) + multiply(f.coefficients[i] ?? 0, g.coefficients[j] ?? 0)) % p)
    }
  }
}

/** @throws AlgebraError for exponents that the numbers do not hold */
export const fromList = (list: PolynomialList, numbers: MonomialNumbers): ReadonlyArray<KeyedPolynomial> => {
  const n = numbers.variables
  let at = 0
  return Array.from(list.terms, (count) => {
    const sums = new Map<number, number>()
    for (const end = at + count; at < end; at++) sums.set(numbers.of(list.exponents.subarray(at * n, (at + 1) * n)), list.coefficients[at] ?? 0)
    return fromSums(sums)
  })
}

/** For the algebra library, in a ring under degrevlex: the terms stand in its order already. */
export const inRing = (numbers: MonomialNumbers, { coefficients, keys }: KeyedPolynomial): Polynomial<number> => ({ coefficients, exponents: Uint16Array.from(Array.from(keys, (key) => numbers.exponents(key)).flat()) })

/** Terms descending under `order`. */
export const toList = (polynomials: ReadonlyArray<KeyedPolynomial>, numbers: MonomialNumbers, order: OrderName): PolynomialList => {
  const n = numbers.variables
  const compare = comparator(order, n)
  const all = polynomials.map(({ coefficients, keys }) => {
    const exponents = Array.from(keys, (key) => numbers.exponents(key))
    const places = order === "degrevlex" ? [...keys.keys()] : [...keys.keys()].sort((a, b) => compare(exponents[b] ?? [], 0, exponents[a] ?? [], 0))
    return { coefficients: places.map((at) => coefficients[at] ?? 0), exponents: places.flatMap((at) => exponents[at] ?? []) }
  })
  return {
    terms: Int32Array.from(polynomials, ({ keys }) => keys.length),
    coefficients: Int32Array.from(all.flatMap(({ coefficients }) => coefficients)),
    denominators: new Int32Array(0),
    values: new Float64Array(0),
    exponents: Uint8Array.from(all.flatMap(({ exponents }) => exponents))
  }
}
