/** Steps of an exact Euclidean length. */

/**
 * The rows of `direction` ([n, size]), each times `sign[row]`, scaled to the Euclidean norm `length`. A row of zeros stays zero. Norms are
 * taken in double precision, so that the length is right to single precision whatever the scale of the row.
 */
export const stepsOfLength = (direction: Float32Array, sign: Float32Array, length: number): Float32Array => {
  const size = direction.length / sign.length
  const steps = new Float32Array(direction.length)
  sign.forEach((side, row) => {
    const norm = rowNorm(direction, row, size)
    const scale = norm === 0 ? 0 : (side * length) / norm
    for (let i = row * size; i < (row + 1) * size; i++) steps[i] = scale * (direction[i] ?? 0)
  })
  return steps
}

/** Euclidean norm of row `row` of a matrix with rows of `size`. */
export const rowNorm = (rows: Float32Array, row: number, size: number): number => {
  let largest = 0
  for (let i = row * size; i < (row + 1) * size; i++) largest = Math.max(largest, Math.abs(rows[i] ?? 0))
  if (largest === 0) return 0
  let squares = 0
  for (let i = row * size; i < (row + 1) * size; i++) squares += ((rows[i] ?? 0) / largest) ** 2
  return largest * Math.sqrt(squares)
}
