/** Programs as stages: what they are given, what is taken back, what they cannot see, and how they fail and end. */
import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import exec from "../../../stages/exec.ts"
import { failureOf } from "../../../stages/lib/exec/failures.ts"
import { makeRedaction } from "../../../stages/lib/exec/redaction.ts"
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

describe("folders", () => {
  it("of the project are given whole, or as far as git tracks them", async () => {
    const folder = project({ "main.sh": "ls -RA lib > $REPRISE_OUTPUT_OUT" })
    mkdirSync(join(folder, "lib", "deep"), { recursive: true })
    for (const name of ["lib/a.py", "lib/deep/b.py", "lib/.hidden", "lib/junk"]) writeFileSync(join(folder, name), name)
    const outputs = { out: { file: "text/plain" } }
    const seenWith = async (named: string) => {
      const ran = await run({ run: ["sh", "main.sh"], files: { "main.sh": "main.sh", lib: named }, outputs }, { project: folder })
      return Buffer.from(ran.bytes("out")).toString().split("\n").filter((line) => /^[\w.]+$/.test(line)).toSorted()
    }
    expect(await seenWith("lib")).toEqual(["a.py", "b.py", "deep", "junk"])
    execFileSync("git", ["init", "-q"], { cwd: folder })
    execFileSync("git", ["add", "lib/a.py", "lib/.hidden"], { cwd: folder })
    expect(await seenWith("git:lib")).toEqual([".hidden", "a.py"])
  })

  it("that a program leaves are kept as one file, the same bytes for the same files, and laid out for the next", async () => {
    const make = { run: { shell: `cd "$REPRISE_OUTPUT_MODEL"; mkdir deep; echo one > deep/one.txt; printf '#!/bin/sh\necho runs\n' > tool; chmod +x tool` }, outputs: { model: { folder: true } } }
    const [first, second] = [await run(make), await run(make)]
    expect(Buffer.from(first.bytes("model")).equals(Buffer.from(second.bytes("model")))).toBe(true)
    expect(execFileSync("tar", ["-tf", first.outputs["model"]?.path ?? ""]).toString().trim().split("\n")).toEqual(["deep/one.txt", "tool"])
    const next = await run({ run: { shell: `cd "$REPRISE_INPUT_MODEL"; { cat deep/one.txt; ./tool; } > "$REPRISE_OUTPUT_OUT"` }, as: { model: "folder" }, outputs: { out: { file: "text/plain" } } }, { inputs: { model: { path: first.outputs["model"]?.path ?? "", kind: "artefact" } } })
    expect(Buffer.from(next.bytes("out")).toString()).toBe("one\nruns\n")
  })

  it("may not hold links, nor may an archive lay a file outside", async () => {
    expect(await attempt({ run: { shell: "ln -s /etc/passwd $REPRISE_OUTPUT_MODEL/link" }, outputs: { model: { folder: true } } })).toMatchObject({ message: expect.stringContaining("link is a link") })
    const folder = project({ evil: "x" })
    execFileSync("tar", ["-cPf", "evil.tar", "--transform", "s,evil,../../evil,", "evil"], { cwd: folder })
    expect(await attempt({ run: ["true"], as: { given: "folder" } }, { inputs: { given: { path: join(folder, "evil.tar"), kind: "artefact" } } })).toMatchObject({ message: expect.stringContaining("no file of its folder") })
  })
})

