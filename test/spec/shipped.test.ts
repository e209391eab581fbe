/** The pipelines that come with Reprise: the parser and the JSON Schema both accept them, against the real stages. */
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { parse as parseYaml } from "yaml"
import { openRegistry } from "../../src/run/registry.ts"
import { pipelineSchema } from "../../src/spec/json-schema.ts"
import { type Library, parsePipeline, usedStages } from "../../src/spec/parse.ts"
import type { StageDescription } from "../../src/stage/protocol.ts"
import { shown } from "./fakes.ts"

const project = resolve(import.meta.dirname, "../..")
const files = readdirSync(join(project, "pipelines")).filter((name) => name.endsWith(".yaml"))
const textOf = (file: string): string => readFileSync(join(project, "pipelines", file), "utf8")

let library: Library
let descriptions: ReadonlyArray<StageDescription>

beforeAll(async () => {
  const registry = openRegistry({ project, packageRoot: project })
  const names = registry.names()
  const stages = await Effect.runPromise(registry.load(names.filter((name) => files.some((file) => usedStages(textOf(file)).includes(name)))))
  library = { names, find: (name) => stages.get(name)?.stage }
  descriptions = await Effect.runPromise(registry.describe(names))
})

describe.each(files)("%s", (file) => {
  it("has no problems", () => expect(shown(parsePipeline(file, textOf(file), library))).toEqual([]))
  it("fits the JSON Schema", () => {
    const validate = new Ajv2020({ strict: false }).compile(pipelineSchema(descriptions))
    validate(parseYaml(textOf(file)))
    expect(validate.errors ?? []).toEqual([])
  })
})
