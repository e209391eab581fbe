/** Classes that targeted attacks aim at. */
import type { RandomStream } from "../../../src/stage.ts"

export const aims = ["none", "random-other", "next", "random-any", "own"] as const
export type Aim = (typeof aims)[number]

/**
 * `random-other`: uniform over the other classes. `next`: the label plus one, after the last class the first. `random-any`: uniform over
 * all classes. `own`: the label itself, for samples whose labels mean nothing yet. Each sample draws from its own stream.
 */
export const aimedAt = (aim: Aim, label: Int32Array, classes: number, random: Pick<RandomStream, "at">): Int32Array | undefined => {
  switch (aim) {
    case "none": return undefined
    case "own": return label.slice()
    case "next": return label.map((own) => (own + 1) % classes)
    case "random-any": return label.map((_, row) => random.at(row).integer(classes))
    case "random-other": return label.map((own, row) => (own + 1 + random.at(row).integer(classes - 1)) % classes)
  }
}
