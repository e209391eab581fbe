/** Images in memory, and the operations on them that need no decoder: other sizes, parts, and grey values. */

export interface Image {
  /** `[rows, columns, channels]`, 0 to 255. */
  readonly data: Uint8Array
  readonly rows: number
  readonly columns: number
  /** 1: grey. 3: red, green, blue. */
  readonly channels: number
}

/** Rows and columns. */
export type Size = readonly [rows: number, columns: number]

/** Filters of `resize`: their support in pixels of the smaller image, and their weight at a distance from the middle. */
const filters = {
  bilinear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    // Keys' cubic with a = -0.5.
    weight: (x: number) => {
      const t = Math.abs(x)
      return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0
    }
  }
} as const
export type Filter = keyof typeof filters
export const filterNames = ["bilinear", "bicubic"] as const satisfies ReadonlyArray<Filter>

/** Binary digits of the weights, as Pillow has them: a sum of 8-bit values times weights fits 32 bits. */
const precision = 22

/** For each place of the new axis, the first place of the old one that counts, and the integer weights from there on. */
interface Weights {
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weights: Int32Array
  /** Weights kept for each place. */
  readonly stride: number
}

const weightsOf = (from: number, to: number, { support, weight }: (typeof filters)[Filter]): Weights => {
  const scale = from / to
  // Anti-aliasing: where the image shrinks, the filter is as much wider.
  const stretch = Math.max(scale, 1)
  const reach = support * stretch
  const stride = Math.ceil(reach) * 2 + 1
  const [first, count, weights] = [new Int32Array(to), new Int32Array(to), new Int32Array(to * stride)]
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - reach + 0.5))
    const end = Math.min(from, Math.trunc(centre + reach + 0.5))
    const exact = Array.from({ length: end - start }, (_, i) => weight((i + start - centre + 0.5) / stretch))
    const sum = exact.reduce((a, b) => a + b, 0)
    first[place] = start
    count[place] = end - start
    exact.forEach((value, i) => {
      const scaled = (value / sum) * 2 ** precision
      weights[place * stride + i] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5))
    })
  }
  return { first, count, weights, stride }
}

/**
 * The image in another size, in the integer arithmetic of Pillow (columns first, then rows, each rounded to 8 bits), so that it comes out as
 * torchvision's `Resize` on a Pillow image: anti-aliased, to the last bit.
 */
export const resize = (image: Image, [rows, columns]: Size, filter: Filter): Image => {
  const narrow = columns === image.columns ? image : withColumns(image, columns, filter)
  return rows === narrow.rows ? narrow : withRows(narrow, rows, filter)
}

const half = 1 << (precision - 1)
const rounded = (sum: number): number => Math.max(0, Math.min(255, sum >> precision))

const withColumns = ({ channels, columns, data, rows }: Image, to: number, filter: Filter): Image => {
  const { count, first, stride, weights } = weightsOf(columns, to, filters[filter])
  const result = new Uint8Array(rows * to * channels)
  let next = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < to; column++) {
      const start = (row * columns + (first[column] ?? 0)) * channels
      const [from, end] = [column * stride, column * stride + (count[column] ?? 0)]
      for (let channel = 0; channel < channels; channel++) {
        let sum = half
        for (let tap = from, at = start + channel; tap < end; tap++, at += channels) sum += Math.imul(data[at] ?? 0, weights[tap] ?? 0)
        result[next++] = rounded(sum)
      }
    }
  }
  return { data: result, rows, columns: to, channels }
}

/** Whole rows are added up, which lie together in memory. */
const withRows = ({ channels, columns, data, rows }: Image, to: number, filter: Filter): Image => {
  const { count, first, stride, weights } = weightsOf(rows, to, filters[filter])
  const width = columns * channels
  const result = new Uint8Array(to * width)
  const sums = new Int32Array(width)
  for (let row = 0; row < to; row++) {
    sums.fill(half)
    for (let tap = 0; tap < (count[row] ?? 0); tap++) {
      const weight = weights[row * stride + tap] ?? 0
      const from = ((first[row] ?? 0) + tap) * width
      for (let i = 0; i < width; i++) sums[i] = (sums[i] ?? 0) + Math.imul(data[from + i] ?? 0, weight)
    }
    for (let i = 0; i < width; i++) result[row * width + i] = rounded(sums[i] ?? 0)
  }
  return { data: result, rows: to, columns, channels }
}

/** The size whose shorter side is this, with the old proportions; the longer one is rounded down. */
export const shorterSide = ({ columns, rows }: Image, side: number): Size =>
  rows <= columns ? [side, Math.trunc((side * columns) / rows)] : [Math.trunc((side * rows) / columns), side]

/** The middle part; undefined for an image that is smaller. Half a pixel goes to the even number, as in torchvision's `CenterCrop`. */
export const centreCrop = (image: Image, [rows, columns]: Size): Image | undefined => {
  if (image.rows < rows || image.columns < columns) return undefined
  const [top, left] = [roundHalfEven((image.rows - rows) / 2), roundHalfEven((image.columns - columns) / 2)]
  const { channels } = image
  const data = new Uint8Array(rows * columns * channels)
  for (let row = 0; row < rows; row++) {
    const from = ((top + row) * image.columns + left) * channels
    data.set(image.data.subarray(from, from + columns * channels), row * columns * channels)
  }
  return { data, rows, columns, channels }
}

const roundHalfEven = (value: number): number => {
  const below = Math.floor(value)
  return value - below === 0.5 ? below + (below % 2) : Math.round(value)
}

/** With three channels, or with one: luma of ITU-R 601 in Pillow's integers. */
export const withChannels = (image: Image, channels: 1 | 3): Image => {
  if (image.channels === channels) return image
  const pixels = image.rows * image.columns
  const data = new Uint8Array(pixels * channels)
  for (let i = 0; i < pixels; i++) {
    if (channels === 3) data.fill(image.data[i] ?? 0, 3 * i, 3 * i + 3)
    else data[i] = ((image.data[3 * i] ?? 0) * 19_595 + (image.data[3 * i + 1] ?? 0) * 38_470 + (image.data[3 * i + 2] ?? 0) * 7471 + 0x8000) >> 16
  }
  return { ...image, data, channels }
}

/** Writes the pixels as `[channels, rows, columns]` in [0, 1]. */
export const planes = ({ channels, columns, data, rows }: Image, into: Float32Array): void => {
  const pixels = rows * columns
  for (let i = 0; i < pixels; i++) for (let c = 0; c < channels; c++) into[c * pixels + i] = (data[i * channels + c] ?? 0) / 255
}
