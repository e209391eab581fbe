/** The description of a run for other programs: the rules of RO-Crate 1.1 and of Workflow Run Crate that a program can check without a network. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contentsOf, type RunContents } from "../../src/store/archive/contents.ts"
import { crateOf } from "../../src/store/archive/crate.ts"
import { objectPath } from "../../src/store/archive/places.ts"
import { storePaths } from "../../src/store/paths.ts"
import { readRun } from "../../src/store/runs.ts"
import { makeRun } from "./made-run.ts"
import { sha256 } from "./support.ts"

let folder: string
let runs: (mostBytes: number) => RunContents
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reprise-crate-"))
  const id = await makeRun(folder)
  runs = (mostBytes) => {
    const record = readRun(storePaths(folder), id)
    if (record === undefined) throw new Error("the run is gone")
    return contentsOf(storePaths(folder), record, { mostBytes })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Entity = Readonly<Record<string, unknown>>
interface Crate {
  readonly "@context": ReadonlyArray<string>
  readonly "@graph": ReadonlyArray<Entity>
}

const options = { pipelinePath: "project/pipelines/made.yaml", projectFiles: ["project/data/a b.csv"], reprise: "1.2.3", created: new Date("2026-11-22T00:00:00Z"), license: "All rights reserved.", mostTasks: 100 }

const crate = (contents: RunContents, more: Partial<typeof options> = {}): Crate => JSON.parse(JSON.stringify(crateOf(contents, { ...options, ...more })))

const list = (value: unknown): ReadonlyArray<unknown> => (value === undefined ? [] : Array.isArray(value) ? value : [value])
/** Ids that a property refers to. */
const references = (value: unknown): ReadonlyArray<string> =>
  list(value).flatMap((one) => (typeof one === "object" && one !== null && "@id" in one && typeof one["@id"] === "string" ? [one["@id"]] : []))
const byId = ({ "@graph": graph }: Crate, id: string): Entity => graph.find((entity) => entity["@id"] === id) ?? {}
const ofType = ({ "@graph": graph }: Crate, type: string) => graph.filter((entity) => list(entity["@type"]).includes(type))

describe("ro-crate-metadata.json", () => {
  it("names itself, the specification, and the crate that it is about", () => {
    const made = crate(runs(Infinity))
    assert.deepStrictEqual(made["@context"][0], "https://w3id.org/ro/crate/1.1/context")
    const descriptor = byId(made, "ro-crate-metadata.json")
    assert.deepInclude(descriptor, { "@type": "CreativeWork", about: { "@id": "./" } })
    assert.include(references(descriptor["conformsTo"]), "https://w3id.org/ro/crate/1.1")
    const root = byId(made, "./")
    for (const property of ["name", "description", "datePublished", "license"]) assert.isOk(root[property], property)
    assert.strictEqual(root["datePublished"], "2026-11-22")
  })

  it.each([Infinity, 13, -1])("is flat and closed: every entity once, every reference to one that is there or to an address (objects up to %s bytes)", (mostBytes) => {
    const made = crate(runs(mostBytes))
    const ids = made["@graph"].map((entity) => entity["@id"])
    assert.deepStrictEqual(ids.filter((id, at) => ids.indexOf(id) !== at), [])
    assert.isTrue(made["@graph"].every((entity) => typeof entity["@type"] === "string" || Array.isArray(entity["@type"])))
    for (const entity of made["@graph"]) {
      for (const id of Object.values(entity).flatMap(references)) assert.isTrue(ids.includes(id) || /^https?:/.test(id), `${String(entity["@id"])} refers to ${id}`)
    }
  })

  it("reaches every file from the root, and has no file that the archive does not have", () => {
    const contents = runs(13)
    const made = crate(contents)
    const reached = new Set<string>()
    const visit = (id: string): void => {
      if (reached.has(id)) return
      reached.add(id)
      references(byId(made, id)["hasPart"]).forEach(visit)
    }
    visit("./")
    const files = ofType(made, "File").map((entity) => String(entity["@id"]))
    assert.deepStrictEqual(files.filter((id) => !reached.has(id)), [])
    const there = new Set([...contents.files.map(({ path }) => path), "README.md", "manifest-sha256.txt", "reprise-archive.json", options.pipelinePath, "project/data/a%20b.csv"])
    assert.deepStrictEqual(files.filter((id) => !there.has(id)), [])
    assert.include(files, objectPath(sha256("the left text")))
    assert.deepInclude(byId(made, objectPath(sha256("the left text"))), { sha256: sha256("the left text"), contentSize: "13", name: "make.left" })
    assert.strictEqual(byId(made, `#object/${sha256("the right text")}`)["@type"], "CreativeWork", "what was left out is spoken of, and is no file")
  })

  it("tells who used what to make what", () => {
    const contents = runs(Infinity)
    const made = crate(contents)
    const workflow = byId(made, references(byId(made, "./")["mainEntity"])[0] ?? "")
    assert.deepStrictEqual(workflow["@type"], ["File", "SoftwareSourceCode", "ComputationalWorkflow"])
    assert.deepStrictEqual<ReadonlyArray<unknown>>(references(workflow["programmingLanguage"]).map((id) => byId(made, id)), ofType(made, "ComputerLanguage"))
    const run = byId(made, `#${contents.run.id}`)
    assert.deepInclude(run, { "@type": "CreateAction", instrument: { "@id": workflow["@id"] }, startTime: "2026-11-21T00:00:00.000+00:00", endTime: "2026-11-21T00:01:00.000+00:00", actionStatus: "http://schema.org/FailedActionStatus" })
    assert.deepStrictEqual(references(run["result"]).toSorted(), ["the left text", "the right text", "what was made of it"].map((text) => objectPath(sha256(text))).toSorted())
    const use = byId(made, "#task/use-2")
    assert.include(references(use["object"]), objectPath(sha256("the left text")))
    assert.deepStrictEqual(references(use["result"]), [objectPath(sha256("what was made of it"))])
    assert.deepInclude(byId(made, "#task/fail-3"), { actionStatus: "http://schema.org/FailedActionStatus", error: "no luck" })
    for (const id of [`#${contents.run.id}`, "#task/use-2"]) assert.include(references(byId(made, "./")["mentions"]), id)
  })

  it("has the pipeline's parameters with the values of the run", () => {
    const made = crate(runs(Infinity))
    assert.deepStrictEqual(ofType(made, "FormalParameter").map(({ defaultValue, name }) => [name, defaultValue]), [["n", "5"], ["depth", "2"]])
    assert.deepStrictEqual(ofType(made, "PropertyValue").filter((entity) => entity["exampleOfWork"] !== undefined).map(({ name, value }) => [name, value]), [["n", "7"], ["depth", "2"]])
  })

  it("does not list the tasks of a run that has too many, and says where they are", () => {
    const made = crate(runs(Infinity), { mostTasks: 2 })
    assert.deepStrictEqual(ofType(made, "CreateAction").length, 1)
    assert.match(String(byId(made, "./")["description"]), /tasks\.ndjson has a line for each/)
  })

  it("points to a licence that has an address, and quotes one that has none", () => {
    assert.strictEqual(byId(crate(runs(-1)), "#license")["description"], "All rights reserved.")
    const address = "https://creativecommons.org/licenses/by/4.0/"
    assert.deepStrictEqual(byId(crate(runs(-1), { license: address }), "./")["license"], { "@id": address })
  })
})
