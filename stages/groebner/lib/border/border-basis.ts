/** The border basis of the ideal of random points: for each monomial b of the border, b minus the combination of the order ideal that agrees with it at the points. */
import type { RandomStream } from "../../../../src/stage.ts"
import { modularInverse, modularPower, modularProduct } from "../algebra/index.ts"
import { fromSums, type KeyedPolynomial } from "./keyed-polynomial.ts"
import type { MonomialNumbers } from "./monomial-numbers.ts"
import type { Monomial } from "./order-ideal.ts"

export const drawnPoints = (count: number, n: number, p: number, stream: RandomStream): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: count }, () => Array.from({ length: n }, () => stream.integer(p)))

/** Undefined where the monomials of the order ideal are linearly dependent at the points (of which there are as many as it has monomials). */
export const borderBasisAt = (numbers: MonomialNumbers, p: number, points: ReadonlyArray<ReadonlyArray<number>>, ideal: ReadonlyArray<Monomial>, border: ReadonlyArray<Monomial>): ReadonlyArray<KeyedPolynomial> | undefined => {
  const product = modularProduct(p)
  const at = (point: ReadonlyArray<number>) => (monomial: Monomial): number => monomial.reduce((value, exponent, v) => product(value, modularPower(product, point[v] ?? 0, exponent)), 1 % p)
  const size = ideal.length
  const rows = points.map((point) => Float64Array.from([...ideal, ...border], at(point)))
  // Gauss-Jordan: the left block becomes the identity, the columns on the right the coordinates of the border.
  for (let column = 0; column < size; column++) {
    const pivot = rows.findIndex((row, r) => r >= column && row[column] !== 0)
    const chosen = rows[pivot]
    const displaced = rows[column]
    if (chosen === undefined || displaced === undefined) return undefined
    rows[pivot] = displaced
    rows[column] = chosen
    const inverse = modularInverse(chosen[column] ?? 0, p)
    for (let c = column; c < chosen.length; c++) chosen[c] = product(chosen[c] ?? 0, inverse)
    for (const row of rows) {
      const factor = row[column] ?? 0
      if (row === chosen || factor === 0) continue
      for (let c = column; c < row.length; c++) {
        const difference = (row[c] ?? 0) - product(factor, chosen[c] ?? 0)
        row[c] = difference < 0 ? difference + p : difference
      }
    }
  }
  const below = ideal.map((monomial) => numbers.of(monomial))
  return border.map((monomial, b) => fromSums(new Map([[numbers.of(monomial), 1], ...rows.map((row, r) => [below[r] ?? 0, (p - (row[size + b] ?? 0)) % p] as const)])))
}
