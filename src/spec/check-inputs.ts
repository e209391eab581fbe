/** Connects stages: every input has a source of the right kind, every name exists, and no stage waits for itself. */
import type { JsonObject } from "../stage/json.ts"
import type { InputSpec, OutputSpec, StageInterface } from "../stage/protocol.ts"
import { shaped } from "../stage/shape.ts"
import type { ColumnType } from "../table/schema.ts"
import { inOrder, showCycle } from "./graph.ts"
import type { OutputReference } from "./pipeline.ts"
import type { InputReference, StageDraft } from "./read-stages.ts"
import { suggestion } from "./suggest.ts"
import { writtenOutObject } from "./template.ts"

export interface Library {
  /** Every stage that a file may use. */
  readonly names: ReadonlyArray<string>
  /** A stage that has been loaded. */
  find(name: string): StageInterface | undefined
}

export type Inputs = Readonly<Record<string, ReadonlyArray<OutputReference>>>

/** The interface of each stage whose `uses` names one; others are reported. */
export const findInterfaces = (stages: ReadonlyMap<string, StageDraft>, library: Library): ReadonlyMap<string, StageInterface> => {
  const names = new Set(library.names)
  const found = new Map<string, StageInterface>()
  for (const draft of stages.values()) {
    const { id, uses } = draft
    if (uses === undefined) continue
    const stage = library.find(uses.name)
    if (stage !== undefined) found.set(id, shaped(stage, written(draft), [...draft.in.keys()]))
    else if (names.has(uses.name)) uses.field.fail(`the stage "${uses.name}" could not be loaded`)
    else uses.field.fail(`there is no stage "${uses.name}"`, suggestion(uses.name, names) ?? "`reprise stages` lists them")
  }
  return found
}

const written = (draft: StageDraft): JsonObject =>
  writtenOutObject(Object.fromEntries([...draft.with].flatMap(([name, { template }]) => (template === undefined ? [] : [[name, template] as const]))))

/** The inputs of one stage with every output named. */
export const connect = (draft: StageDraft, stages: ReadonlyMap<string, StageDraft>, interfaces: ReadonlyMap<string, StageInterface>): Inputs => {
  const own = interfaces.get(draft.id)
  const connected: Array<[string, ReadonlyArray<OutputReference>]> = []
  for (const [name, { field, references }] of draft.in) {
    const spec = own !== undefined && Object.hasOwn(own.inputs, name) ? own.inputs[name] : undefined
    if (own !== undefined && spec === undefined) {
      const names = Object.keys(own.inputs)
      field.failKey(`${own.name} has no input "${name}"`, names.length === 0 ? "it takes none" : suggestion(name, names))
    }
    if (spec?.many === false && field.node.kind === "array") field.fail(`the input "${name}" of ${draft.uses?.name ?? draft.id} takes one output, not a list`)
    if (field.node.kind === "array" && field.node.items.length === 0) field.fail(`the input "${name}" is an empty list`)
    connected.push([name, references.flatMap((reference) => resolve(reference, spec === undefined ? undefined : { name, spec, stage: own?.name ?? "" }, stages, interfaces) ?? [])])
  }
  if (own !== undefined) reportMissing(draft, own, interfaces)
  return Object.fromEntries(connected)
}

interface Taker {
  readonly name: string
  readonly spec: InputSpec
  readonly stage: string
}

const resolve = (reference: InputReference, taker: Taker | undefined, stages: ReadonlyMap<string, StageDraft>, interfaces: ReadonlyMap<string, StageInterface>): OutputReference | undefined => {
  const { field, output, stage } = reference
  if (!stages.has(stage)) {
    const parameter = stage === "params" || stage === "matrix" || stage === "item"
    return field.fail(`the file has no stage "${stage}"`, parameter ? "inputs are outputs of stages; parameters go under `with`" : suggestion(stage, stages.keys()))
  }
  const source = interfaces.get(stage)
  if (source === undefined) return output === undefined ? undefined : { stage, output }
  const outputs = Object.keys(source.outputs)
  const [only] = outputs
  if (output === undefined && (only === undefined || outputs.length > 1)) {
    return field.fail(`say which output of "${stage}" is meant`, `${source.name} has ${outputs.map((name) => `"\${{ ${stage}.${name} }}"`).join(", ")}`)
  }
  const name = output ?? only ?? ""
  const given = Object.hasOwn(source.outputs, name) ? source.outputs[name] : undefined
  if (given === undefined) return field.fail(`the stage "${stage}" (${source.name}) has no output "${name}"`, suggestion(name, outputs))
  const mismatch = taker === undefined ? undefined : whyUnfit(given, taker.spec)
  if (mismatch !== undefined && taker !== undefined) {
    field.fail(`the input "${taker.name}" of ${taker.stage} takes ${kindName(taker.spec.kind)}; ${stage}.${name} is ${mismatch}`)
  }
  return { stage, output: name }
}

