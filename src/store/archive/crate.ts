/**
 * `ro-crate-metadata.json`: a run described for programs that know nothing of Reprise, repositories above all. It follows RO-Crate 1.1
 * (w3id.org/ro/crate/1.1) and, of its profiles, Workflow Run Crate 0.5: the pipeline is the workflow, the run one action that
 * executes it, each task another that executes a stage and makes files. Pure.
 *
 * Not described, because no profile has words for it: claims, sweeps as such (their values are), fingerprints (they are identifiers).
 */
import { parseDocument } from "yaml"
import type { Json, JsonObject } from "../../stage/json.ts"
import { isJsonObject } from "../../stage/json.ts"
import type { ActionRecord, RunTask, StoredOutput } from "../layout.ts"
import type { RunContents } from "./contents.ts"
import { crateFile, headerFile, manifestFile, objectPath, readmeFile, runPath } from "./places.ts"

export interface CrateOptions {
  /** Path of the pipeline file in the archive. */
  readonly pipelinePath: string | undefined
  /** Other files of the project in the archive. */
  readonly projectFiles: ReadonlyArray<string>
  readonly reprise: string
  readonly created: Date
  /** A licence's address, or words. */
  readonly license: string
  /** Tasks of a run that has more are not described one by one. */
  readonly mostTasks: number
}

type Entity = JsonObject
type Reference = { readonly "@id": string }

const terms = "https://w3id.org/ro/wfrun"
const workflowCrate = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
const profiles: ReadonlyArray<readonly [string, string, string]> = [
  [`${terms}/process/0.5`, "Process Run Crate", "0.5"],
  [`${terms}/workflow/0.5`, "Workflow Run Crate", "0.5"],
  [workflowCrate, "Workflow RO-Crate", "1.0"]
]

const to = (id: string): Reference => ({ "@id": id })
const fileId = (path: string): string => encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F")
/** With an offset in digits, which the profiles' validators ask for. */
const time = (ms: number): string => new Date(ms).toISOString().replace("Z", "+00:00")

/** The document as it is to be written. */
export const crateOf = (contents: RunContents, options: CrateOptions): JsonObject => {
  const { run } = contents
  const described = contents.tasks.length <= options.mostTasks
  const runId = `#${run.id}`
  const workflow = options.pipelinePath === undefined ? "#pipeline" : fileId(options.pipelinePath)
  const parameters = parametersOf(contents)
  const objects = described ? objectEntities(contents) : []
  const present = objects.filter(({ "@type": type }) => type === "File").map((entity) => to(String(entity["@id"])))
  const records = recordEntities(contents, runId)
  const actions = described ? contents.tasks.flatMap((task) => taskEntities(task, contents)) : []
  const projectFiles = options.projectFiles.map((path): Entity => ({ "@id": fileId(path), "@type": "File", name: path.slice(path.lastIndexOf("/") + 1), encodingFormat: mediaTypeOf(path) }))
  const license = /^https?:\/\/[^\s"<>]+$/.test(options.license) ? options.license : "#license"
  const environment = entriesOf(run.environment["variables"])
  const versions = entriesOf(run.environment["versions"])

  const graph: ReadonlyArray<Entity> = [
    { "@id": crateFile, "@type": "CreativeWork", about: to("./"), conformsTo: [to("https://w3id.org/ro/crate/1.1"), to(workflowCrate)] },
    {
      "@id": "./",
      "@type": "Dataset",
      name: `${run.pipeline}: run ${run.id}`,
      description: `What ${run.command.join(" ")} asked for and gave: ${run.counts.total} tasks, ${run.status}. ${described ? "" : `The run has too many tasks to describe each here; ${runPath(run.id, "tasks.ndjson")} has a line for each. `}${contents.leftOut.size === 0 ? "" : `${contents.leftOut.size} results are not in the archive. `}Reprise ${options.reprise} reads it: reprise import ARCHIVE.`,
      datePublished: options.created.toISOString().slice(0, 10),
      license: to(license),
      conformsTo: profiles.map(([id]) => to(id)),
      mainEntity: to(workflow),
      hasPart: [to(workflow), ...projectFiles.map((entity) => to(String(entity["@id"]))), to("results/"), to(readmeFile), to(manifestFile), to(headerFile)],
      mentions: [to(runId), ...actions.filter(({ "@type": type }) => type === "CreateAction").map((entity) => to(String(entity["@id"])))]
    },
    { "@id": license, "@type": "CreativeWork", name: license === "#license" ? "Terms of use" : license, description: options.license },
    ...profiles.map(([id, name, version]): Entity => ({ "@id": id, "@type": "CreativeWork", name, version })),
    {
      "@id": "results/",
      "@type": "Dataset",
      name: "Results",
      description: "Reprise's store of results: objects named by the SHA-256 of their bytes, a record for each task, the record of the run.",
      hasPart: [...present, ...records.map((entity) => to(String(entity["@id"])))]
    },
    {
      "@id": workflow,
      "@type": [...(options.pipelinePath === undefined ? [] : ["File"]), "SoftwareSourceCode", "ComputationalWorkflow"],
      name: run.pipeline,
      version: String(run.environment["commit"] ?? "unversioned"),
      encodingFormat: "application/yaml",
      programmingLanguage: to("#language"),
      softwareRequirements: versions.map(([name]) => to(`#software/${name}`)),
      input: parameters.map(({ name }) => to(`#parameter/${name}`))
    },
    { "@id": "#language", "@type": "ComputerLanguage", name: "Reprise pipeline" },
    ...versions.map(([name, version]): Entity => ({ "@id": `#software/${name}`, "@type": "SoftwareApplication", name, softwareVersion: String(version) })),
    ...parameters.flatMap(parameterEntities),
    {
      "@id": runId,
      "@type": "CreateAction",
      name: `Run ${run.id}`,
      description: run.command.join(" "),
      instrument: to(workflow),
      startTime: time(run.startedAt),
      endTime: time(run.finishedAt ?? run.startedAt),
      actionStatus: `http://schema.org/${run.status === "succeeded" ? "Completed" : "Failed"}ActionStatus`,
      ...(run.status === "succeeded" ? {} : { error: `${run.counts.failed} tasks failed; the run ${run.status}.` }),
      object: [...parameters.map(({ name }) => to(`#value/${name}`)), ...projectFiles.map((entity) => to(String(entity["@id"])))],
      result: described ? objects.map((entity) => to(String(entity["@id"]))) : [to("results/")],
      environment: environment.map(([name]) => to(`#environment/${name}`))
    },
    ...environment.map(([name, value]): Entity => ({ "@id": `#environment/${name}`, "@type": "PropertyValue", name, value: String(value) })),
    ...projectFiles,
    { "@id": readmeFile, "@type": "File", name: "What is in this archive", about: to("./"), encodingFormat: "text/markdown" },
    { "@id": manifestFile, "@type": "File", name: "SHA-256 of every file", encodingFormat: "text/plain" },
    { "@id": headerFile, "@type": "File", name: "What kind of archive this is", encodingFormat: "application/json" },
    ...(described ? stageEntities(contents) : []),
    ...actions,
    ...objects,
    ...records
  ]
  return { "@context": ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"], "@graph": graph }
}

const entriesOf = (value: Json | undefined): ReadonlyArray<readonly [string, Json]> => (isJsonObject(value) ? Object.entries(value) : [])

// --- parameters of the pipeline

interface Parameter {
  readonly name: string
  /** In the file; null where it has none, because the parameter is an axis of a matrix. */
  readonly standard: Json
  /** With which the run was made: several where it was swept. */
  readonly values: ReadonlyArray<string>
}

const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value))

