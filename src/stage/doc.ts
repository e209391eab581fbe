/**
 * What a person reads about a stage, its parameters and its columns. Text says nothing about what is computed, so when a stage's code
 * is fingerprinted this file is replaced by an empty function: a better description reruns nothing.
 */

export interface Doc {
  readonly text: string
  /** Unit of the quantity, for example `steps` or `L2 norm`. */
  readonly unit?: string
}

/** Describes something: one sentence, and the unit of what is described where it has one. `undefined` while a fingerprint is taken. */
export const doc = (text: string, unit?: string): Doc | undefined => unit === undefined ? { text } : { text, unit }
