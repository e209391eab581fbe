/**
 * Measures of a classifier's scores. A binary model has one score for each sample and predicts its sign (+1 above 0, otherwise -1); others
 * have one for each class and predict the greatest, the first of equals.
 */

/** Predicted label of each of `n` samples: -1 or +1, or a class number. */
export const predictions = (scores: Float32Array, n: number): Float32Array => {
  if (scores.length === n) return scores.map((score) => (score > 0 ? 1 : -1))
  const classes = scores.length / n
  return Float32Array.from({ length: n }, (_, sample) => {
    let best = 0
    for (let k = 1; k < classes; k++) {
      if ((scores[sample * classes + k] ?? 0) > (scores[sample * classes + best] ?? 0)) best = k
    }
    return best
  })
}

/** Share of places at which two lists are equal. */
export const agreement = (a: Float32Array, b: Float32Array): number => a.reduce((count, value, i) => count + (value === b[i] ? 1 : 0), 0) / a.length

export const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** -log softmax(row)[label], in nats and in double precision. */
export const surprise = (row: Float32Array, label: number): number => {
  const top = row.reduce((most, score) => Math.max(most, score), -Infinity)
  return top + Math.log(row.reduce((total, score) => total + Math.exp(score - top), 0)) - (row[label] ?? 0)
}

/** log softmax(sharpness * row), in double precision. */
export const logProbabilities = (row: Float32Array, sharpness = 1): Float64Array => {
  const top = row.reduce((most, score) => Math.max(most, score), -Infinity)
  const total = Math.log(row.reduce((sum, score) => sum + Math.exp(sharpness * (score - top)), 0))
  return Float64Array.from(row, (score) => sharpness * (score - top) - total)
}
