/** The pipelines that come with Reprise: the parser accepts them, against the real stages. (The JSON Schema: test/cli/schema.test.ts.) */
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { openRegistry } from "../../src/run/registry.ts"
import { type Library, parsePipeline } from "../../src/spec/parse.ts"
import { shown } from "./fakes.ts"

const project = resolve(import.meta.dirname, "../..")
const files = readdirSync(join(project, "pipelines")).filter((name) => name.endsWith(".yaml"))
const textOf = (file: string): string => readFileSync(join(project, "pipelines", file), "utf8")

let library: Library

beforeAll(async () => {
  const registry = openRegistry({ project, packageRoot: project })
  const names = registry.names()
  const stages = await Effect.runPromise(registry.load(names)) // all of them, as other tests do: they are built once
  library = { names, find: (name) => stages.get(name)?.stage }
})

describe.each(files)("%s", (file) => {
  it("has no problems", () => expect(shown(parsePipeline(file, textOf(file), library))).toEqual([]))
})
