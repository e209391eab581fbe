import { describe, expect, it } from "vitest"
import { type EarlierTask, explain, makeExplainer } from "../../src/plan/explain.ts"
import type { FingerprintRecord } from "../../src/plan/fingerprint.ts"
import { cpuTime } from "./support.ts"

const base: FingerprintRecord = {
  type: "reprise/task",
  version: 1,
  stage: "attack/perturb",
  code: "c".repeat(64),
  params: { eps: 0.1, norm: "l2", optimizer: { lr: 1, momentum: 0.9 } },
  inputs: { data: ["d".repeat(64)], model: ["m".repeat(64)] },
  items: {},
  files: { weights: "f".repeat(64) },
  engine: { name: "onnxruntime", version: "1.30.0", backend: "cpu", threads: 2 }
}
const run = (since: string, changes: Partial<FingerprintRecord> = {}): EarlierTask => ({ since, record: { ...base, ...changes } })
const because = (changes: Partial<FingerprintRecord>, earlier: ReadonlyArray<EarlierTask> = [run("r1")]) =>
  explain({ ...base, ...changes }, earlier, () => undefined)

describe("why a task runs", () => {
  it("is that nothing like it was ever run", () => {
    expect(because({}, [])).toEqual({ kind: "new" })
    expect(because({ stage: "attack/pgd" })).toEqual({ kind: "new" })
  })

  it.each<readonly [string, Partial<FingerprintRecord>, { field: string; before?: string; after?: string }]>([
    ["a parameter", { params: { ...base.params, eps: 0.2 } }, { field: "params.eps", before: "0.1", after: "0.2" }],
    ["a parameter inside another", { params: { ...base.params, optimizer: { lr: 0.5, momentum: 0.9 } } }, { field: "params.optimizer.lr", before: "1", after: "0.5" }],
    ["a parameter more", { params: { ...base.params, clip: true } }, { field: "params.clip", before: "(absent)", after: "true" }],
    ["a parameter less", { params: { eps: 0.1, optimizer: { lr: 1, momentum: 0.9 } } }, { field: "params.norm", before: '"l2"', after: "(absent)" }],
    ["a file", { files: { weights: "e".repeat(64) } }, { field: "file weights", before: "ffffffffff", after: "eeeeeeeeee" }],
    ["an input", { inputs: { ...base.inputs, data: ["b".repeat(64)] } }, { field: "input data", before: "dddddddddd", after: "bbbbbbbbbb" }],
    ["an input more", { inputs: { ...base.inputs, mask: ["b".repeat(64)] } }, { field: "input mask", before: "(absent)" }],
    ["the engine", { engine: { name: "onnxruntime", version: "1.31.0", backend: "cpu", threads: 2 } }, { field: "engine version", before: '"1.30.0"', after: '"1.31.0"' }],
    ["no engine", { engine: null }, { field: "engine backend", before: '"cpu"', after: "(absent)" }],
    ["the code", { code: "e".repeat(64) }, { field: "code", before: "cccccccccc", after: "eeeeeeeeee" }]
  ])("names %s", (_, changes, expected) => {
    expect(because(changes)).toMatchObject({ kind: "changed", since: "r1", ...expected })
  })

  it("compares with the nearest earlier task, the latest of equals", () => {
    const earlier = [run("far", { params: { eps: 9 } }), run("near"), run("equally near"), run("far again", { code: "x", params: {} })]
    expect(because({ params: { ...base.params, eps: 0.2 } }, earlier)).toMatchObject({ field: "params.eps", since: "equally near" })
  })

  it("looks at code, then parameters, then files, inputs and engine", () => {
    const everything: Partial<FingerprintRecord> = { code: "x", params: {}, files: { weights: "x" }, inputs: { data: ["x"] }, engine: null }
    const order: Array<string> = []
    for (const field of ["code", "params", "files", "inputs", "engine"] as const) {
      const reason = because(everything)
      order.push(reason.kind === "changed" ? reason.field : reason.kind)
      Object.assign(everything, { [field]: base[field] })
    }
    expect(order).toEqual(["code", "params.eps", "file weights", "input data", "engine backend"])
    expect(because(everything)).toEqual({ kind: "new" })
  })

  it("names the file whose code differs", () => {
    const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      [base.code]: { "stages/attack/perturb.ts": "1", "stages/attack/lib/norm.ts": "1" },
      changed: { "stages/attack/perturb.ts": "2", "stages/attack/lib/norm.ts": "1" },
      added: { "stages/attack/perturb.ts": "2", "stages/attack/lib/norm.ts": "1", "stages/attack/lib/new.ts": "1", "stages/attack/lib/z.ts": "1" },
      packages: { "stages/attack/perturb.ts": "1", "stages/attack/lib/norm.ts": "1" }
    }
    const field = (code: string) => {
      const reason = explain({ ...base, code }, [run("r1")], (digest) => files[digest])
      return reason.kind === "changed" ? reason.field : reason.kind
    }
    expect(field("changed")).toBe("code: stages/attack/perturb.ts")
    expect(field("added")).toBe("code: stages/attack/lib/new.ts, stages/attack/lib/z.ts and 1 more")
    expect(field("packages")).toBe("code: the packages that it imports")
    expect(field("unknown")).toBe("code")
  })

  it("cuts long values", () => {
    const reason = because({ params: { ...base.params, norm: "x".repeat(500) } })
    expect(reason.kind === "changed" && reason.after.length).toBe(60)
  })
})

describe("explaining a whole plan", () => {
  it("takes 10,000 tasks against 10,000 earlier ones in seconds", () => {
    const at = (i: number, changes: Partial<FingerprintRecord>): FingerprintRecord =>
      ({ ...base, params: { lr: i % 10, seed: Math.floor(i / 10) % 100, eps: Math.floor(i / 1000) }, inputs: { data: [`d${i}`] }, ...changes })
    const earlier = Array.from({ length: 10_000 }, (_, i) => ({ record: at(i, {}), since: `task ${i}` }))
    const started = cpuTime()
    const why = makeExplainer(earlier, () => undefined)
    for (let i = 0; i < 10_000; i++) expect(why(at(i, { code: "new" }))).toMatchObject({ field: "code", since: `task ${i}` })
    expect(cpuTime() - started).toBeLessThan(3000)
  })
})
