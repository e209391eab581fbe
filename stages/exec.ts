/**
 * Any program as a stage: a script in Python, R or shell, a compiled solver. It runs in a folder of its own that holds the files
 * that it declares and nothing else, finds its inputs, its parameters and the places for its outputs in environment variables and in one
 * JSON file, and its tables come back as Arrow, Parquet, CSV or NDJSON. What it declares is its fingerprint.
 */
import {
  defineStage, doc, Effect, executeStage, field, file, type InputSpec, type JsonObject, oneOf, type OutputSpec, Schema, type StageInterface
} from "../src/stage.ts"
import { csvTypes } from "./data/lib/csv.ts"
import { pinnedImage } from "./lib/exec/container.ts"
import { withInherited } from "./lib/exec/environment.ts"
import { givenFormats, tableFormats } from "./lib/exec/params.ts"
import { runProgram } from "./lib/exec/program.ts"

const Names = Schema.Array(Schema.NonEmptyString)
const Texts = Schema.Record(Schema.String, Schema.String)

const kinds = ["table", "dataset", "file", "folder", "model"] as const
const Output = Schema.Struct({
  table: Schema.optionalKey(oneOf(...tableFormats).annotate({ description: "A table, in the format in which the program writes it." })),
  columns: Schema.optionalKey(Schema.Record(Schema.String, oneOf(...csvTypes)).annotate({ description: "Types of columns of a CSV table; those left out are inferred." })),
  dataset: Schema.optionalKey(oneOf(...tableFormats).annotate({ description: "A data set, from a table of numbers." })),
  label: Schema.optionalKey(Schema.NonEmptyString.annotate({ description: "The data set's column with the targets; y unless given." })),
  file: Schema.optionalKey(Schema.NonEmptyString.annotate({ description: "Any file, by its media type: image/png." })),
  folder: Schema.optionalKey(Schema.Literal(true).annotate({ description: "A folder; it is there when the program starts." })),
  model: Schema.optionalKey(oneOf("onnx").annotate({ description: "A model." }))
}).check(Schema.makeFilter((output) =>
  kinds.filter((kind) => output[kind] !== undefined).length === 1 || `an output is one of ${kinds.join(", ")}: { table: csv }, { file: image/png }, ...`))

const Params = Schema.Struct({
  run: field(Schema.Union([Schema.NonEmptyArray(Schema.String), Schema.Struct({ shell: Schema.NonEmptyString })]), doc(
    "The program and its arguments, given to it as they are; or { shell: text }, a script for sh.")),
  files: field(Schema.Record(Schema.NonEmptyString, file()), doc(
    "What the program reads besides its inputs (its script, modules, data, lock files): path in its working folder -> file or folder of the project, or git:FOLDER for the files in it that git tracks."), {}),
  params: field(Schema.Record(Schema.String, Schema.Json), doc("Parameters, handed to the program as JSON."), {}),
  outputs: field(Schema.Record(Schema.NonEmptyString, Output), doc("What the program writes: { table: csv }, { dataset: csv }, { file: image/png }, { folder: true } or { model: onnx } for each."), {}),
  as: field(Schema.Record(Schema.String, oneOf(...givenFormats)), doc("In which format the program gets an input that is a table or a data set, as it is (Arrow) unless given; folder for one that a program left."), {}),
  gather: field(Names, doc("Inputs that take every instance of a fanned-out stage, as a list."), []),
  env: field(Texts, doc("Environment variables with their values."), {}),
  inherit: field(Schema.Union([Names, Texts]), doc("Environment variables taken over from where Reprise runs. Their values count in the fingerprint and are recorded."), []),
  secrets: field(Names, doc("The same for tokens and passwords: their values are neither recorded nor in the fingerprint, and are struck out of the log."), []),
  container: Schema.optionalKey(field(Schema.String.check(Schema.isPattern(pinnedImage, { message: "an image is named by its digest: python@sha256:..., since a tag may be another image tomorrow" })), doc("The image in which the program runs, without network: NAME@sha256:DIGEST."))),
  engine: field(oneOf("docker", "podman"), doc("What runs the container."), "docker")
})

const stage = defineStage({
  name: "exec",
  summary: doc("Runs any program; its inputs are files, its parameters JSON, and the files that it writes become tables."),
  params: Params,
  inputs: {},
  outputs: {},
  run: () => Effect.void
})

const recordAt = (params: JsonObject, name: string): JsonObject => {
  const value = params[name]
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}
}

/** As the rest of the file sees it: a table's columns are known once the program has written them. */
const outputSpec = (declared: JsonObject): OutputSpec =>
  declared["table"] !== undefined ? { kind: "table", columns: {} }
  : declared["model"] !== undefined ? { kind: "model" }
  : declared["dataset"] !== undefined ? { kind: "dataset" }
  : declared["folder"] !== undefined ? { kind: "artefact", mediaType: "application/x-tar", extension: "tar" }
  : { kind: "artefact", mediaType: typeof declared["file"] === "string" ? declared["file"] : "application/octet-stream", extension: "bin" }

const shape = (params: JsonObject, inputs: ReadonlyArray<string>) => {
  const { gather } = params
  const as = recordAt(params, "as")
  const many = new Set(Array.isArray(gather) ? gather : [])
  const declared = recordAt(params, "outputs")
  return {
    inputs: Object.fromEntries(inputs.map((name): [string, InputSpec] => [
      name,
      { kind: as[name] === undefined || as[name] === "arrow" ? "any" : as[name] === "folder" ? "artefact" : "table", many: many.has(name), optional: false }
    ])),
    outputs: Object.fromEntries(Object.keys(declared).map((name) => [name, outputSpec(recordAt(declared, name))]))
  }
}

export default {
  ...stage,
  shape,
  decode: (params) => {
    const inherited = withInherited(params, process.env)
    return "issues" in inherited ? { ok: false, issues: inherited.issues } : stage.decode(inherited.params)
  },
  describe: () => ({ ...stage.describe(), anyInputs: true }),
  execute: (task, host) => {
    const outputs = Object.fromEntries(Object.keys(task.outputs).map((name) => [name, { kind: "artefact", mediaType: "", extension: "" }] as const))
    return executeStage({ name: "exec", params: Params, inputs: {}, outputs, run: (ctx) => runProgram(ctx.params, task, host) }, task, host)
  }
} satisfies StageInterface
