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
    }
  }
}

/** Some of the samples, in this order; nothing is read yet. */
export const partOf = (samples: Samples, which: ArrayLike<number>): Samples => ({
  y: Float32Array.from(which, (sample) => samples.y[sample] ?? 0),
  shape: samples.shape,
  metadata: samples.metadata,
  copy: (places, x) => samples.copy(Uint32Array.from(places, (place) => which[place] ?? 0), x)
})

/** Samples `from` to `to` (without it) as a data set in memory. */
export const slice = (samples: Samples, from: number, to: number): Dataset => {
  const which = Uint32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
  const x = new Float32Array(which.length * sampleSize(samples))
  samples.copy(which, x)
  return { x, y: samples.y.slice(from, to), shape: samples.shape, metadata: samples.metadata }
}
