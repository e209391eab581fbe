/**
 * Points of a space that are drawn rather than enumerated: at random, or by a Sobol sequence, which fills the space evenly. Point i of an axis
 * is a pure function of the seed, the axis and i: asking for more points, or leaving an axis out, changes none of the others, so that a
 * longer sweep runs only what is new. Pure.
 */
import type { Json, JsonObject } from "../stage/json.ts"
import { philoxBlock } from "../stage/philox.ts"

export type Distribution =
  | { readonly kind: "choice"; readonly values: ReadonlyArray<Json> }
  /** From `min` to `max`, both possible for whole numbers. */
  | { readonly kind: "between"; readonly min: number; readonly max: number; readonly log: boolean; readonly int: boolean }

export interface SampledAxis {
  readonly distribution: Distribution
  /** Its place among the axes as the file has them, from 0. */
  readonly dimension: number
}

export interface Sampling {
  readonly strategy: "random" | "sobol"
  readonly points: number
  readonly seed: number
  readonly axes: Readonly<Record<string, SampledAxis>>
}

export const samplePoints = ({ axes, points, seed, strategy }: Sampling): ReadonlyArray<JsonObject> => {
  const columns = Object.entries(axes).map(([name, { dimension, distribution }]) => {
    const uniform = strategy === "random" ? randomSequence(seed, name) : sobolSequence(seed, dimension)
    return [name, (point: number) => valueAt(distribution, uniform(point))] as const
  })
  return Array.from({ length: points }, (_, point) => Object.fromEntries(columns.map(([name, at]) => [name, at(point)])))
}

/** Six significant digits: as many as one reads, and the same on machines whose logarithms differ in the last bit. */
const legible = (value: number): number => Number(value.toPrecision(6))

/** @param u in [0, 1) */
export const valueAt = (distribution: Distribution, u: number): Json => {
  if (distribution.kind === "choice") return distribution.values[Math.floor(u * distribution.values.length)] ?? null
  const { int, log, max, min } = distribution
  // A whole number takes the room up to the next one.
  const end = int ? max + 1 : max
  const value = log ? Math.exp(Math.log(min) + u * (Math.log(end) - Math.log(min))) : min + u * (end - min)
  return int ? Math.min(max, Math.max(min, Math.floor(value))) : Math.min(max, Math.max(min, legible(value)))
}

/** FNV-1a, 32 bits: keys an axis by its name. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}

const word = (index: number, seed: number, key: number): number => {
  const block = new Uint32Array(4)
  philoxBlock(index >>> 0, 0, 0, 0, seed >>> 0, key, block)
  return block[0] ?? 0
}

const randomSequence = (seed: number, name: string) => (point: number): number => word(point, seed, hash(name)) / 2 ** 32

/**
 * Primitive polynomials and initial direction numbers for dimensions 2 to 21: [degree, coefficients, m_1, m_2, ...], of S. Joe and F. Y.
 * Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), file new-joe-kuo-6.
 */
const directions: ReadonlyArray<readonly [degree: number, coefficients: number, initial: ReadonlyArray<number>]> = [
  [1, 0, [1]], [2, 1, [1, 3]], [3, 1, [1, 3, 1]], [3, 2, [1, 1, 1]], [4, 1, [1, 1, 3, 3]], [4, 4, [1, 3, 5, 13]], [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]], [5, 7, [1, 1, 7, 11, 19]], [5, 11, [1, 1, 5, 1, 1]], [5, 13, [1, 1, 1, 3, 11]], [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]], [6, 13, [1, 1, 1, 15, 21, 21]], [6, 16, [1, 3, 1, 13, 27, 49]], [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]], [6, 25, [1, 1, 5, 5, 19, 61]], [7, 1, [1, 3, 7, 11, 23, 15, 103]], [7, 4, [1, 3, 7, 13, 13, 15, 69]]
]

/** Axes that a Sobol sequence can have. */
export const mostDimensions = directions.length + 1

const bits = 32

/** v_1 to v_32 of a dimension, as fractions of 2^32. */
export const sobolDirections = (dimension: number): Uint32Array => {
  const v = new Uint32Array(bits + 1)
  const [degree, coefficients, initial] = directions[dimension - 1] ?? [0, 0, []]
  if (dimension === 0 || degree === 0) {
    for (let i = 1; i <= bits; i++) v[i] = 2 ** (bits - i)
    return v
  }
  for (let i = 1; i <= bits; i++) {
    if (i <= degree) {
      v[i] = (initial[i - 1] ?? 0) * 2 ** (bits - i)
      continue
    }
    const before = v[i - degree] ?? 0
    let next = before ^ (before >>> degree)
    for (let k = 1; k < degree; k++) if ((coefficients >>> (degree - 1 - k)) & 1) next ^= v[i - k] ?? 0
    v[i] = next >>> 0
  }
  return v
}

/** The sequence itself, in the order of Gray codes, as 32-bit fractions: 0, 1/2, 3/4, 1/4, ... in every dimension's own order. */
export const sobolWord = (v: Uint32Array, point: number): number => {
  let word = 0
  const gray = point ^ (point >>> 1)
  for (let i = 1; i <= bits; i++) if ((gray >>> (i - 1)) & 1) word ^= v[i] ?? 0
  return word >>> 0
}

/** Shifted by random digits, which keeps the evenness and avoids the corner at 0. */
const sobolSequence = (seed: number, dimension: number) => {
  const v = sobolDirections(dimension)
  const shift = word(dimension, seed, hash("sobol"))
  return (point: number): number => ((sobolWord(v, point) ^ shift) >>> 0) / 2 ** bits
}
