/** Where in the file a value stands, so that every problem can be shown at its place. */

/** Lines and columns from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface SourceMap {
  /** As the user named it. */
  readonly file: string
  readonly text: string
  /** Place of the value at `path`; of its nearest parent where it is absent. With `key`, the place of its key. */
  locate(path: ReadonlyArray<string | number>, which?: "key" | "value"): Position
}

/** One thing wrong with a pipeline file. */
export interface Problem {
  readonly file: string
  readonly position: Position
  /** Path in the file, `stages.teacher.with.lr`. */
  readonly path: string
  readonly message: string
  /** What was probably meant, or what to do. */
  readonly hint?: string
  /** The line itself where it is not one of the file, such as an option of the command line; `column` counts in it. */
  readonly excerpt?: string
}
