/**
 * Lengths to pad sequences to. Attention and every other layer compute at places of padding too, so a batch costs what its longest sequence
 * costs: batches of sequences of similar length, each kind padded to a length of its own, take a fraction of the time.
 */

/** Lengths are multiples of so many tokens, but for the greatest. */
const STEP = 4

/**
 * At most `count` lengths, rising, of which the last is the greatest of `lengths`: those with which padding each to the next of them takes
 * the fewest tokens.
 */
export const paddedLengths = (lengths: Int32Array, count: number): ReadonlyArray<number> => {
  const most = lengths.reduce((a, b) => Math.max(a, b), 1)
  const rungs = [...Array.from({ length: Math.ceil(most / STEP) - 1 }, (_, i) => (i + 1) * STEP), most]
  // below[j] is how many sequences fit into rung j - 1; none fit into the empty one before the first.
  const below = [0, ...rungs.map((rung) => lengths.reduce((sum, length) => sum + (length <= rung ? 1 : 0), 0))]
  const padded = (from: number, to: number): number => ((below[to] ?? 0) - (below[from] ?? 0)) * (rungs[to - 1] ?? 0)
  // best[j]: fewest tokens for all sequences up to rung j - 1 with as many lengths as there were rounds, and the lengths.
  let best = rungs.map((_, j) => ({ tokens: padded(0, j + 1), chosen: [j] }))
  for (let round = 1; round < Math.min(count, rungs.length); round++) {
    best = best.map((known, j) => {
      let fewest = known
      for (let i = 0; i < j; i++) {
        const shorter = best[i]
        if (shorter === undefined) continue
        const tokens = shorter.tokens + padded(i + 1, j + 1)
        if (tokens < fewest.tokens) fewest = { tokens, chosen: [...shorter.chosen, j] }
      }
      return fewest
    })
  }
  return (best.at(-1)?.chosen ?? []).map((j) => rungs[j] ?? most)
}

/** Place of the first of the rising `lengths` that a sequence fits into. */
export const placeAmong = (lengths: ReadonlyArray<number>, length: number): number => lengths.findIndex((most) => length <= most)