export const kindName = (kind: InputSpec["kind"]): string => kind === "artefact" ? "a file" : kind === "any" ? "anything" : kind === "dataset" ? "a data set" : `a ${kind}`

/** What the output is that the input does not take; undefined when it fits. */
export const whyUnfit = (given: OutputSpec, input: InputSpec): string | undefined => {
  const same = input.kind === "any" || given.kind === input.kind || (input.kind === "table" && given.kind === "dataset")
  if (!same) return kindName(given.kind)
  if (given.kind === "table") return missingColumns(given.columns, input.columns ?? {})
  const foreign = given.kind === "dataset" ? Object.keys(input.columns ?? {}).find((name) => name !== "x" && name !== "y") : undefined
  return foreign === undefined ? undefined : `a data set, which has no column "${foreign}" but x and y`
}

const missingColumns = (given: Readonly<Record<string, ColumnType>>, wanted: Readonly<Record<string, ColumnType>>): string | undefined => {
  for (const [name, type] of Object.entries(wanted)) {
    const there = Object.hasOwn(given, name) ? given[name] : undefined
    if (there === undefined) return `a table without the column "${name}" (it has ${Object.keys(given).join(", ")})`
    if (!sameType(there, type)) return `a table whose column "${name}" is ${typeText(there)} and not ${typeText(type)}`
  }
  return undefined
}

/** Dictionary-encoded or not, a text is a text; nulls and documentation do not make another type. */
const sameType = (a: ColumnType, b: ColumnType): boolean => typeText(a) === typeText(b)

const typeText = (type: ColumnType): string => {
  switch (type.type) {
    case "category":
      return "utf8"
    case "list":
      return `list of ${typeText(type.item)}`
    case "fixedList":
      return `list of ${type.size} ${typeText(type.item)}`
    default:
      return type.type
  }
}

const reportMissing = (draft: StageDraft, own: StageInterface, interfaces: ReadonlyMap<string, StageInterface>): void => {
  for (const [name, spec] of Object.entries(own.inputs)) {
    if (spec.optional || draft.in.has(name)) continue
    const example = fittingOutput(draft.id, spec, interfaces) ?? "${{ stage.output }}"
    const place = draft.inField ?? draft.field
    place.failKey(`the input "${name}" of ${own.name} is missing: it takes ${kindName(spec.kind)}`, `under in, write ${name}: "${example}"`)
  }
}

/** The first output of another stage that the input would take, as a reference. */
const fittingOutput = (id: string, spec: InputSpec, interfaces: ReadonlyMap<string, StageInterface>): string | undefined => {
  for (const [other, stage] of interfaces) {
    const output = other === id ? undefined : Object.entries(stage.outputs).find(([, given]) => whyUnfit(given, spec) === undefined)
    if (output !== undefined) return `\${{ ${other}.${output[0]} }}`
  }
  return undefined
}

/** Reports stages that wait for each other, each circle once, at an input that closes it. */
export const checkStageCycles = (stages: ReadonlyMap<string, StageDraft>): void => {
  const needs = new Map([...stages].map(([id, { in: inputs }]) => [id, [...inputs.values()].flatMap(({ references }) => references.map(({ stage }) => stage))]))
  for (const cycle of inOrder(needs).cycles) {
    const [first, second = first] = cycle
    const inputs = first === undefined ? undefined : stages.get(first)?.in
    const field = [...inputs?.values() ?? []].flatMap(({ references }) => references).find(({ stage }) => stage === second)?.field
    field?.fail(cycle.length === 1 ? `the stage "${first}" takes its own output` : `these stages wait for each other: ${showCycle(cycle)}`)
  }
}