const parametersOf = ({ pipeline, run, tasks }: RunContents): ReadonlyArray<Parameter> => {
  const document: unknown = pipeline === undefined ? null : parseDocument(pipeline).toJS({ maxAliasCount: 100 })
  const mapOf = (value: unknown, key: string): Readonly<Record<string, Json>> => {
    const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
    return typeof found === "object" && found !== null ? { ...found } : {}
  }
  const standard = mapOf(document, "params")
  const profile = run.overrides["profile"]
  const given = new Map(Object.entries({ ...standard, ...(typeof profile === "string" ? mapOf(mapOf(document, "profiles"), profile) : {}) }).map(([name, value]) => [name, textOf(value)]))
  const set = run.overrides["set"]
  for (const text of Array.isArray(set) ? set.map(String) : []) given.set(text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1))
  const swept = new Map<string, Set<string>>()
  for (const { coordinates } of tasks) {
    for (const { values } of coordinates) {
      for (const [name, value] of Object.entries(values)) swept.set(name, (swept.get(name) ?? new Set()).add(textOf(value)))
    }
  }
  return [...new Set([...given.keys(), ...swept.keys()])].map((name) =>
    ({ name, standard: standard[name] ?? null, values: [...(swept.get(name) ?? [given.get(name) ?? ""])] }))
}

const schemaType = (value: Json): string =>
  typeof value === "number" ? (Number.isInteger(value) ? "Integer" : "Float") : typeof value === "boolean" ? "Boolean" : "Text"

const parameterEntities = ({ name, standard, values }: Parameter): ReadonlyArray<Entity> => [
  {
    "@id": `#parameter/${name}`,
    "@type": "FormalParameter",
    conformsTo: to("https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"),
    name,
    additionalType: schemaType(standard),
    ...(standard === null ? {} : { defaultValue: textOf(standard) }),
    valueRequired: "False"
  },
  { "@id": `#value/${name}`, "@type": "PropertyValue", name, value: values.length === 1 ? values[0] ?? "" : values, exampleOfWork: to(`#parameter/${name}`) }
]

// --- tasks

