/** Samples as rows of an array [n, size]: norms of differences, and picking and putting rows. In double precision, rounded at the end. */

/** Lengths of one row's difference. */
export interface Lengths {
  /** Coordinates that differ. */
  readonly l0: number
  readonly l1: number
  readonly l2: number
  readonly linf: number
}

/** x - origin of one row. */
export const lengthsOf = (x: Float32Array, origin: Float32Array, row: number, size: number): Lengths => {
  let [l0, l1, squares, linf] = [0, 0, 0, 0]
  for (let i = row * size; i < (row + 1) * size; i++) {
    const difference = Math.abs((x[i] ?? 0) - (origin[i] ?? 0))
    if (difference > 0) l0++
    l1 += difference
    squares += difference * difference
    linf = Math.max(linf, difference)
  }
  return { l0, l1, l2: Math.sqrt(squares), linf }
}

export const rowOf = (rows: Float32Array, row: number, size: number): Float32Array => rows.subarray(row * size, (row + 1) * size)

/** The rows with these numbers, copied in their order. */
export const pick = (rows: Float32Array, which: ReadonlyArray<number>, size: number): Float32Array => {
  const picked = new Float32Array(which.length * size)
  which.forEach((row, place) => picked.set(rowOf(rows, row, size), place * size))
  return picked
}

export const pickInts = (values: Int32Array, which: ReadonlyArray<number>): Int32Array => Int32Array.from(which, (row) => values[row] ?? 0)

/** Numbers of the rows for which something holds. */
export const rowsWhere = (n: number, holds: (row: number) => boolean): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, row) => row).filter(holds)
