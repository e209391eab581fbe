/** The JSON Schema that the shipped pipelines name in their first line: up to date, and passed by all of them. */
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { openRegistry } from "../../src/run/registry.ts"
import { pipelineSchema } from "../../src/spec/json-schema.ts"

const root = join(import.meta.dirname, "..", "..")
const pipelines = globSync("pipelines/*.yaml", { cwd: root })

describe("reprise.schema.json", async () => {
  const registry = openRegistry({ project: root, packageRoot: root })
  const current = pipelineSchema(await Effect.runPromise(registry.describe(registry.names())))
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(current)

  it("is what `reprise schema` prints; if not, run `npm run schema`", () => {
    const kept: unknown = JSON.parse(readFileSync(join(root, "reprise.schema.json"), "utf8"))
    expect(kept).toEqual(JSON.parse(JSON.stringify(current)))
  })

  it.for(pipelines)("passes %s, whose first line names it", (file) => {
    const text = readFileSync(join(root, file), "utf8")
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../reprise.schema.json")
    validate(parse(text, { merge: true }))
    expect(validate.errors).toBeNull()
  })

  it("refuses what the parser refuses: an unknown key, an unknown stage, a wrong parameter", () => {
    const stages = (stage: unknown) => ({ name: "x", stages: { data: stage } })
    expect(validate(stages({ uses: "data/gauss", with: { n: 10, d: 2, seed: 0 } }))).toBe(true)
    expect(validate({ ...stages({ uses: "data/gauss", with: { n: 10, d: 2, seed: 0 } }), sweps: {} })).toBe(false)
    expect(validate(stages({ uses: "data/gauss", with: { n: -1, d: 2, seed: 0 } }))).toBe(false)
    expect(validate(stages({ uses: "data/gauss", with: { n: "${{ params.n }}", d: 2, seed: 0 } }))).toBe(true)
    expect(validate(stages({ uses: "data/gauss", with: { n: 10, d: 2, seed: 0, dim: 3 } }))).toBe(false)
  })
})
