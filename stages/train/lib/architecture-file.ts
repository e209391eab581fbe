/** Reads an architecture (docs/architectures.md) from a YAML file of the project. */
import { readFileSync } from "node:fs"
import { Effect, StageError } from "../../../src/stage.ts"
import { type Architecture, readArchitecture as read } from "../../../src/tensor/layers/architecture.ts"
import { isRecord } from "../../../src/tensor/layers/formula.ts"
import { inWords, type Problem } from "../../../src/tensor/layers/problem.ts"
import { type Document, isNode, LineCounter, parseDocument } from "yaml"

/**
 * Reads the file, with other values for its settings if there are any. Fails with the file's name and everything that is wrong with it,
 * each with its line and column.
 */
export const readArchitecture = (path: string, name: string, settings: (declared: ReadonlyArray<string>) => Readonly<Record<string, unknown>> = () => ({})): Effect.Effect<Architecture, StageError> =>
  Effect.gen(function*() {
    const text = yield* Effect.try({ try: () => readFileSync(path, "utf8"), catch: (cause) => failure(name, wordsOf(cause)) })
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines })
    const [mistake] = document.errors
    if (mistake !== undefined) return yield* failure(name, mistake.message)
    const file = yield* Effect.try({ try: (): unknown => document.toJS(), catch: (cause) => failure(name, wordsOf(cause)) })
    return yield* Effect.mapError(
      Effect.fromResult(read(file, settings(settingsOf(file)))),
      ({ problems }) => failure(name, problems.map((problem) => `${placeOf(problem.path, document, lines)}${inWords(problem)}`).join("; "))
    )
  })

/** Names of the settings that a file declares. */
const settingsOf = (file: unknown): ReadonlyArray<string> => {
  const declared = isRecord(file) ? file["settings"] : undefined
  return isRecord(declared) ? Object.keys(declared) : []
}

/** Where a path leads, as `3:5: `; a missing key has no place, so it is its parent's. */
const placeOf = (path: Problem["path"], document: Document, lines: LineCounter): string => {
  const node = document.getIn(path, true)
  if (isNode(node) && node.range !== undefined && node.range !== null) {
    const { col, line } = lines.linePos(node.range[0])
    return `${line}:${col}: `
  }
  return path.length === 0 ? "" : placeOf(path.slice(0, -1), document, lines)
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const failure = (name: string, problem: string): StageError =>
  new StageError({ message: `${name} is no architecture: ${problem}`, hint: "An architecture is a YAML file with a list `layers`, as in configs/models/mlp.yaml." })
