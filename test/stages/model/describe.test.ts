/** A trained model's file from one end to the other: written by a train stage, described, opened by onnxruntime and by the onnx package. */
import { execFileSync, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import describeStage from "../../../stages/model/describe.ts"
import classifier from "../../../stages/train/classifier.ts"
import twoLayer from "../../../stages/train/two-layer.ts"
import { runFile } from "../../../src/tensor/import-check.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import { readMetadata } from "../../../src/tensor/onnx/metadata.ts"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import * as o from "../../../src/tensor/ops.ts"
import { tensor } from "../../../src/tensor/tensor.ts"
import { attemptStage, given, type Ran, runStage, temporaryFolder } from "../run-stage.ts"

const ARCHITECTURE = `description: A small net.
normalisation: { mean: [0.5], deviation: [0.25] }
classes: [left, right]
layers: [{ name: conv, conv: { channels: 2, padding: 1 } }, { name: bn, batch-norm: {} }, relu, global-mean, { name: head, linear: { units: 2 } }]
`
const data = () => given({
  x: Float32Array.from({ length: 8 * 16 }, (_, i) => Math.sin(i * i)), y: Float32Array.from({ length: 8 }, (_, i) => i % 2), shape: [1, 4, 4], metadata: {}
})

const project = (architecture = ARCHITECTURE, name = "net.yaml"): string => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), architecture)
  return folder
}

const trained = (params: Readonly<Record<string, number | string>> = {}, folder = project()): Promise<Ran> =>
  runStage(classifier, { model: "net.yaml", epochs: 1, batch: 4, seed: 3, ...params }, { inputs: { data: data() }, project: folder })

const described = (ran: Ran, output = "model"): Promise<Ran> => {
  const model = ran.outputs[output]
  if (model === undefined) throw new Error("no model")
  return runStage(describeStage, {}, { inputs: { model } })
}

const metadataOf = (ran: Ran) => readMetadata(decodeModel(ran.bytes("model"), { dimensions: { batch: 1 } }).metadata)