describe("a container", () => {
  const image = `python@sha256:${"0".repeat(64)}`
  it("is named by its digest, and runs the same command with the same paths", async () => {
    // An engine that notes what it is told, and runs the command as it is.
    const bin = project({ docker: `#!/bin/sh\nprintf '%s\\n' "$@" > "$REPRISE_OUTPUT_ASKED"\nwhile [ "$1" != "${image}" ]; do shift; done; shift\nexec "$@"\n` })
    chmodSync(join(bin, "docker"), 0o755)
    const before = process.env["PATH"]
    process.env["PATH"] = `${bin}:${before}`
    try {
      const ran = await run({ run: ["sh", "-c", "echo in > $REPRISE_OUTPUT_OUT"], container: image, env: { OWN: "1" }, outputs: { asked: { file: "text/plain" }, out: { file: "text/plain" } } }, { inputs: { data: data() } })
      expect(Buffer.from(ran.bytes("out")).toString()).toBe("in\n")
      const asked = Buffer.from(ran.bytes("asked")).toString().trim().split("\n")
      expect(asked).toEqual(expect.arrayContaining(["run", "--rm", "--network=none", "--env=OWN", "--env=REPRISE_TASK", image, "sh"]))
      expect(asked.filter((line) => line.startsWith("--volume=") && line.endsWith("data.arrow:ro"))).toHaveLength(1)
      expect(asked).not.toContain("--env=PATH")
    } finally {
      process.env["PATH"] = before
    }
  })
  it("by a tag is refused: it may be another one tomorrow", () => {
    expect(exec.decode({ run: ["true"], container: "python:3.12" })).toMatchObject({ ok: false, issues: [{ path: ["container"], message: expect.stringContaining("by its digest") }] })
    expect(exec.decode({ run: ["true"], container: image })).toMatchObject({ ok: true })
  })
})

describe("what is taken back", () => {
  it("is declared as one of a few kinds", () => {
    for (const output of [{}, { table: "csv", file: "text/plain" }]) {
      expect(exec.decode({ run: ["true"], outputs: { out: output } })).toMatchObject({ ok: false, issues: [{ path: ["outputs", "out"], message: expect.stringContaining("an output is one of table, dataset, file, folder, model") }] })
    }
    expect(exec.decode({ run: ["true"], outputs: { out: { folder: true } } })).toMatchObject({ ok: true })
  })

  it("Parquet, as a table with its types, and given as that", async () => {
    const table = await run({ run: { shell: `printf 'n,x,name,ok\n1,0.5,a,true\n2,,b,false\n' > $REPRISE_OUTPUT_OUT` }, outputs: csv })
    const given = { table: { path: table.outputs["out"]?.path ?? "", kind: "table" } } as const
    const ran = await run({ run: { shell: `cp "$REPRISE_INPUT_TABLE" "$REPRISE_OUTPUT_OUT"` }, as: { table: "parquet" }, outputs: { out: { table: "parquet" } } }, { inputs: given })
    expect(ran.rows("out")).toEqual([{ n: 1n, x: 0.5, name: "a", ok: true }, { n: 2n, x: null, name: "b", ok: false }])
    const samples = await run({ run: { shell: `cp "$REPRISE_INPUT_DATA" "$REPRISE_OUTPUT_OUT"` }, as: { data: "parquet" }, outputs: { out: { table: "parquet" } } }, { inputs: { data: data() } })
    expect(samples.rows("out").map(({ x, y }) => [...(x instanceof Float32Array ? x : []), y])).toEqual([[1, 2, 1], [3, 4, -1]])
    expect(await attempt({ run: { shell: "echo no > $REPRISE_OUTPUT_OUT" }, outputs: { out: { table: "parquet" } } })).toMatchObject({ message: expect.stringContaining("output \"out\"") })
  })

  it("a table of numbers as a data set", async () => {
    const ran = await run({ run: { shell: `printf 'a,b,class\n1,2,0\n3,4,1\n' > $REPRISE_OUTPUT_OUT` }, outputs: { out: { dataset: "csv", label: "class" } } })
    expect(ran.dataset("out")).toMatchObject({ x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(0, 1), shape: [2] })
    const again = await run({ run: { shell: `cp "$REPRISE_INPUT_DATA" "$REPRISE_OUTPUT_OUT"` }, outputs: { out: { dataset: "arrow" } } }, { inputs: { data: { path: ran.outputs["out"]?.path ?? "", kind: "dataset" } } })
    expect(again.dataset("out").x).toEqual(Float32Array.of(1, 2, 3, 4))
    expect(await attempt({ run: { shell: `printf 'a,b\n1,x\n' > $REPRISE_OUTPUT_OUT` }, outputs: { out: { dataset: "csv", label: "a" } } })).toMatchObject({ message: expect.stringMatching(/row 1, column b: "x" is no number/) })
    expect(await attempt({ run: { shell: `printf 'a,b\n1,2\n' > $REPRISE_OUTPUT_OUT` }, outputs: { out: { dataset: "csv" } } })).toMatchObject({ message: expect.stringContaining("no column y") })
  })

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
      { type: "log", level: "warn", message: expect.stringContaining("passed over, and so are others like it: not json") },
      { type: "metric", name: "f1", value: 1, step: 0 }
    ])
    expect(eventsOf("[1]")).toEqual([])
    expect(eventsOf('{"note": "NaN: in words", "loss": NaN, "bound":-Infinity , "step": 4}')).toEqual([
      { type: "metric", name: "loss", value: NaN, step: 4 },
      { type: "metric", name: "bound", value: -Infinity, step: 4 }
    ])
  })
})

