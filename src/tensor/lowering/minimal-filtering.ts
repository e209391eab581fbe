/**
 * Winograd's minimal filtering F(m, r): m neighbouring results of a filter of r taps from m + r - 1 products instead of m r (S. Winograd,
 * Arithmetic Complexity of Computations, 1980). The matrices follow from Toom and Cook's product of polynomials: both factors are
 * evaluated at m + r - 1 points, one of them at infinity, multiplied there and interpolated; filtering is the transpose of that.
 */
export interface MinimalFiltering {
  readonly outputs: number
  /** m + r - 1 */
  readonly points: number
  /** [points, points]: what each product takes of the m + r - 1 pixels under the tile. */
  readonly source: ReadonlyArray<ReadonlyArray<number>>
  /** [points, r]: what it takes of the filter. */
  readonly filter: ReadonlyArray<ReadonlyArray<number>>
  /** [points, m]: what it gives to each result. */
  readonly result: ReadonlyArray<ReadonlyArray<number>>
}

/**
 * Near each other in size, so that their powers are too: with 1 and 2 in place of 3/4 and 3/2, as they are often given, results in float32 have twice the error.
 * Products of these are exact in binary.
 */
const POINTS = [0, 0.75, -0.75, 1.5, -1.5]

/** The most results at a time: with more points, rounding takes more than it saves. */
export const MOST_OUTPUTS = POINTS.length - 1

/** @throws RangeError for more results than there are points for. */
export const minimalFiltering = (outputs: number, taps: number): MinimalFiltering => {
  const points = outputs + taps - 1
  const finite = POINTS.slice(0, points - 1)
  if (finite.length !== points - 1) throw new RangeError(`minimal filtering is for at most ${POINTS.length + 2 - taps} results of ${taps} taps, not ${outputs}`)
  const others = (i: number) => finite.filter((_, j) => j !== i)
  /** Values of the powers 1, x, x^2 ... at all points; at infinity only the highest counts. */
  const powers = (count: number): Array<Array<number>> => [
    ...finite.map((x) => Array.from({ length: count }, (_, power) => x ** power)),
    Array.from({ length: count }, (_, power) => (power === count - 1 ? 1 : 0))
  ]
  return {
    outputs,
    points,
    // Lagrange's polynomials, whose denominators go to the filter.
    source: [...finite.map((_, i) => [...withRoots(others(i)), 0]), withRoots(finite)],
    filter: powers(taps).map((row, i) => {
      const point = finite[i]
      const denominator = point === undefined ? 1 : others(i).reduce((product, other) => product * (point - other), 1)
      return row.map((power) => power / denominator)
    }),
    result: powers(outputs)
  }
}

/** Coefficients, lowest power first, of the product of x - root over all roots. */
const withRoots = (roots: ReadonlyArray<number>): ReadonlyArray<number> =>
  roots.reduce((polynomial, root) => Array.from({ length: polynomial.length + 1 }, (_, i) => (polynomial[i - 1] ?? 0) - root * (polynomial[i] ?? 0)), [1])
