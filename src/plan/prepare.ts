/**
 * What one stage computes for given values of the parameters and matrix axes that its entry refers to: whether it is
 * there at all (`when`), its parameters after expressions and defaults, and the digests of the files that they name. Done once
 * for each distinct set of these values, however many points share it.
 */
import { Result } from "effect"
import { evaluate, references } from "../spec/expression.ts"
import type { StageDeclaration } from "../spec/pipeline.ts"
import { evaluateTemplate, templateReferences } from "../spec/template.ts"
import type { Json, JsonObject } from "../stage/json.ts"
import { isJsonObject } from "../stage/json.ts"
import type { StageInterface } from "../stage/protocol.ts"
import type { RecordContext } from "./fingerprint.ts"
import { digestOfJson, staticPart } from "./fingerprint.ts"
import type { Interner } from "./intern.ts"
import type { Names } from "./references.ts"
import { referencedNames } from "./references.ts"
import { type Fault, templateFault } from "./trouble.ts"

export type Prepared =
  | { readonly kind: "task"; readonly params: JsonObject; readonly files: Readonly<Record<string, string>>; readonly digest: string }
  /** Its `when` does not hold. */
  | { readonly kind: "absent" }
  | { readonly kind: "faulty"; readonly faults: ReadonlyArray<Fault> }

export interface Preparation {
  readonly names: Names
  /** `paramsKey` stands for the values of `names.params` at the point. */
  readonly prepare: (params: JsonObject, paramsKey: string, combination: JsonObject) => Prepared
}

/** Of a file that is there, and may be named. */
export type FileDigest = string | undefined | { readonly refused: string; readonly hint: string }

export interface PreparationContext extends Pick<RecordContext, "code" | "engine"> {
  readonly stage: StageInterface
  /** Content digest of a project file; undefined where there is none. */
  readonly fileDigest: (path: string) => FileDigest
  readonly intern: Interner
  readonly parameters: ReadonlyArray<string>
}

export const makePreparation = (declaration: StageDeclaration, context: PreparationContext): Preparation => {
  const names = referencedNames([
    ...Object.values(declaration.with).flatMap(templateReferences),
    ...(declaration.when === undefined ? [] : references(declaration.when))
  ], context.parameters)
  const known = new Map<string, Prepared>()
  return {
    names,
    prepare: (params, paramsKey, combination) => {
      const axes = names.axes === "all" ? Object.keys(combination) : names.axes
      const key = axes.length === 0 ? paramsKey : `${paramsKey}#${axes.map((axis) => context.intern(combination[axis] ?? null)).join(",")}`
      const found = known.get(key)
      if (found !== undefined) return found
      const made = prepare(declaration, context, params, combination)
      known.set(key, made)
      return made
    }
  }
}

const prepare = (declaration: StageDeclaration, context: PreparationContext, params: JsonObject, matrix: JsonObject): Prepared => {
  const place = ["stages", declaration.id]
  const scope = { params, matrix, ...(matrix["item"] === undefined ? {} : { item: matrix["item"] }) }
  if (declaration.when !== undefined) {
    const holds = evaluate(declaration.when, scope)
    if (Result.isFailure(holds)) return { kind: "faulty", faults: [templateFault([...place, "when"], { ...holds.failure, path: [], part: 0, source: declaration.when.source })] }
    if (holds.success === false) return { kind: "absent" }
    if (holds.success !== true) {
      return { kind: "faulty", faults: [{ path: [...place, "when"], message: `must be true or false, and is ${JSON.stringify(holds.success)}` }] }
    }
  }
  const written: Array<readonly [string, Json]> = []
  const faults: Array<Fault> = []
  for (const [name, template] of Object.entries(declaration.with)) {
    const value = evaluateTemplate(template, scope)
    if (Result.isFailure(value)) faults.push(templateFault([...place, "with", name], value.failure))
    else written.push([name, value.success])
  }
  if (faults.length > 0) return { kind: "faulty", faults }
  const decoded = context.stage.decode(Object.fromEntries(written))
  if (!decoded.ok) {
    return { kind: "faulty", faults: decoded.issues.map(({ message, path }) => ({ path: [...place, "with", ...path], message })) }
  }
  const files: Record<string, string> = {}
  for (const path of decoded.files) {
    const digest = context.fileDigest(path)
    if (typeof digest === "string") files[path] = digest
    else {
      const { hint, refused } = digest ?? { refused: `there is no file ${path}`, hint: "a parameter that names a file gives its path from the project's folder" }
      faults.push({ path: [...place, "with", ...(pathOf(decoded.params, path) ?? [])], message: refused, hint })
    }
  }
  if (faults.length > 0) return { kind: "faulty", faults }
  const task = { uses: declaration.uses, params: decoded.params, files, declaration }
  return { kind: "task", params: decoded.params, files, digest: digestOfJson(staticPart(task, context)) }
}

/** Where in a value a text stands. */
const pathOf = (value: Json, text: string): ReadonlyArray<string | number> | undefined => {
  if (value === text) return []
  const entries: ReadonlyArray<readonly [string | number, Json]> = Array.isArray(value) ? [...value.entries()]
    : isJsonObject(value) ? Object.entries(value)
    : []
  for (const [key, item] of entries) {
    const below = pathOf(item, text)
    if (below !== undefined) return [key, ...below]
  }
  return undefined
}
