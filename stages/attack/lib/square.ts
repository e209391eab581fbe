/**
 * Square Attack (Andriushchenko et al. 2020; l1 form as in AutoAttack): random search with squares of one colour for each channel (linf), or of
 * two bumps whose length moves from one window to another (l2, l1), kept where the margin falls. It asks the model for scores only. Flat samples are one row of
 * pixels, on which a square is a segment.
 */
import { Effect, type RandomStream, type StageError } from "../../../src/stage.ts"
import { intoBall, lengthOf } from "./ball.ts"
import type { Norm, Range } from "./geometry.ts"
import { rowOf } from "./rows.ts"
import { clampTo } from "./start.ts"

export interface SquareSettings {
  readonly norm: Norm
  readonly eps: number
  readonly queries: number
  /** Share of the image that the first squares cover. */
  readonly share: number
  readonly range: Range
  readonly shape: ReadonlyArray<number>
  readonly random: Pick<RandomStream, "at">
}

export interface SquareEnd {
  readonly x: Float32Array
  readonly fooled: Uint8Array
  readonly queries: Int32Array
}

interface Image {
  readonly channels: number
  readonly rows: number
  readonly columns: number
}

/** The share at a query: halved after 10, 50, 200, 500, 1000, 2000, 4000, 6000 and 8000, whatever their whole number. */
export const shareAt = (query: number, first: number): number => first / 2 ** [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].filter((after) => query > after).length

/** Margins z_y - max z_i of points: not positive where the model is fooled. The rows asked for are of the given samples. */
export type Margins = (x: Float32Array, samples: ReadonlyArray<number>) => Effect.Effect<Float32Array, StageError>

/** One run; `numbers` are the samples' own, which key their random streams. Samples that are fooled take no further part. */
export const square = Effect.fn("square")(function*(origin: Float32Array, numbers: ReadonlyArray<number>, margins: Margins, settings: SquareSettings) {
  const { norm, queries } = settings
  const n = numbers.length
  const size = origin.length / n
  const image = imageOf(settings.shape)
  const streams = numbers.map((number) => settings.random.at(number))
  const x = origin.slice()
  const found: SquareEnd = { x, fooled: new Uint8Array(n), queries: new Int32Array(n) }
  streams.forEach((stream, row) => {
    const first = norm === "linf" ? stripes(image, settings.eps, stream) : bumps(norm, image, stream)
    x.set(moved(first, rowOf(origin, row, size), settings), row * size)
  })
  const everyone = Array.from({ length: n }, (_, row) => row)
  const margin = (yield* margins(x, everyone)).slice()
  found.queries.fill(1)
  margin.forEach((value, row) => (found.fooled[row] = value <= 0 ? 1 : 0))
  for (let query = 1; query < queries; query++) {
    const open = everyone.filter((row) => found.fooled[row] === 0)
    if (open.length === 0) break
    const tried = new Float32Array(open.length * size)
    open.forEach((row, place) => {
      const stream = streams[row]
      if (stream === undefined) return
      const [own, best] = [rowOf(origin, row, size), rowOf(x, row, size)]
      const proposal = norm === "linf" ? recolour(best, own, image, query - 1, settings, stream) : moveLength(best, own, image, query - 1, settings, stream)
      tried.set(proposal, place * size)
    })
    const after = yield* margins(tried, open)
    open.forEach((row, place) => {
      const value = after[place] ?? Infinity
      found.queries[row] = (found.queries[row] ?? 0) + 1
      if (value >= (margin[row] ?? 0) && value > 0) return
      margin[row] = value
      x.set(rowOf(tried, place, size), row * size)
      found.fooled[row] = value <= 0 ? 1 : 0
    })
  }
  return found
})

const imageOf = (shape: ReadonlyArray<number>): Image => {
  const [channels, rows, columns] = shape
  return shape.length === 3 && channels !== undefined && rows !== undefined && columns !== undefined
    ? { channels, rows, columns }
    : { channels: 1, rows: 1, columns: shape.reduce((a, b) => a * b, 1) }
}

/** Every column of every channel up or down by eps. */
const stripes = ({ channels, columns, rows }: Image, eps: number, random: RandomStream): Float64Array => {
  const delta = new Float64Array(channels * rows * columns)
  for (let c = 0; c < channels; c++) {
    for (let column = 0; column < columns; column++) {
      const value = eps * random.sign()
      for (let row = 0; row < rows; row++) delta[(c * rows + row) * columns + column] = value
    }
  }
  return delta
}

interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

const windowOf = ({ columns, rows }: Image, share: number, least: number, odd: boolean, random: RandomStream): Window => {
  const wanted = Math.max(Math.round(rows === 1 ? share * columns : Math.sqrt(share * rows * columns)), least)
  const side = odd && wanted % 2 === 0 ? wanted + 1 : wanted
  const [height, width] = [Math.min(side, rows), Math.min(side, columns)]
  return { height, width, top: random.integer(rows - height + 1), left: random.integer(columns - width + 1) }
}

const eachPixel = ({ columns, rows }: Image, channel: number, { height, left, top, width }: Window, visit: (at: number, row: number, column: number) => void): void => {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) visit((channel * rows + top + row) * columns + left + column, row, column)
  }
}

/** One square up or down by 2 eps, back into the ball: its pixels end at plus or minus eps. */
const recolour = (best: Float32Array, own: Float32Array, image: Image, query: number, { eps, range, share }: SquareSettings, random: RandomStream): Float32Array => {
  const next = best.slice()
  const window = windowOf(image, shareAt(query, share), 1, false, random)
  for (let c = 0; c < image.channels; c++) {
    const shift = 2 * eps * random.sign()
    eachPixel(image, c, window, (at) => {
      const from = own[at] ?? 0
      next[at] = clampTo(Math.min(Math.max((next[at] ?? 0) + shift, from - eps), from + eps), range)
    })
  }
  return next
}

