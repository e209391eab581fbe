/** "Did you mean": the known name nearest to what was written, if it is near enough to be a slip. */
import { editDistance } from "../text/edit-distance.ts"

/** Longer names are compared by equality only, so that a megabyte of text costs nothing. */
const longest = 120

/**
 * The candidate that `written` was probably meant to be: equal but for case and punctuation, or within one edit for each
 * three characters, begun ones too from two characters on (an edit inserts, deletes, replaces or swaps neighbours), or the last part of a `family/name`.
 */
export const suggest = (written: string, candidates: Iterable<string>): string | undefined => {
  if (written.length === 0 || written.length > longest) return undefined
  const plain = simplify(written)
  let best: string | undefined
  let bestDistance = Math.floor((written.length + 1) / 3) + 1
  for (const candidate of candidates) {
    if (candidate === written || candidate.length > longest) continue
    const distance = simplify(candidate) === plain ? 0
      : candidate.endsWith(`/${written}`) ? 0.5
      : editDistance(written, candidate, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The hint for an unknown name: the nearest known one, or all of them when they are few. */
export const suggestion = (written: string, candidates: Iterable<string>): string | undefined => {
  const all = [...candidates]
  const near = suggest(written, all)
  if (near !== undefined) return `did you mean "${near}"?`
  if (all.length === 0 || all.length > 24) return undefined
  return all.length === 1 ? `the only one is "${all[0] ?? ""}"` : `known: ${all.join(", ")}`
}

const simplify = (name: string): string => name.toLowerCase().replaceAll(/[-_\s]/g, "")
