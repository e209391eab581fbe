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

export const sampleSize = (data: Dataset): number => data.shape.reduce((a, b) => a * b, 1)
export const sampleCount = (data: Dataset): number => data.y.length