describe("secrets", () => {
  const variables = { TOKEN: "abc/def=12", KEY: "line one\nline two", TINY: "x" }
  const redaction = makeRedaction(["TOKEN", "KEY", "TINY", "MISSING"], variables)

  it("are struck out as they are, in URLs, in base64 and line by line", () => {
    expect(redaction.whole(`t=abc/def=12 u=abc%2Fdef%3D12 b=${Buffer.from("abc/def=12").toString("base64")} line two! x`)).toBe("t=*** u=*** b=*** ***! x")
  })

  it("are found however the output is cut into pieces", () => {
    const text = "before abc/def=12 between abc/de and line onelinline two after abc"
    for (let size = 1; size < 20; size++) {
      const stream = redaction.stream()
      let out = ""
      for (let at = 0; at < text.length; at += size) out += stream.push(text.slice(at, at + size))
      expect(out + stream.end()).toBe("before *** between abc/de and ***lin*** after abc")
    }
  })

  it("are in no event that a program reports either", async () => {
    process.env["REPRISE_TEST_TOKEN"] = "s3cret-token"
    try {
      const ran = await run({ run: { shell: `printf '{"done":1,"total":2,"message":"with %s"}' "$REPRISE_TEST_TOKEN" >> $REPRISE_METRICS` }, secrets: ["REPRISE_TEST_TOKEN"] })
      expect(ran.events).toEqual([{ type: "progress", done: 1, total: 2, message: "with ***" }])
      expect(await attempt({ run: { shell: "echo $REPRISE_TEST_TOKEN >&2; exit 1" }, secrets: ["REPRISE_TEST_TOKEN"] })).toMatchObject({ message: expect.stringMatching(/last words:\n\*\*\*$/) })
    } finally {
      delete process.env["REPRISE_TEST_TOKEN"]
    }
  })
})

describe("a program that fails", () => {
  it("for want of memory is told from one that somebody killed", () => {
    const ending = { code: null, signal: "SIGKILL", tail: "step 7\n", kernelKilled: true } as const
    expect(failureOf("python3", ending)).toMatchObject({ _tag: "OutOfMemory", message: expect.stringContaining("ran out of memory, and its kernel killed python3. Its last words:\nstep 7") })
    expect(failureOf("sh", { ...ending, code: 137, signal: null })).toMatchObject({ _tag: "OutOfMemory" })
    expect(failureOf("python3", { ...ending, kernelKilled: false })).toMatchObject({ _tag: "ProgramFailed", message: expect.stringContaining("killed by SIGKILL") })
    expect(failureOf("sh", { ...ending, code: 1, signal: null })).toMatchObject({ _tag: "ProgramFailed", exitCode: 1 })
  })

  it("is quoted with its last words", async () => {
    expect(await attempt({ run: { shell: "echo going; echo 'no such lambda' >&2; exit 3" } })).toMatchObject({ tag: "ProgramFailed", exitCode: 3, message: expect.stringMatching(/exit code 3[\s\S]*no such lambda/) })
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
