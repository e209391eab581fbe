import { describe, expect, it } from "vitest"
import { fingerprintOf, type FingerprintRecord, recordOf } from "../../src/plan/fingerprint.ts"
import { pipeline } from "./support.ts"

const record: FingerprintRecord = {
  type: "reprise/task",
  version: 1,
  stage: "attack/perturb",
  code: "c0de",
  params: { eps: 0.01, norm: "l2", steps: 1, weights: { $file: ".onnx" } },
  inputs: { data: ["d1", "d2"], model: ["m1"] },
  items: { data: [{ seed: 0 }, { seed: 1 }] },
  files: { weights: "f1" },
  engine: { name: "onnxruntime", version: "1.30.0", backend: "cpu", threads: 2 }
}

describe("the fingerprint of a record", () => {
  // From Python: hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()). Every result ever kept is found by
  // this: if the test fails, the format has changed, and `version` must be raised.
  it("is this, for ever", () => {
    expect(fingerprintOf(record)).toBe("fbe5a5857287e484538ba43061ae4b38edeee0423227cda4d5a93e7cee4926c0")
  })

  it("does not depend on the order in which keys were written", () => {
    const reversed = (value: object): object =>
      Object.fromEntries(Object.entries(value).toReversed().map(([k, v]) => [k, typeof v === "object" && v !== null && !Array.isArray(v) ? reversed(v) : v]))
    const other = { ...record, ...reversed(record) }
    expect(JSON.stringify(other.params)).not.toBe(JSON.stringify(record.params))
    expect(fingerprintOf(other)).toBe(fingerprintOf(record))
  })

  it.each<readonly [string, FingerprintRecord]>([
    ["the stage", { ...record, stage: "attack/pgd" }],
    ["the code", { ...record, code: "c0df" }],
    ["a parameter", { ...record, params: { ...record.params, eps: 0.02 } }],
    ["a parameter's type", { ...record, params: { ...record.params, steps: "1" } }],
    ["a parameter more", { ...record, params: { ...record.params, clip: null } }],
    ["an input's content", { ...record, inputs: { ...record.inputs, model: ["m2"] } }],
    ["the order of what an input gathers", { ...record, inputs: { ...record.inputs, data: ["d2", "d1"] } }],
    ["what is known of a gathered instance", { ...record, items: { data: [{ seed: 0 }, { seed: 2 }] } }],
    ["a file", { ...record, files: { weights: "f2" } }],
    ["the engine's version", { ...record, engine: { name: "onnxruntime", version: "1.31.0", backend: "cpu", threads: 2 } }],
    ["the backend", { ...record, engine: { name: "onnxruntime", version: "1.30.0", backend: "cuda", threads: 2 } }],
    ["the number of threads", { ...record, engine: { name: "onnxruntime", version: "1.30.0", backend: "cpu", threads: 1 } }],
    ["whether there is an engine", { ...record, engine: null }]
  ])("changes with %s", (_, other) => {
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(record))
  })
})

describe("the record of a task", () => {
  const { stages: { attack: declaration } } = pipeline({ stages: { attack: { uses: "attack/perturb", cpus: 4 } } })
  if (declaration === undefined) throw new Error("the pipeline has no stage")
  const task = { uses: "attack/perturb", params: {}, inputs: {}, files: {}, declaration }
  const context = { code: "c0de", engine: null, digestOf: ({ output, task }: { task: string; output: string }) => `digest of ${task}.${output}` }

  it("takes the content of inputs, and leaves out inputs that are given nothing", () => {
    const made = recordOf({ ...task, inputs: { data: [{ task: "data-1", output: "train" }], mask: [] } }, context)
    expect(made.inputs).toEqual({ data: ["digest of data-1.train"] })
    expect(made.items).toEqual({})
  })

  it("holds the matrix values of gathered instances", () => {
    const scores = [{ task: "score-1", output: "out", item: { seed: 0 } }, { task: "score-2", output: "out", item: { seed: 1 } }]
    expect(recordOf({ ...task, inputs: { scores } }, context).items).toEqual({ scores: [{ seed: 0 }, { seed: 1 }] })
  })

  it("counts the content of files by the parameter that names them, not their names", () => {
    const first = recordOf({ ...task, params: { model: "a/wide.yaml", layers: [{ init: "w.NPY" }] }, files: { "a/wide.yaml": "f1", "w.NPY": "f2" } }, context)
    const moved = recordOf({ ...task, params: { model: "b/w.yaml", layers: [{ init: "x.npy" }] }, files: { "b/w.yaml": "f1", "x.npy": "f2" } }, context)
    expect(first.params).toEqual({ model: { $file: ".yaml" }, layers: [{ init: { $file: ".npy" } }] })
    expect(first.files).toEqual({ model: "f1", "layers[0].init": "f2" })
    expect(fingerprintOf(moved)).toBe(fingerprintOf(first))
  })

  it("tells a named file from a parameter that only looks like the record of one", () => {
    const named = recordOf({ ...task, params: { model: "m.yaml" }, files: { "m.yaml": "f1" } }, context)
    const literal = recordOf({ ...task, params: { model: { $file: ".yaml" } } }, context)
    expect(fingerprintOf(named)).not.toBe(fingerprintOf(literal))
  })

  it("has the engine only where the stage computes with it, with the threads that the file gives", () => {
    expect(recordOf(task, context).engine).toBeNull()
    expect(recordOf(task, { ...context, engine: { version: "1.30.0", backend: "cpu" } }).engine)
      .toEqual({ name: "onnxruntime", version: "1.30.0", backend: "cpu", threads: 4 })
  })
})
