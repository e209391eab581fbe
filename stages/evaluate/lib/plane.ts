/**
 * The plane on which decision maps are drawn: spanned by the normalised mean of the positive samples and that of the negative ones, which
 * are not made orthogonal (Kumano et al. 2024).
 */
import type { Dataset } from "../../../src/stage.ts"

export interface Plane {
  /** Unit vectors of the samples' size. */
  readonly positive: Float64Array
  readonly negative: Float64Array
}

/** Undefined when a class has no samples, or its mean is 0. */
export const classPlane = ({ x, y }: Dataset): Plane | undefined => {
  const size = x.length / y.length
  const axis = (label: number): Float64Array | undefined => {
    const mean = new Float64Array(size)
    y.forEach((value, sample) => {
      if (value === label) for (let i = 0; i < size; i++) mean[i] = (mean[i] ?? 0) + (x[sample * size + i] ?? 0)
    })
    const norm = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0))
    return norm === 0 ? undefined : mean.map((value) => value / norm)
  }
  const [positive, negative] = [axis(1), axis(-1)]
  return positive === undefined || negative === undefined ? undefined : { positive, negative }
}

/** Inner product of sample `row` of x with an axis. */
export const projection = (x: Float32Array, row: number, axis: Float64Array): number =>
  axis.reduce((sum, value, i) => sum + value * (x[row * axis.length + i] ?? 0), 0)

/** Centres of `cells` equal cells between -extent and extent. */
export const cellCentres = (cells: number, extent: number): Float64Array =>
  Float64Array.from({ length: cells }, (_, cell) => extent * ((2 * cell + 1) / cells - 1))

/** The points u * positive + v * negative of one row of cells, for each u. */
export const rowOfPoints = ({ negative, positive }: Plane, across: Float64Array, v: number): Float32Array => {
  const size = positive.length
  const points = new Float32Array(across.length * size)
  across.forEach((u, column) => {
    for (let i = 0; i < size; i++) points[column * size + i] = u * (positive[i] ?? 0) + v * (negative[i] ?? 0)
  })
  return points
}
