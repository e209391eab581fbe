/** What a kind of layer is: its settings as a schema, and how it turns a batch into another. Shapes follow from the operators. */
import { Effect, Result, Schema, SchemaIssue } from "effect"
import type { Value } from "../graph.ts"
import { Misfit } from "../operator.ts"
import { type Shape } from "../shape.ts"
import { type Problem, unknown } from "./problem.ts"
import type { Scope } from "./scope.ts"

/**
 * A batch `[N, ...sample]` through a layer.
 * @throws Misfit with what the layer needs, said so that "but gets samples of shape ..." can follow.
 */
export type Forward = (x: Value, scope: Scope) => Value

export interface LayerKind {
  readonly name: string
  readonly summary: string
  /** Names of its settings. */
  readonly settings: ReadonlyArray<string>
  /** The layer with these settings, or what is wrong with them. */
  read(settings: Readonly<Record<string, unknown>>): Result.Result<Forward, ReadonlyArray<Problem>>
}

/** A kind of layer from its settings' schema and what it does with them. */
export const layer = <S>(
  name: string,
  summary: string,
  schema: Schema.Codec<S, unknown> & { readonly fields: object },
  forward: (settings: S) => Forward
): LayerKind => {
  const settings = Object.keys(schema.fields)
  return { name, summary, settings, read: (given) => Result.map(decodeSettings(name, schema, given), forward) }
}

/** Checks settings and fills in the defaults. */
export const decodeSettings = <S>(
  kind: string,
  schema: Schema.Codec<S, unknown> & { readonly fields: object },
  given: Readonly<Record<string, unknown>>
): Result.Result<S, ReadonlyArray<Problem>> =>
  Result.mapError(
    Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(given),
    (error) => problemsOf(kind, Object.keys(schema.fields), error.issue)
  )

const MISSING = "missing"
const UNKNOWN = "unknown"
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => issue._tag === "MissingKey" ? MISSING : issue._tag === "UnexpectedKey" ? UNKNOWN : SchemaIssue.defaultLeafHook(issue)
})

const problemsOf = (kind: string, known: ReadonlyArray<string>, issue: SchemaIssue.Issue): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ message, path: keys = [] }) => {
    const path = keys.map((part) => (typeof part === "object" ? part.key : part)).map((key) => (typeof key === "symbol" ? String(key) : key))
    const key = String(path.at(-1) ?? "")
    if (message === MISSING) return { path: path.slice(0, -1), message: `${kind} needs \`${key}\`` }
    if (message === UNKNOWN) return { path, message: path.length === 1 ? unknown(`setting of ${kind}`, key, known) : `unknown setting "${key}"` }
    return { path, message: message.charAt(0).toLowerCase() + message.slice(1) }
  })

/** A setting with what it is; with a third argument it may be left out and is then that value. */
export function setting<S extends Schema.Top>(schema: S, description: string): S["Rebuild"]
export function setting<S extends Schema.Top>(schema: S, description: string, fallback: S["Encoded"]): Schema.withDecodingDefaultKey<S["Rebuild"]>
export function setting<S extends Schema.Top>(schema: S, description: string, fallback?: S["Encoded"]) {
  const described = schema.annotate({ description })
  return fallback === undefined ? described : described.pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))
}

export const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
export const Index = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
export const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
export const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
export const Name = Schema.NonEmptyString
/** One number for every spatial axis, or one for each. */
export const PerAxis = <S extends typeof Count | typeof Index>(each: S) => Schema.Union([each, Schema.NonEmptyArray(each)])

/** Shape of one sample of a batch. */
export const sampleShape = (x: Value): Shape => x.shape.slice(1)
export const batchSize = (x: Value): number => x.shape[0] ?? 0

/** Channels and spatial sizes of a batch of images, or of signals with another number of axes where a layer takes them. */
export const imageSizes = (x: Value, axes: ReadonlyArray<number> = [2]): { readonly channels: number; readonly spatial: Shape } => {
  const [, channels, ...spatial] = x.shape
  if (channels === undefined || !axes.includes(spatial.length)) throw new Misfit("needs images [channels, rows, columns]")
  return { channels, spatial }
}

/** Size of the last axis. */
export const features = (x: Value): number => {
  const last = x.shape.at(-1)
  if (last === undefined || x.shape.length < 2) throw new Misfit("needs features along a last axis")
  return last
}

/** One number for each of so many axes. */
export const perAxis = (of: number | ReadonlyArray<number>, axes: number, what: string): ReadonlyArray<number> => {
  if (typeof of === "number") return Array.from({ length: axes }, () => of)
  if (of.length !== axes) throw new Misfit(`has ${of.length} numbers as its ${what} where ${axes} are needed`)
  return of
}
