/** Parameters and samples that the Gaussian data sets share. */
import { Count, doc, field, Schema, Seed } from "../../../src/stage.ts"

export const gaussianParams = {
  n: field(Count, doc("How many samples.", "samples")),
  d: field(Count, doc("Dimension of a sample.", "coordinates")),
  seed: field(Seed, doc("Seed of the random numbers.")),
  stream: field(
    Schema.NonEmptyString,
    doc("Name of the random stream: another name gives other samples under the same seed, for example fresh test data."),
    "train"
  )
}

interface Normals {
  fillNormal(out: Float64Array): Float64Array
}

/** `n` samples of `d` coordinates around `shift * y`, with unit variance. The noise is drawn sample by sample. */
export const gaussianSamples = (y: Float32Array, d: number, shift: number, noise: Normals): Float32Array => {
  const row = new Float64Array(d)
  const x = new Float32Array(y.length * d)
  y.forEach((label, sample) => {
    noise.fillNormal(row)
    for (let i = 0; i < d; i++) x[sample * d + i] = shift * label + (row[i] ?? 0)
  })
  return x
}
