/** Lists stages, or shows one: parameters with types, units and defaults; inputs; outputs; an entry to copy. */
import { Effect } from "effect"
import { openRegistry } from "../../run/registry.ts"
import { suggestion } from "../../spec/suggest.ts"
import type { InputSpec, OutputSpec, StageDescription } from "../../stage/protocol.ts"
import { columns, indent } from "../columns.ts"
import { usageFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly name: string | undefined
  readonly format: "text" | "json" | undefined
}

export const stagesAction = Effect.fn("stages")(function*(input: Input) {
  const place = yield* findPlace(input)
  const registry = openRegistry({ project: place.project, packageRoot: place.packageRoot })
  const names = registry.names()
  if (input.name !== undefined && !names.includes(input.name)) {
    const hint = suggestion(input.name, names)
    return yield* usageFailure(`error: there is no stage ${input.name}${hint === undefined ? "" : `; ${hint}`}\n\nreprise stages lists them.`)
  }
  const descriptions = yield* registry.describe(input.name === undefined ? names : [input.name])
  if (input.format === "json") return print(JSON.stringify(input.name === undefined ? descriptions : descriptions[0], null, 2))
  if (input.name === undefined) print(list(descriptions))
  else for (const description of descriptions) print(page(description))
})

/** One line a stage, families apart. */
const list = (descriptions: ReadonlyArray<StageDescription>): string => {
  const lines = columns(descriptions.map(({ name, summary }) => [name, summary])).split("\n")
  const family = (at: number) => descriptions[at]?.name.split("/")[0]
  const spaced = lines.map((line, at) => (at > 0 && family(at) !== family(at - 1) ? `\n${line}` : line))
  return `${spaced.join("\n")}\n\nreprise stages NAME shows what one takes and gives.`
}

const page = (stage: StageDescription): string => {
  const sections = [
    `${stage.name}: ${stage.summary}`,
    section("with", stage.params.map((param) => [
      param.name,
      `${param.type}${param.unit === undefined ? "" : ` [${param.unit}]`}`,
      param.required ? "required" : param.default === undefined ? "optional" : `default ${JSON.stringify(param.default)}`,
      param.doc
    ])),
    section("in", Object.entries(stage.inputs).map(([name, spec]) => [name, inputType(spec), spec.doc ?? ""])),
    section("gives", Object.entries(stage.outputs).flatMap(([name, spec]) => [[name, spec.kind === "artefact" ? spec.mediaType : spec.kind, spec.doc ?? ""], ...columnRows(spec)])),
    `example\n${indent(stage.example.trimEnd())}`
  ]
  return sections.filter((text) => text !== "").join("\n\n")
}

const section = (title: string, rows: ReadonlyArray<ReadonlyArray<string>>): string => (rows.length === 0 ? "" : `${title}\n${indent(columns(rows))}`)

const inputType = (spec: InputSpec): string => `${spec.kind}${spec.many ? ", every instance" : ""}${spec.optional ? ", optional" : ""}`

const columnRows = (spec: OutputSpec): ReadonlyArray<ReadonlyArray<string>> =>
  spec.kind === "table" ? Object.entries(spec.columns).map(([name, column]) => [`  .${name}`, `${column.type}${column.nullable === true ? ", may be null" : ""}`, column.doc ?? ""]) : []
