/** Programs as stages: what they are given, what is taken back, what they cannot see, and how they fail and end. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import exec from "../../../stages/exec.ts"
import { eventsOf } from "../../../stages/lib/exec/reports.ts"
import type { JsonObject } from "../../../src/stage/json.ts"
import { shaped } from "../../../src/stage/shape.ts"
import { writeDataset } from "../../../src/table/dataset-file.ts"
import { attemptStage, runStage, temporaryFolder, type Made, type Options } from "../run-stage.ts"

/** The stage as it is in a pipeline that says this. */
const shapedFor = (params: JsonObject, options: Options = {}) => shaped(exec, params, Object.keys(options.inputs ?? {}))
const run = (params: JsonObject, options: Options = {}) => runStage(shapedFor(params, options), params, options)
const attempt = async (params: JsonObject, options: Options = {}) => (await attemptStage(shapedFor(params, options), params, options)).error

const csv = { out: { table: "csv" } }
const project = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}
const data = (): Made => {
  const path = join(temporaryFolder(), "data.arrow")
  writeDataset(path, { x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(1, -1), shape: [2], metadata: {} })
  return { path, kind: "dataset" }
}

describe("what a program is given", () => {
  it("arguments as they are: nothing expands them but sh, if asked", async () => {
    const odd = "$HOME * `id`; \"q\""
    const script = `printf 'a\\n%s\\n' "$1" > "$REPRISE_OUTPUT_OUT"`
    const plain = await run({ run: ["sh", "-c", script, "sh", odd], outputs: { out: { file: "text/plain" } } })
    expect(Buffer.from(plain.bytes("out")).toString()).toBe(`a\n${odd}\n`)
    const shell = await run({ run: { shell: "echo $((40 + 2)) > $REPRISE_OUTPUT_OUT" }, outputs: { out: { file: "text/plain" } } })
    expect(Buffer.from(shell.bytes("out")).toString()).toBe("42\n")
  })

  it("the files that it declares, where it wants them, and nothing else of the project", async () => {
    const folder = project({ "script.sh": "ls -R > $REPRISE_OUTPUT_OUT; cat lib/helper >> $REPRISE_OUTPUT_OUT", "helper.txt": "helps\n", "secret.txt": "no" })
    const ran = await run({ run: ["sh", "main.sh"], files: { "main.sh": "script.sh", "lib/helper": "helper.txt" }, outputs: { out: { file: "text/plain" } } }, { project: folder })
    const seen = Buffer.from(ran.bytes("out")).toString()
    expect(seen).toContain("main.sh")
    expect(seen).toContain("helps")
    expect(seen).not.toContain("secret")
    expect(await attempt({ run: ["true"], files: { "../up": "script.sh" } }, { project: folder })).toMatchObject({ message: expect.stringContaining("leads out") })
  })

  it("its parameters and inputs in one file of JSON, tables in the format that it asks for", async () => {
    const ran = await run({
      run: { shell: "cp \"$REPRISE_TASK\" \"$REPRISE_OUTPUT_TASK\"; cp \"$REPRISE_INPUT_DATA\" \"$REPRISE_OUTPUT_ROWS\"" },
      as: { data: "csv" },
      params: { lr: 0.1, layers: [1, 2] },
      outputs: { task: { file: "application/json" }, rows: { table: "csv" } }
    }, { inputs: { data: data() } })
    expect(JSON.parse(Buffer.from(ran.bytes("task")).toString())).toMatchObject({ params: { lr: 0.1, layers: [1, 2] }, threads: 1, inputs: { data: expect.stringMatching(/\.csv$/) } })
    expect(ran.rows("rows").map((row) => Object.values(row).map(Number))).toEqual([[1, 2, 1], [3, 4, -1]])
    expect(Object.keys(ran.rows("rows")[0] ?? {})).toEqual(["x_0", "x_1", "y"])
  })

  it("of the environment what programs need to start, what it names, and no more", async () => {
    process.env["REPRISE_TEST_OTHER"] = "other"
    process.env["REPRISE_TEST_TAKEN"] = "taken"
    process.env["REPRISE_TEST_TOKEN"] = "s3cret-token"
    try {
      const printed: Array<string> = []
      const write = process.stdout.write.bind(process.stdout)
      process.stdout.write = (chunk: string | Uint8Array) => printed.push(String(chunk)) > 0
      const params = { run: { shell: "env > $REPRISE_OUTPUT_OUT; echo token $REPRISE_TEST_TOKEN" }, env: { OWN: "1" }, inherit: ["REPRISE_TEST_TAKEN"], secrets: ["REPRISE_TEST_TOKEN"], outputs: { out: { file: "text/plain" } } }
      const ran = await run(params).finally(() => {
        process.stdout.write = write
      })
      const seen = Buffer.from(ran.bytes("out")).toString()
      expect(seen).toContain("OWN=1\n")
      expect(seen).toContain("REPRISE_TEST_TAKEN=taken")
      expect(seen).toContain("REPRISE_TEST_TOKEN=s3cret-token")
      expect(seen).not.toContain("REPRISE_TEST_OTHER")
      expect(printed.join("")).toBe("token ***\n")
      const decoded = exec.decode(params)
      expect(decoded).toMatchObject({ ok: true, params: { inherit: { REPRISE_TEST_TAKEN: "taken" }, secrets: ["REPRISE_TEST_TOKEN"] } })
      expect(JSON.stringify(decoded)).not.toContain("s3cret")
      expect(exec.decode({ run: ["true"], inherit: ["REPRISE_TEST_MISSING"] })).toMatchObject({ ok: false, issues: [{ path: ["inherit", 0] }] })
    } finally {
      for (const name of ["OTHER", "TAKEN", "TOKEN"]) delete process.env[`REPRISE_TEST_${name}`]
    }
  })
})

