/**
 * A data set in memory: samples and targets, batch first. On disk it is one Arrow file with a fixed-size list column `x`
 * (the sample's shape is in the column's metadata) and a column `y`.
 */
export interface Dataset {
  /** `[n, ...shape]`, row-major. */
  readonly x: Float32Array
  /** `[n]`: a class index, or a signed label (-1, 1) for binary problems. */
  readonly y: Float32Array
  /** Shape of one sample, for example `[100]` or `[1, 28, 28]`. */
  readonly shape: ReadonlyArray<number>
  /** Facts that travel with the data: class names, normalisation, where it came from. */
  readonly metadata: Readonly<Record<string, string>>
}

export const sampleSize = (data: Pick<Dataset, "shape">): number => data.shape.reduce((a, b) => a * b, 1)
export const sampleCount = (data: Pick<Dataset, "y">): number => data.y.length

/**
 * Samples that are read when they are asked for, so that a set larger than memory can be worked through: a data set in memory, its file, or
 * some of the samples of either. Targets are in memory always.
 */
export interface Samples {
  /** `[n]` */
  readonly y: Float32Array
  readonly shape: ReadonlyArray<number>
  readonly metadata: Readonly<Record<string, string>>
  /** Writes the samples with these numbers into `x` one after another, in this order. */
  copy(which: ArrayLike<number>, x: Float32Array): void
  /** Samples `from` to `to` (without it), `[to - from, ...shape]`; not to be written to. */
  range(from: number, to: number): Float32Array
}

/** The samples of a data set in memory. */
export const inMemory = (data: Dataset): Samples => {
  const size = sampleSize(data)
  return {
    y: data.y,
    shape: data.shape,
    metadata: data.metadata,
    copy: (which, x) => {
      for (let i = 0; i < which.length; i++) {
        const sample = which[i] ?? 0
        x.set(data.x.subarray(sample * size, (sample + 1) * size), i * size)
      }
    },
    range: (from, to) => data.x.subarray(from * size, to * size)
  }
}

/** A data set in memory, or samples as they are. */
export const asSamples = (data: Dataset | Samples): Samples => ("copy" in data ? data : inMemory(data))

/** Some of the samples, in this order; nothing is read yet. */
export const partOf = (samples: Samples, which: ArrayLike<number>): Samples => {
  const numbers = Uint32Array.from(which)
  const size = sampleSize(samples)
  const copy = (places: ArrayLike<number>, x: Float32Array) => samples.copy(Uint32Array.from(places, (place) => numbers[place] ?? 0), x)
  return {
    y: Float32Array.from(numbers, (sample) => samples.y[sample] ?? 0),
    shape: samples.shape,
    metadata: samples.metadata,
    copy,
    range: (from, to) => {
      const x = new Float32Array((to - from) * size)
      samples.copy(numbers.subarray(from, to), x)
      return x
    }
  }
}

/** Samples `from` to `to` (without it) as a data set. */
export const slice = (samples: Samples, from: number, to: number): Dataset =>
  ({ x: samples.range(from, to), y: samples.y.subarray(from, to), shape: samples.shape, metadata: samples.metadata })
