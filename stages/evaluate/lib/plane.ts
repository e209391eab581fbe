/** Planes on which decisions are drawn: through class means, through samples, or along the weights of a two-layer net. */
import type { Dataset } from "../../../src/stage.ts"

export interface Plane {
  /** The point with the coordinates 0, 0. */
  readonly origin: Float64Array
  /** Unit vectors of the samples' size. */
  readonly u: Float64Array
  readonly v: Float64Array
}

/** Through 0, along the normalised means of two groups of rows [n, size], which are not made orthogonal; undefined when a group has no rows, or its mean is 0. */
export const meansPlane = (rows: Float32Array, size: number, groupOf: (row: number) => "u" | "v" | undefined): Plane | undefined => {
  const axis = (group: "u" | "v"): Float64Array | undefined => {
    const sum = new Float64Array(size)
    for (let row = 0; row < rows.length / size; row++) {
      if (groupOf(row) === group) for (let i = 0; i < size; i++) sum[i] = (sum[i] ?? 0) + (rows[row * size + i] ?? 0)
    }
    return normalised(sum)
  }
  const [u, v] = [axis("u"), axis("v")]
  return u === undefined || v === undefined ? undefined : { origin: new Float64Array(size), u, v }
}

/** Along the mean of the positive samples and that of the negative ones (Kumano et al., NeurIPS 2024). */
export const classPlane = ({ x, y }: Dataset): Plane | undefined =>
  meansPlane(x, x.length / y.length, (row) => (y[row] === 1 ? "u" : y[row] === -1 ? "v" : undefined))

/** Through three points: u leads from the first to the second, v stands on it and looks towards the third. Undefined when they lie on a line. */
export const planeThrough = (first: ArrayLike<number>, second: ArrayLike<number>, third: ArrayLike<number>): Plane | undefined => {
  const origin = Float64Array.from(first)
  const u = normalised(origin.map((value, i) => (second[i] ?? 0) - value))
  if (u === undefined) return undefined
  const towards = origin.map((value, i) => (third[i] ?? 0) - value)
  const along = dot(towards, u)
  const rest = towards.map((value, i) => value - along * (u[i] ?? 0))
  const v = Math.sqrt(dot(rest, rest)) <= 1e-6 * Math.sqrt(dot(towards, towards)) ? undefined : normalised(rest)
  return v === undefined ? undefined : { origin, u, v }
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
const normalised = (of: Float64Array): Float64Array | undefined => {
  const length = Math.sqrt(dot(of, of))
  return length === 0 ? undefined : of.map((value) => value / length)
}

/** Inner product of sample `row` of x, as seen from the origin, with an axis. */
export const projection = (x: Float32Array, row: number, axis: Float64Array, origin?: Float64Array): number =>
  axis.reduce((sum, value, i) => sum + value * ((x[row * axis.length + i] ?? 0) - (origin?.[i] ?? 0)), 0)

/** Centres of `cells` equal cells between -extent and extent. */
export const cellCentres = (cells: number, extent: number): Float64Array =>
  Float64Array.from({ length: cells }, (_, cell) => extent * ((2 * cell + 1) / cells - 1))

/** The points of one row of cells: origin + across u + along v, for each of `across`. */
export const rowOfPoints = ({ origin, u, v }: Plane, across: Float64Array, along: number): Float32Array => {
  const size = u.length
  const points = new Float32Array(across.length * size)
  across.forEach((step, column) => {
    for (let i = 0; i < size; i++) points[column * size + i] = (origin[i] ?? 0) + step * (u[i] ?? 0) + along * (v[i] ?? 0)
  })
  return points
}
