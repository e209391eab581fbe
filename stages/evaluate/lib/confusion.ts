/** Counts of pairs of classes: the confusion of a model with the truth, or of two models with each other, and what is read off it. */

/** [classes, classes]: how often `first` is the row's class and `second` the column's. */
export const confusionMatrix = (first: Int32Array, second: Int32Array, classes: number): Int32Array => {
  const counts = new Int32Array(classes * classes)
  first.forEach((row, sample) => {
    const at = row * classes + (second[sample] ?? 0)
    counts[at] = (counts[at] ?? 0) + 1
  })
  return counts
}

/**
 * Cohen's kappa: agreement beyond what two raters with the same habits would reach by chance, (observed - expected) / (1 - expected);
 * null where chance agrees always (both only ever say one and the same class).
 */
export const kappaOf = (counts: Int32Array, classes: number): number | null => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const sum = (at: (other: number) => number) => Array.from({ length: classes }, (_, k) => counts[at(k)] ?? 0).reduce((all, count) => all + count, 0)
  let [observed, expected] = [0, 0]
  for (let k = 0; k < classes; k++) {
    observed += (counts[k * classes + k] ?? 0) / total
    expected += (sum((other) => k * classes + other) / total) * (sum((other) => other * classes + k) / total)
  }
  return expected >= 1 ? null : (observed - expected) / (1 - expected)
}
