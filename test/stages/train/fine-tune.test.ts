/** A model's file trained further: all of it or the weights that are named, and models from elsewhere. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import describeStage from "../../../stages/model/describe.ts"
import importStage from "../../../stages/model/import.ts"
import classifier from "../../../stages/train/classifier.ts"
import fineTune from "../../../stages/train/fine-tune.ts"
import { readModel } from "../../../src/tensor/onnx/schema.ts"
import { file, floats, info, ints, node } from "../../tensor/onnx/files.ts"
import { attemptStage, given, type Made, type Ran, runStage, temporaryFolder } from "../run-stage.ts"

/** Two kinds of 4 x 4 images: bright above, bright below, under noise; `swapped` names them the other way round. */
const images = (swapped = false): Made => given({
  x: Float32Array.from({ length: 32 * 16 }, (_, i) => ((i % 16 < 8) === (Math.floor(i / 16) % 2 === 0) ? 0.8 : 0.2) + 0.2 * Math.sin(i * i)),
  y: Float32Array.from({ length: 32 }, (_, i) => (swapped ? 1 - (i % 2) : i % 2)), shape: [1, 4, 4], metadata: {}
})

const ARCHITECTURE = `normalisation: { mean: [0.5], deviation: [0.25] }
layers: [{ name: conv, conv: { channels: 4, padding: 1 } }, { name: bn, batch-norm: {} }, relu, flatten, { name: head, linear: { units: 2 } }]
`
const project = (name: string, content: string | Uint8Array): string => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), content)
  return folder
}
const trained = (): Promise<Ran> =>
  runStage(classifier, { model: "net.yaml", epochs: 4, batch: 8, seed: 1 }, { inputs: { data: images() }, project: project("net.yaml", ARCHITECTURE) })

const modelOf = ({ outputs }: Ran): Made => {
  if (outputs["model"] === undefined) throw new Error("no model")
  return outputs["model"]
}
const weightsOf = (ran: Ran): ReadonlyMap<string, string> =>
  new Map((readModel(ran.bytes("model")).graph?.initializer ?? []).map(({ name = "", raw_data = new Uint8Array() }) => [name, Buffer.from(raw_data).toString("hex")]))

describe("train/fine-tune", () => {
  it("learns other labels with all weights, and keeps statistics and normalisation", async () => {
    const before = await trained()
    const after = await runStage(fineTune, { epochs: 8, batch: 8, rate: 0.05, seed: 2 }, { inputs: { model: modelOf(before), data: images(true), test: images(true) } })
    const epochs = after.rows("epochs")
    assert.isBelow(Number(epochs[0]?.["accuracy"]), 0.9) // it began with the other labels
    assert.strictEqual(epochs.at(-1)?.["test_accuracy"], 1)
    const [old, now] = [weightsOf(before), weightsOf(after)]
    assert.deepStrictEqual([...now.keys()].sort(), [...old.keys()].sort())
    for (const kept of ["bn.mean", "bn.variance"]) assert.strictEqual(now.get(kept), old.get(kept))
    for (const changed of ["conv.weight", "bn.weight", "head.weight", "head.bias"]) assert.notStrictEqual(now.get(changed), old.get(changed), changed)
    const constants = [...old.keys()].filter((name) => name.startsWith("constant_"))
    assert.isNotEmpty(constants) // the normalisation's numbers
    for (const name of constants) assert.strictEqual(now.get(name), old.get(name))
    const facts = await runStage(describeStage, {}, { inputs: { model: modelOf(after) } })
    assert.deepInclude(facts.rows("model")[0], { fingerprint_holds: true })
    assert.deepInclude(facts.rows("training"), { key: "stage", value: "train/fine-tune" })
    assert.deepStrictEqual(facts.rows("normalisation"), [{ channel: 0n, mean: 0.5, std: 0.25 }])
  })

  it("leaves alone the weights that are not named", async () => {
    const before = await trained()
    const after = await runStage(fineTune, { weights: ["head.*"], epochs: 1, batch: 8, seed: 2 }, { inputs: { model: modelOf(before), data: images(true) } })
    const [old, now] = [weightsOf(before), weightsOf(after)]
    const changed = [...old.keys()].filter((name) => now.get(name) !== old.get(name))
    assert.deepStrictEqual(changed.sort(), ["head.bias", "head.weight"])
  })

  it("takes a model from elsewhere", async () => {
    const net = file({
      opset: 13, input: [info("image", ["n", 1, 4, 4])], initializer: [floats("w", [2, 16], Array.from({ length: 32 }, () => 0.01)), floats("b", [2], [0, 0]), ints("flat", [0, -1])],
      node: [node("Reshape", ["image", "flat"], ["f"]), node("Gemm", ["f", "w", "b"], ["logits"], { transB: 1 })], output: [{ name: "logits" }]
    })
    const imported = await runStage(importStage, { file: "net.onnx", mean: [0.5] }, { project: project("net.onnx", net) })
    const after = await runStage(fineTune, { epochs: 10, batch: 8, rate: 0.1, optimiser: "adam", seed: 2 }, { inputs: { model: modelOf(imported), data: images() } })
    assert.strictEqual(after.rows("stat")[0]?.["accuracy"], 1)
    assert.includeMembers([...weightsOf(after).keys()], ["w", "b"])
  })

  it("says which weights there are, and which samples the model takes", async () => {
    const model = modelOf(await trained())
    const failure = async (params: Parameters<typeof attemptStage>[1], data: Made) => (await attemptStage(fineTune, { seed: 1, ...params }, { inputs: { model, data } })).error
    const unknown = await failure({ weights: ["tail.*"] }, images())
    assert.match(`${unknown?.message} ${unknown?.hint}`, /No weight of the model matches "tail\.\*".*conv\.weight.*head\.bias/)
    const flat = given({ x: new Float32Array(32), y: new Float32Array(2), shape: [16], metadata: {} })
    assert.match((await failure({}, flat))?.message ?? "", /takes samples \[1, 4, 4\], but the data's are \[16\]/)
  })
})
