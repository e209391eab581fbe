/** Order ideals: sets of monomials that hold every divisor of theirs. A monomial is its exponents. */
import type { RandomStream } from "../../../../src/stage.ts"

export type Monomial = ReadonlyArray<number>

/** Greatest exponents drawn uniformly below the bounds. */
export const uniformCorner = (bounds: Monomial, stream: RandomStream): Monomial => bounds.map((bound) => stream.integer(bound))

/** Greatest exponents below the bounds whose sum is drawn uniformly from 1 to `most`: one of its partitions into exponents, all as likely, in random order. */
export const partitionCorner = (bounds: Monomial, most: number, stream: RandomStream): Monomial => {
  const greatest = Math.max(...bounds) - 1
  const found = partitions(1 + stream.integer(most), bounds.length, greatest)
  const partition = found[stream.integer(found.length)] ?? []
  return Array.from(stream.permutation(bounds.length), (place) => partition[place] ?? 0)
}

/** All ways to write a number as a sum of at most `parts` descending positive numbers up to `greatest`. */
export const partitions = (total: number, parts: number, greatest: number): ReadonlyArray<ReadonlyArray<number>> =>
  total === 0 ? [[]]
    : parts === 0 ? []
      : Array.from({ length: Math.min(total, greatest) }, (_, i) => partitions(total - i - 1, parts - 1, i + 1).map((rest) => [i + 1, ...rest])).flat()

/**
 * An order ideal with the powers of each variable up to the corner's exponents, the least first: the box from 1 to a corner drawn in it belongs to the ideal, and what lies beyond
 * the drawn corner in one variable, and within it in the others, is treated likewise, unless it is flat (at most one variable varies) or a unit cube.
 */
export const drawnOrderIdeal = (corner: Monomial, stream: RandomStream): ReadonlyArray<Monomial> => {
  const origin = corner.map(() => 0)
  const axes = corner.flatMap((exponent, v) => boxBetween(origin, origin.map((_, other) => (other === v ? exponent : 0))))
  const found = new Map([...axes, ...boxes(origin, corner, stream)].map((monomial) => [monomial.join(), monomial]))
  return [...found.values()].sort((a, b) => degree(a) - degree(b) || compareReversed(b, a))
}

const boxes = (from: Monomial, to: Monomial, stream: RandomStream): ReadonlyArray<Monomial> => {
  const drawn = from.map((low, v) => low + stream.integer((to[v] ?? 0) - low + 1))
  return [
    ...boxBetween(from, drawn),
    ...from.flatMap((_, v) => {
      const low = from.map((exponent, other) => (other === v ? drawn[v] ?? 0 : exponent))
      const high = drawn.map((exponent, other) => (other === v ? to[v] ?? 0 : exponent))
      const sides = high.map((exponent, other) => exponent - (low[other] ?? 0))
      const flat = sides.filter((side) => side > 0).length < 2
      return flat || sides.every((side) => side <= 1) ? [] : boxes(low, high, stream)
    })
  ]
}

/** All monomials between two, both included. */
const boxBetween = (low: Monomial, high: Monomial): ReadonlyArray<Monomial> =>
  low.reduce<ReadonlyArray<Monomial>>((made, least, v) => made.flatMap((monomial) => Array.from({ length: (high[v] ?? 0) - least + 1 }, (_, above) => [...monomial, least + above])), [[]])

const degree = (monomial: Monomial): number => monomial.reduce((sum, exponent) => sum + exponent, 0)

/** The exponents' order from the last variable on: what decides degrevlex among monomials of one degree, the greater exponent being less. */
const compareReversed = (a: Monomial, b: Monomial): number => {
  for (let v = a.length - 1; v >= 0; v--) if (a[v] !== b[v]) return (a[v] ?? 0) - (b[v] ?? 0)
  return 0
}

/** Products of its monomials with variables that are not in it. */
export const borderOf = (ideal: ReadonlyArray<Monomial>): ReadonlyArray<Monomial> => {
  const seen = new Set(ideal.map((monomial) => monomial.join()))
  return ideal.flatMap((monomial) => monomial.flatMap((_, v) => {
    const product = monomial.map((exponent, other) => (other === v ? exponent + 1 : exponent))
    const name = product.join()
    if (seen.has(name)) return []
    seen.add(name)
    return [product]
  }))
}
