/**
 * Schemas for a stage's parameters: `field` gives one its description and default, the rest are the types that stages need again and
 * again. Any Effect schema that decodes from JSON can stand beside them.
 */
import { Effect, Schema } from "effect"
import type { Doc } from "./doc.ts"

/** Annotation of a parameter's unit. */
export const unitAnnotation = "reprise/unit"
/** Annotation of a parameter that names a file of the project. */
export const fileAnnotation = "reprise/file"

/** A parameter with a description; with a third argument it may be left out and is then that value. */
export function field<S extends Schema.Top>(schema: S, doc: Doc | undefined): S["Rebuild"]
export function field<S extends Schema.Top>(schema: S, doc: Doc | undefined, fallback: S["Encoded"]): Schema.withDecodingDefaultKey<S["Rebuild"]>
export function field<S extends Schema.Top>(schema: S, doc: Doc | undefined, fallback?: S["Encoded"]) {
  const documented = schema.annotate({
    ...(doc === undefined ? {} : { description: doc.text }),
    ...(doc?.unit === undefined ? {} : { [unitAnnotation]: doc.unit }),
    ...(fallback === undefined ? {} : { default: fallback })
  })
  return fallback === undefined ? documented : documented.pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))
}

/** Inclusive bounds of a number. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
}

const within = (schema: Schema.Codec<number, number>, { min, max }: Bounds) => {
  if (min !== undefined && max !== undefined) return schema.check(Schema.isBetween({ minimum: min, maximum: max }))
  if (min !== undefined) return schema.check(Schema.isGreaterThanOrEqualTo(min))
  if (max !== undefined) return schema.check(Schema.isLessThanOrEqualTo(max))
  return schema
}

/** A whole number. */
export const int = (bounds: Bounds = {}) => within(Schema.Int, bounds)
/** A finite number. */
export const number = (bounds: Bounds = {}) => within(Schema.Finite, bounds)
/** One of a few words. */
export const oneOf = <const L extends ReadonlyArray<string>>(...words: L) => Schema.Literals(words)
/** A whole number of at least 1: samples, units, steps. */
export const Count = int({ min: 1 })
/** A number above 0. */
export const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
/** A number of at least 0. */
export const NonNegative = number({ min: 0 })
/** A number of 0 to 1. */
export const Probability = number({ min: 0, max: 1 })
/** What random streams are keyed by. */
export const Seed = int({ min: 0 })
/**
 * Path of a file of the project, relative to the project's folder. Its content counts in the fingerprint, its name does not; open it at
 * `ctx.file(path)`.
 */
export const file = () => Schema.NonEmptyString.annotate({ [fileAnnotation]: true })
/**
 * Path of a folder of the project, likewise: what lies in it, with its subfolders, counts in the fingerprint. Names that begin with a dot do not, so a
 * stage should not read such files.
 */
export const folder = () => file()
