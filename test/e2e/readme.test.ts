/** The pipeline that the README shows is one: it plans as the README says. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { makeProject } from "./project.ts"

it("the README's pipeline asks for 5 data sets and 15 networks", () => {
  const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8")
  const text = /```yaml\n([^]*?)```/.exec(readme)?.[1] ?? ""
  const { code, out } = makeProject({ "width.yaml": text }).reprise("plan", "width.yaml", "--format", "json")
  expect(code).toBe(0)
  const plan: { readonly stages: ReadonlyArray<{ readonly stage: string; readonly distinct: number }> } = JSON.parse(out)
  expect(plan.stages.map(({ distinct, stage }) => [stage, distinct])).toEqual([["data", 5], ["net", 15], ["score", 15]])
})
