/** What can be wrong with an architecture, and where. */
import { Schema } from "effect"
import { nearest } from "../../text/nearest.ts"

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
  const near = nearest(name, known)
  if (near !== undefined) return `unknown ${what} "${name}"; did you mean "${near}"?`
  return known.length === 0 ? `unknown ${what} "${name}"; there are none` : `unknown ${what} "${name}"; known are ${known.join(", ")}`
}