describe("what is taken back", () => {
  it("CSV and NDJSON as tables with inferred types", async () => {
    const ran = await run({
      run: { shell: `printf 'n,name,ratio\\n1,"a, b",0.5\\n2,,1\\n' > $REPRISE_OUTPUT_C; printf '{"n":1,"ok":true}\\n{"n":2.5,"tags":[1]}\\n' > $REPRISE_OUTPUT_N` },
      outputs: { c: { table: "csv", columns: { ratio: "float64" } }, n: { table: "ndjson" } }
    })
    expect(ran.rows("c")).toEqual([{ n: 1n, name: "a, b", ratio: 0.5 }, { n: 2n, name: null, ratio: 1 }])
    expect(ran.rows("n")).toEqual([{ n: 1, ok: true, tags: null }, { n: 2.5, ok: null, tags: "[1]" }])
  })

  it("metrics and progress, line by line", async () => {
    const ran = await run({ run: { shell: `echo '{"loss":0.5,"acc":0.9,"step":3}' >> $REPRISE_METRICS; printf '{"done":1,"total":2}\\nnot json\\n{"metric":"f1","value":1}' >> $REPRISE_METRICS` } })
    expect(ran.events).toEqual([
      { type: "metric", name: "loss", value: 0.5, step: 3 },
      { type: "metric", name: "acc", value: 0.9, step: 3 },
      { type: "progress", done: 1, total: 2 },
      { type: "metric", name: "f1", value: 1, step: 0 }
    ])
    expect(eventsOf("[1]")).toEqual([])
  })
})

describe("a program that fails", () => {
  it("is quoted with its last words", async () => {
    expect(await attempt({ run: { shell: "echo going; echo 'no such lambda' >&2; exit 3" } })).toMatchObject({ message: expect.stringMatching(/exit code 3[\s\S]*no such lambda/) })
  })
  it("is named with what to do where it is not installed", async () => {
    expect(await attempt({ run: ["no-such-program"] })).toMatchObject({ message: expect.stringContaining("no-such-program"), hint: expect.stringContaining("PATH") })
  })
  it("by leaving an output out, or a table that is none, is told so", async () => {
    expect(await attempt({ run: ["true"], outputs: csv })).toMatchObject({ message: expect.stringContaining("\"out\""), hint: expect.stringContaining("REPRISE_OUTPUT_OUT") })
    expect(await attempt({ run: { shell: "printf 'a,b\\n1\\n' > $REPRISE_OUTPUT_OUT" }, outputs: csv })).toMatchObject({ message: expect.stringContaining("line 2") })
  })
  it("ends when its task is aborted", async () => {
    const abort = new AbortController()
    const file = join(temporaryFolder(), "pid")
    const ending = attempt({ run: { shell: `echo $$ > ${file}; echo '{"done":0,"total":1}' >> $REPRISE_METRICS; exec sleep 60` } }, { signal: abort.signal, onEvent: () => abort.abort() })
    expect(await ending).toMatchObject({ tag: "Interrupted" })
    const pid = Number(readFileSync(file, "utf8"))
    expect(() => process.kill(pid, 0)).toThrow("ESRCH")
  })
})