describe("a trained model's file", () => {
  it("says what it is, what it takes and how it was trained", async () => {
    const facts = await described(await trained())
    const [row] = facts.rows("model")
    assert.deepInclude(row, { architecture: "A small net.", producer: "reprise", opset: 21n, source_opset: null, fingerprint_holds: true })
    assert.match(String(row?.["fingerprint"]), /^sha256:[0-9a-f]{64}$/)
    assert.deepStrictEqual(facts.rows("ports"), [
      { direction: "input", name: "x", type: "float32", shape: "[batch, 1, 4, 4]" }, { direction: "output", name: "scores", type: "float32", shape: "[batch, 2]" }
    ])
    assert.deepStrictEqual(facts.rows("normalisation"), [{ channel: 0n, mean: 0.5, std: 0.25 }])
    assert.deepStrictEqual(facts.rows("classes"), [{ class: 0n, name: "left" }, { class: 1n, name: "right" }])
    assert.includeDeepMembers([...facts.rows("operators")], [{ operator: "Conv", count: 1n }])
    const training = new Map(facts.rows("training").map(({ key, value }) => [key, value]))
    assert.deepStrictEqual([training.get("stage"), training.get("params.seed"), training.get("params.rate")], ["train/classifier", "3", "0.1"])
    assert.strictEqual(training.get("params.model"), `sha256:${createHash("sha256").update(ARCHITECTURE).digest("hex")}`)
  })

  it("has another fingerprint for other parameters or another architecture, and the same for a file of another name", async () => {
    const of = async (ran: Promise<Ran>) => metadataOf(await ran).fingerprint
    const usual = await of(trained())
    assert.strictEqual(await of(trained()), usual)
    assert.notStrictEqual(await of(trained({ rate: 0.05 })), usual)
    assert.notStrictEqual(await of(trained({}, project(ARCHITECTURE.replace("channels: 2", "channels: 3")))), usual)
    assert.strictEqual(await of(trained({ model: "other.yaml" }, project(ARCHITECTURE, "other.yaml"))), usual)
  })

  it("of the two-layer net says so too", async () => {
    const samples = given({ x: Float32Array.of(1, 0, 0, 1), y: Float32Array.of(1, -1), shape: [2], metadata: {} })
    const ran = await runStage(twoLayer, { width: 4, rate: 0.1, steps: 2, seed: 1 }, { inputs: { data: samples } })
    assert.deepInclude((await described(ran)).rows("model")[0], { fingerprint_holds: true })
  })

  it("opens in onnxruntime for any number of samples", async () => {
    const { path } = (await trained()).outputs["model"] ?? { path: "" }
    for (const batch of [1, 5]) {
      const { scores } = await Effect.runPromise(runFile(readFileSync(path), { x: tensor(new Float32Array(batch * 16).fill(0.5), [batch, 1, 4, 4]) }))
      assert.deepStrictEqual(scores?.shape, [batch, 2])
    }
  })

  const python = ["/usr/bin/python3"].find((path) => existsSync(path) && spawnSync(path, ["-c", "import onnx"]).status === 0)
  it.skipIf(python === undefined)(`is read by the onnx package${python === undefined ? " (skipped, Debian: python3-onnx)" : ""}`, async () => {
    const { path } = (await trained()).outputs["model"] ?? { path: "" }
    const script = [
      "import json, sys, onnx\nfrom onnx import numpy_helper",
      "model = onnx.load(sys.argv[1])",
      // Its checker refuses formats that are younger than itself.
      "if onnx.IR_VERSION >= model.ir_version: onnx.checker.check_model(model, full_check=True)",
      "shapes = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*model.graph.input, *model.graph.output]}",
      "weights = {w.name: list(numpy_helper.to_array(w).shape) for w in model.graph.initializer}",
      "json.dump({'metadata': {p.key: p.value for p in model.metadata_props}, 'shapes': shapes, 'weights': weights}, sys.stdout)"
    ].join("\n")
    const read: { metadata: Record<string, string>; shapes: Record<string, unknown>; weights: Record<string, unknown> } =
      JSON.parse(execFileSync(python ?? "", ["-c", script, path], { encoding: "utf8" }))
    assert.deepStrictEqual(read.shapes, { x: ["batch", 1, 4, 4], scores: ["batch", 2] })
    assert.includeDeepMembers(Object.values(read.weights), [[2, 1, 3, 3], [2, 2]])
    assert.deepStrictEqual(JSON.parse(read.metadata["classes"] ?? ""), ["left", "right"])
    assert.deepStrictEqual(JSON.parse(read.metadata["normalisation"] ?? ""), { mean: [0.5], std: [0.25] })
    assert.strictEqual(read.metadata["fingerprint"], `sha256:${createHash("sha256").update(read.metadata["training"] ?? "").digest("hex")}`)
  })
})

describe("model/describe", () => {
  it("says of a file without metadata what there is", async () => {
    const graph = new Graph()
    const path = join(temporaryFolder(), "bare.onnx")
    writeFileSync(path, encodeModel({ y: o.mul(graph.input("x", [2, 3]), graph.constant(tensor([1, 2, 3], [3]))) }))
    const facts = await runStage(describeStage, {}, { inputs: { model: { path, kind: "artefact" } } })
    assert.deepInclude(facts.rows("model")[0], { architecture: null, fingerprint: null, fingerprint_holds: null, numbers: 3n, nodes: 1n })
    assert.deepStrictEqual([facts.rows("training"), facts.rows("metadata"), facts.rows("classes")], [[], [], []])
  })

  it("notices a training that somebody changed", async () => {
    const graph = new Graph()
    const path = join(temporaryFolder(), "changed.onnx")
    const metadata = { architecture: "net", training: '{"stage":"train/other"}', fingerprint: "sha256:0" }
    writeFileSync(path, encodeModel({ y: o.relu(graph.input("x", [2])) }, { metadata }))
    assert.deepInclude((await runStage(describeStage, {}, { inputs: { model: { path, kind: "artefact" } } })).rows("model")[0], { architecture: "net", fingerprint_holds: false })
  })

  it("refuses what is no model", async () => {
    const path = join(temporaryFolder(), "text.onnx")
    writeFileSync(path, "no model")
    const { error } = await attemptStage(describeStage, {}, { inputs: { model: { path, kind: "artefact" } } })
    assert.match(error?.message ?? "", /not ONNX|no ONNX graph/)
  })
})