/**
 * The sample with a difference, within ball and range. l2: the difference is stretched or shrunk to eps, and then clamped; l1: it is
 * projected.
 */
const moved = (delta: Float64Array, own: Float32Array, { eps, norm, range }: SquareSettings): Float64Array => {
  const scale = norm === "l2" ? eps / Math.max(lengthOf("l2", delta), 1e-12) : 1
  const x = delta.map((value, i) => (own[i] ?? 0) + scale * value)
  if (norm === "l1") intoBall("l1", x, own, eps * (1 - 1e-6), range, x)
  return x.map((value) => clampTo(value, range))
}

/** A grid of bumps over the whole image. */
const bumps = (norm: Norm, image: Image, random: RandomStream): Float64Array => {
  const { channels, columns, rows } = image
  const delta = new Float64Array(channels * rows * columns)
  const side = Math.max(1, Math.floor((rows === 1 ? columns : rows) / 5))
  const [height, width] = [Math.min(side, rows), Math.min(side, columns)]
  for (let top = 0; top + height <= rows; top += height) {
    for (let left = 0; left + width <= columns; left += width) {
      const shape = twoBumps(norm, height, width, random)
      for (let c = 0; c < channels; c++) {
        const side = random.sign()
        eachPixel(image, c, { top, left, height, width }, (at, row, column) => (delta[at] = (delta[at] ?? 0) + side * (shape[row * width + column] ?? 0)))
      }
    }
  }
  return delta
}

/**
 * Takes the length of a second window, and what the ball has left, into a first one, where a new bump is added to what was there. Lengths are
 * shared out as energies in l2 (squares), as they are in l1.
 */
const moveLength = (best: Float32Array, own: Float32Array, image: Image, query: number, settings: SquareSettings, random: RandomStream): Float64Array => {
  const { eps, norm, share } = settings
  const power = norm === "l2" ? 2 : 1
  const spent = (value: number | undefined) => Math.abs(value ?? 0) ** power
  const lengthFor = (amount: number) => amount ** (1 / power)
  const delta = Float64Array.from(best, (value, i) => value - (own[i] ?? 0))
  const area = shareAt(query, share)
  const [into, out] = [windowOf(image, area, 3, true, random), windowOf(image, area, 3, true, random)]
  const left = Math.max(eps ** power - delta.reduce((sum, value) => sum + spent(value), 0), 0) / image.channels
  const shape = twoBumps(norm, into.height, into.width, random)
  for (let c = 0; c < image.channels; c++) {
    const both = new Set<number>()
    let inside = 0
    eachPixel(image, c, into, (at) => {
      both.add(at)
      inside += spent(delta[at])
    })
    eachPixel(image, c, out, (at) => both.add(at))
    const taken = [...both].reduce((sum, at) => sum + spent(delta[at]), 0)
    const side = random.sign()
    const fresh = new Float64Array(into.height * into.width)
    eachPixel(image, c, into, (at, row, column) => {
      const place = row * into.width + column
      fresh[place] = side * (shape[place] ?? 0) + (delta[at] ?? 0) / (1e-12 + lengthFor(inside))
    })
    const length = 1e-12 + lengthFor(fresh.reduce((sum, value) => sum + spent(value), 0))
    // AutoAttack's l1 form gives every channel the length of all.
    const given = norm === "l1" ? image.channels * (left + taken) : lengthFor(left + taken)
    eachPixel(image, c, out, (at) => (delta[at] = 0))
    eachPixel(image, c, into, (at, row, column) => (delta[at] = ((fresh[row * into.width + column] ?? 0) / length) * given))
  }
  return moved(delta, own, settings)
}

/** Two opposite bumps of unit length together, one above the other or side by side. */
const twoBumps = (norm: Norm, height: number, width: number, random: RandomStream): Float64Array => {
  const sideways = height === 1 || (width > 1 && height === width && random.uniform() > 0.5)
  const [long, wide] = sideways ? [width, height] : [height, width]
  const half = Math.floor(long / 2)
  const [first, second] = [bump(norm, half, wide), bump(norm, long - half, wide)]
  const shape = new Float64Array(height * width)
  for (let i = 0; i < long; i++) {
    for (let j = 0; j < wide; j++) {
      const value = i < half ? first[i * wide + j] ?? 0 : -(second[(i - half) * wide + j] ?? 0)
      shape[sideways ? j * width + i : i * width + j] = value
    }
  }
  return ofUnitLength(norm, shape)
}

/** A pyramid of growing rectangles around the middle, the k-th of height 1/k^2 (l1: 1/k^4), of unit length. */
const bump = (norm: Norm, height: number, width: number): Float64Array => {
  const shape = new Float64Array(height * width)
  const steepness = norm === "l1" ? 4 : 2
  const [middle, centre] = [Math.floor(height / 2) + 1, Math.floor(width / 2) + 1]
  for (let ring = 0; ring < Math.max(middle, centre); ring++) {
    const [top, left] = [middle - 1 - ring, centre - 1 - ring]
    for (let i = Math.max(top, 0); i < Math.min(top + 2 * ring + 1, height); i++) {
      for (let j = Math.max(left, 0); j < Math.min(left + 2 * ring + 1, width); j++) shape[i * width + j] = (shape[i * width + j] ?? 0) + 1 / (ring + 1) ** steepness
    }
  }
  return ofUnitLength(norm, shape)
}

const ofUnitLength = (norm: Norm, shape: Float64Array): Float64Array => {
  const length = Math.max(lengthOf(norm, shape), 1e-12)
  return shape.map((value) => value / length)
}
