/** What can be wrong with an architecture, and where. */
import { Schema } from "effect"

/** Keys and list positions that lead from the top of an architecture to a place in it. */
export type Path = ReadonlyArray<string | number>

export interface Problem {
  readonly path: Path
  readonly message: string
}

/** An architecture that cannot be read, or does not fit its input: everything that is wrong, each with its place. */
export class ArchitectureError extends Schema.TaggedError<ArchitectureError>()("ArchitectureError", {
  message: Schema.String,
  problems: Schema.Array(Schema.Struct({ path: Schema.Array(Schema.Union([Schema.String, Schema.Int])), message: Schema.String }))
}) {}

export const architectureError = (problems: ReadonlyArray<Problem>): ArchitectureError =>
  new ArchitectureError({ message: problems.map(inWords).join("\n"), problems })

/** As in `layers[2].conv: unknown setting "chanels"`. */
export const inWords = ({ message, path }: Problem): string => (path.length === 0 ? message : `${showPath(path)}: ${message}`)

const showPath = (path: Path): string =>
  path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("")

/** Says that a name is not known, and what it may have meant. */
export const unknown = (what: string, name: string, known: ReadonlyArray<string>): string => {
  const [near] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  if (near !== undefined) return `unknown ${what} "${name}"; did you mean "${near.candidate}"?`
  return known.length === 0 ? `unknown ${what} "${name}"; there are none` : `unknown ${what} "${name}"; known are ${known.join(", ")}`
}

/** Insertions, deletions and replacements that turn `a` into `b` (Levenshtein). */
const editDistance = (a: string, b: string): number => {
  if (a.length > 60) return Infinity
  let row: ReadonlyArray<number> = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
