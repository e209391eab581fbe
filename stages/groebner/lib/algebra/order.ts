/** Monomial orders: lex, deglex, degrevlex, and blocks of them one after the other, as elimination needs. */
import { algebraError } from "./errors.ts"

export const orderNames = ["lex", "deglex", "degrevlex"] as const
export type OrderName = (typeof orderNames)[number]

/** `size` variables in a row that are compared by `order` before the variables after them are looked at. */
export interface OrderBlock {
  readonly order: OrderName
  readonly size: number
}

/** One order of all variables, or blocks that cover them in turn. */
export type MonomialOrder = OrderName | ReadonlyArray<OrderBlock>

/** Exponents of consecutive monomials, n each. */
export interface Exponents {
  readonly length: number
  readonly [index: number]: number
}

/** The order as blocks over n variables. @throws AlgebraError if the blocks do not cover the variables exactly. */
export const blocksOf = (order: MonomialOrder, n: number): ReadonlyArray<OrderBlock> => {
  if (typeof order === "string") return [{ order, size: n }]
  const covered = order.reduce((sum, { size }) => sum + size, 0)
  if (covered !== n || order.some(({ size }) => !Number.isInteger(size) || size < 1)) {
    throw algebraError(`The blocks ${showOrder(order)} cover ${covered} variables, but the ring has ${n}. Let the sizes, 1 or more each, add up to ${n}.`)
  }
  return order
}

/** As in `degrevlex` or `degrevlex(2), lex(3)`. */
export const showOrder = (order: MonomialOrder): string =>
  typeof order === "string" ? order : order.map(({ order, size }) => `${order}(${size})`).join(", ")

export const sameOrder = (a: MonomialOrder, b: MonomialOrder, n: number): boolean =>
  showOrder(blocksOf(a, n)) === showOrder(blocksOf(b, n))

/** Positive if the monomial of n exponents that begins at `i` in `a` is greater than the one at `j` in `b`. */
export type MonomialComparator = (a: Exponents, i: number, b: Exponents, j: number) => number

/** Compares by exponents. Straightforward; hot paths compare packed words instead (`monomials.ts`). */
export const comparator = (order: MonomialOrder, n: number): MonomialComparator => {
  const blocks = blocksOf(order, n)
  return (a, i, b, j) => {
    let from = 0
    for (const { order, size } of blocks) {
      const sign = compareBlock(order, a, i + from, b, j + from, size)
      if (sign !== 0) return sign
      from += size
    }
    return 0
  }
}

const compareBlock = (order: OrderName, a: Exponents, i: number, b: Exponents, j: number, size: number): number => {
  if (order !== "lex") {
    let difference = 0
    for (let v = 0; v < size; v++) difference += (a[i + v] ?? 0) - (b[j + v] ?? 0)
    if (difference !== 0) return difference
  }
  if (order === "degrevlex") {
    // Of equal degree, the one with less of the last variable that differs is greater.
    for (let v = size - 1; v >= 0; v--) {
      const difference = (b[j + v] ?? 0) - (a[i + v] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }
  for (let v = 0; v < size; v++) {
    const difference = (a[i + v] ?? 0) - (b[j + v] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
