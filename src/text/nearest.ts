/** What a mistyped name probably meant. */
import { editDistance } from "./edit-distance.ts"

/** Names longer than this are no slip of the keyboard. */
const longest = 100

/** The candidate nearest to `name`, if one is near enough to be meant: a third of its letters may be wrong. */
export const nearest = (name: string, candidates: Iterable<string>): string | undefined => {
  if (name.length > longest) return undefined
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate, least)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}
