/** The example in docs/stages.md, taken out of the page and run as it stands. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { openRegistry } from "../../src/run/registry.ts"
import { readDataset, writeDataset } from "../../src/table/dataset-file.ts"
import { readTable } from "../../src/table/read.ts"

const packageRoot = join(import.meta.dirname, "../..")
const page = readFileSync(join(packageRoot, "docs/stages.md"), "utf8")
const [stageSource = "", helperSource = ""] = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
const [entry = ""] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, code]) => code)

const project = mkdtempSync(join(tmpdir(), "reprise-docs-"))
afterAll(() => rmSync(project, { recursive: true, force: true }))

describe("the example of docs/stages.md", () => {
  it("does what it says", async () => {
    for (const [path, source] of [["stages/data/subsample.ts", stageSource], ["stages/data/lib/take.ts", helperSource]] as const) {
      mkdirSync(dirname(join(project, path)), { recursive: true })
      writeFileSync(join(project, path), source)
    }
    const loaded = await Effect.runPromise(openRegistry({ project, packageRoot }).load(["data/subsample"]))
    const stage = loaded.get("data/subsample")?.stage
    expect(stage?.decode({ fraction: 2 })).toMatchObject({ ok: false, issues: [{ path: ["fraction"], message: "expected a value between 0 and 1, got 2" }] })
    const { half } = parse(entry)
    expect(stage?.decode({ ...half.with, seed: 1 })).toMatchObject({ ok: true })
    expect(Object.keys(half.in)).toEqual(Object.keys(stage?.inputs ?? {}))

    const input = join(project, "in.arrow")
    const x = Float32Array.from({ length: 40 }, (_, i) => i)
    writeDataset(input, { x, y: Float32Array.from({ length: 20 }, (_, i) => i), shape: [2], metadata: {} })
    const run = (fraction: number) =>
      stage?.execute(
        {
          id: "half-1", params: { fraction, seed: 1 }, inputs: { data: [{ path: input, digest: "d", mediaType: "", kind: "dataset", coordinates: {} }] },
          outputs: { data: join(project, "data"), stat: join(project, "stat") },
          scratch: project, checkpoint: join(project, "checkpoint"), project, threads: 1, backend: "cpu"
        },
        { emit: () => undefined, signal: new AbortController().signal }
      )
    expect(await run(0.5)).toEqual({ ok: true, outputs: { data: { rows: 10 }, stat: { rows: 1 } } })
    const { x: kept, y: places } = readDataset(join(project, "data"))
    expect(Array.from(kept)).toEqual(Array.from(places).flatMap((place) => [2 * place, 2 * place + 1]))
    expect(new Set(places).size).toBe(10)
    expect(readTable(join(project, "stat")).columns).toMatchObject({ n: BigInt64Array.of(10n), fraction: Float64Array.of(0.5) })
    expect(await run(0.01)).toMatchObject({ ok: false, error: { message: "nothing is left of 20 samples at fraction 0.01", hint: expect.stringContaining("larger") } })
  })
})