/** One place for each stage that tasks used. */
const stageEntities = ({ actions, tasks }: RunContents): ReadonlyArray<Entity> =>
  [...new Map(tasks.map((task) => [task.uses, task])).values()].map(({ fingerprint, uses }) => ({
    "@id": `#stage/${uses}`,
    "@type": "SoftwareApplication",
    name: uses,
    softwareVersion: `sha256:${(fingerprint === null ? undefined : actions.get(fingerprint))?.record.code ?? "unknown"}`
  }))

const taskEntities = (task: RunTask, { actions, leftOut, run }: RunContents): ReadonlyArray<Entity> => {
  if (task.status === "skipped" || task.status === "interrupted") return []
  const action = task.fingerprint === null ? undefined : actions.get(task.fingerprint)
  const failed = task.status === "failed"
  const startedAt = action?.startedAt ?? task.startedAt
  const parameters = `#parameters/${task.task}`
  return [
    {
      "@id": `#task/${task.task}`,
      "@type": "CreateAction",
      name: `${task.stage} (${task.uses})`,
      description: action === undefined || action.producer.run === run.id ? `Task ${task.task} of run ${run.id}` : `Task ${task.task}: done in run ${action.producer.run} on ${action.producer.host}, and not again`,
      ...(task.fingerprint === null ? {} : { identifier: task.fingerprint }),
      instrument: to(`#stage/${task.uses}`),
      startTime: time(startedAt),
      endTime: time(startedAt + (action?.wallMs ?? task.wallMs)),
      actionStatus: `http://schema.org/${failed ? "Failed" : "Completed"}ActionStatus`,
      ...(failed ? { error: task.message ?? "failed" } : {}),
      object: [to(parameters), ...inputsOf(action).map((digest) => to(objectId(digest, leftOut)))],
      ...(failed ? {} : { result: Object.values(task.outputs).map(({ digest }) => to(objectId(digest, leftOut))) })
    },
    { "@id": parameters, "@type": "PropertyValue", name: "parameters", value: JSON.stringify(task.params) }
  ]
}

/** Objects that a task read. Those of tasks outside the run do not occur: a run's plan has every task that it needs. */
const inputsOf = (action: ActionRecord | undefined): ReadonlyArray<string> => [...new Set(Object.values(action?.record.inputs ?? {}).flat())]

// --- files

const mediaTypes: Readonly<Record<string, string>> = {
  ts: "application/typescript", js: "text/javascript", mjs: "text/javascript", py: "text/x-python", r: "text/x-r", sh: "application/x-sh",
  yaml: "application/yaml", yml: "application/yaml", json: "application/json", csv: "text/csv", txt: "text/plain", md: "text/markdown",
  onnx: "application/onnx", png: "image/png", jpg: "image/jpeg", arrow: "application/vnd.apache.arrow.file", parquet: "application/vnd.apache.parquet"
}

const mediaTypeOf = (path: string): string => mediaTypes[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream"

/** What is in the archive is a file of it; what is not can only be spoken of. */
const objectId = (digest: string, leftOut: ReadonlySet<string>): string => (leftOut.has(digest) ? `#object/${digest}` : objectPath(digest))

const objectEntities = ({ leftOut, tasks }: RunContents): ReadonlyArray<Entity> => {
  const found = new Map<string, readonly [string, StoredOutput]>()
  for (const { outputs, stage } of tasks) {
    for (const [name, stored] of Object.entries(outputs)) if (!found.has(stored.digest)) found.set(stored.digest, [`${stage}.${name}`, stored])
  }
  return [...found].map(([digest, [name, { bytes, mediaType, rows }]]) => ({
    "@id": objectId(digest, leftOut),
    "@type": leftOut.has(digest) ? "CreativeWork" : "File",
    name,
    description: `${rows === undefined ? "Output" : `${rows} rows: output`} of ${name.slice(0, name.indexOf("."))}${leftOut.has(digest) ? "; not in this archive" : ""}`,
    encodingFormat: mediaType,
    contentSize: String(bytes),
    sha256: digest
  }))
}

const recordKinds: Readonly<Record<string, readonly [string, string]>> = {
  "run.json": ["Record of the run: what was asked, where it ran, how it ended", "application/json"],
  "plan.json": ["The plan: the pipeline file and how its tasks feed each other", "application/json"],
  "tasks.ndjson": ["What each task came to, a line for each", "application/x-ndjson"],
  "events.ndjson": ["What happened, in order", "application/x-ndjson"]
}

const recordEntities = ({ files, run }: RunContents, runId: string): ReadonlyArray<Entity> =>
  Object.entries(recordKinds).flatMap(([file, [description, encodingFormat]]) => {
    const found = files.find(({ path }) => path === runPath(run.id, file))
    return found === undefined ? [] : [{
      "@id": found.path,
      "@type": "File",
      name: file,
      description,
      encodingFormat,
      contentSize: String(found.bytes),
      sha256: found.digest,
      about: to(runId)
    }]
  })
