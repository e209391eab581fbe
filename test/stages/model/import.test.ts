import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import stage from "../../../stages/model/import.ts"
import accuracy from "../../../stages/evaluate/accuracy.ts"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import { readMetadata } from "../../../src/tensor/onnx/metadata.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { file, type File, floats, info, ints, node } from "../../tensor/onnx/files.ts"
import { attemptStage, given, runStage, temporaryFolder } from "../run-stage.ts"

/** A classifier of 2 x 2 images with one channel, as PyTorch exports it for one image: the difference of rows, and of columns. */
const network: File = {
  opset: 11,
  input: [info("image", [1, 1, 2, 2])],
  initializer: [floats("w", [2, 4], [1, 1, -1, -1, 1, -1, 1, -1]), floats("b", [2], [0, 0.5]), ints("flat", [1, -1])],
  node: [node("Reshape", ["image", "flat"], ["f"]), node("Gemm", ["f", "w", "b"], ["logits"], { transB: 1 })],
  output: [{ name: "logits" }]
}
const softmax: File = { ...network, node: [...network.node ?? [], node("Softmax", ["logits"], ["p"], { axis: 1 })], output: [{ name: "p" }] }

const project = (of: File, more: Readonly<Record<string, Uint8Array>> = {}): string => {
  const folder = temporaryFolder()
  for (const [name, bytes] of Object.entries({ "net.onnx": file(of), ...more })) writeFileSync(join(folder, name), bytes)
  return folder
}

const image = [1, 2, 3, 5]
const scoresOf = (model: Uint8Array, batch: number) => {
  const { outputs } = decodeModel(model, { dimensions: { batch } })
  const images = tensor(Array.from({ length: batch }, () => image).flat(), [batch, 1, 2, 2])
  return [...toNumbers(interpret(outputs, { x: images })["scores"] ?? tensor([], [0]))]
}

describe("model/import", () => {
  it("makes a file for one sample a model for any number, and says what it is", async () => {
    const ran = await runStage(stage, { file: "net.onnx", classes: ["rows", "columns"] }, { project: project(network) })
    assert.deepStrictEqual(scoresOf(ran.bytes("model"), 2), [-5, -2.5, -5, -2.5])
    const [row] = ran.rows("stat")
    assert.deepInclude(row, { architecture: "net", opset: 11n, inputs: 4n, outputs: 2n, parameters: 10n })
    assert.isBelow(Number(row?.["runtime_difference"]), 1e-6)
    assert.isBelow(Number(row?.["interpreter_difference"]), 1e-6)
    assert.deepStrictEqual(ran.rows("classes"), [{ class: 0n, name: "rows" }, { class: 1n, name: "columns" }])
    const metadata = readMetadata(decodeModel(ran.bytes("model"), { dimensions: { batch: 1 } }).metadata)
    assert.deepInclude(metadata, { architecture: "net", classes: ["rows", "columns"], opset: 11 })
    assert.match(metadata.fingerprint ?? "", /^sha256:[0-9a-f]{64}$/)
  })

  it("puts the scaling of the samples into the model, and takes the logarithm of probabilities", async () => {
    const ran = await runStage(stage, { file: "net.onnx", mean: [1], std: [2], scores: "probabilities" }, { project: project(softmax) })
    const [rows = NaN, columns = NaN] = scoresOf(ran.bytes("model"), 1)
    assert.closeTo(rows - columns, -2.5 - (-1.5 + 0.5), 1e-6)
    assert.deepStrictEqual(readMetadata(decodeModel(ran.bytes("model"), { dimensions: { batch: 1 } }).metadata).normalisation, { mean: [1], std: [2] })
  })

  it("gives what other stages take", async () => {
    const { outputs } = await runStage(stage, { file: "net.onnx" }, { project: project(network) })
    const { model } = outputs
    if (model === undefined) throw new Error("no model")
    const data = given({ x: Float32Array.from([...image, 5, 3, 2, 1]), y: Float32Array.of(1, 0), shape: [1, 2, 2], metadata: {} })
    assert.deepInclude((await runStage(accuracy, {}, { inputs: { model, data } })).rows("accuracy")[0], { n: 2n, accuracy: 1 })
  })

  it("reads values from the middle, and sizes that the file leaves open", async () => {
    const open: File = { ...softmax, input: [info("image", ["n", 1, "side", undefined])], initializer: [...network.initializer?.slice(0, 2) ?? [], ints("flat", [0, -1])] }
    const ran = await runStage(stage, { file: "net.onnx", output: "logits", sample: [1, 2, 2] }, { project: project(open) })
    assert.deepStrictEqual(scoresOf(ran.bytes("model"), 1), [-5, -2.5])
    const { error } = await attemptStage(stage, { file: "net.onnx", shapes: { side: 2 } }, { project: project(open) })
    assert.match(error?.message ?? "", /input "image" leaves the size of dimension 3 open; give it in `sample`/)
  })

  it("reads weights from the files that are declared", async () => {
    const external_data = [{ key: "location", value: "net.bin" }]
    const [, ...rest] = network.initializer ?? []
    const of: File = { ...network, initializer: [{ name: "w", dims: [2, 4], data_type: 1, data_location: 1, external_data }, ...rest] }
    const folder = project(of, { "net.bin": new Uint8Array(Float32Array.of(1, 1, -1, -1, 1, -1, 1, -1).buffer) })
    assert.deepStrictEqual(scoresOf((await runStage(stage, { file: "net.onnx", weights: ["net.bin"] }, { project: folder })).bytes("model"), 1), [-5, -2.5])
    assert.match((await attemptStage(stage, { file: "net.onnx" }, { project: folder })).error?.message ?? "", /weights in "net.bin"; name that file in `weights`/)
  })

  it("refuses what it cannot follow, and says why", async () => {
    const failure = async (of: File, params: Parameters<typeof runStage>[1] = {}) =>
      (await attemptStage(stage, { file: "net.onnx", ...params }, { project: project(of) })).error?.message ?? ""
    assert.match(await failure(network, { classes: ["one"] }), /1 names in `classes`, and the model gives 2 scores/)
    assert.match(await failure(network, { input: "picture" }), /no input "picture"; it has "image"/)
    assert.match(await failure(network, { mean: [1, 2] }), /`mean` and `std` have 2 numbers; give 1/)
    assert.match(await failure({ ...network, input: [info("image", [4, 1, 2, 2])] }), /takes exactly 4 samples at once/)
    assert.match(await failure({ ...network, node: [node("Frobnicate", ["image"], ["logits"])] }), /Node "Frobnicate of logits" \(Frobnicate\): the operator is not known/)
    // These mix the samples of a batch: right for one, not for more.
    const mixing = (...nodes: ReadonlyArray<ReturnType<typeof node>>): File =>
      ({ ...network, node: [...network.node?.slice(0, 1) ?? [], ...nodes, node("Gemm", ["s", "w", "b"], ["logits"], { transB: 1 })] })
    assert.match(await failure(mixing(node("ReduceMean", ["f"], ["m"], { axes: [0] }), node("Sub", ["f", "m"], ["s"]))), /does not compute what its file does: it differs by/)
    assert.match(await failure(mixing(node("Softmax", ["f"], ["s"], { axis: 0 }))), /does not compute what its file does/)
    // Other weights of a sample than 0 do not grow with the batch.
    const beside: File = { ...network, initializer: [...network.initializer ?? [], floats("extra", [1, 2], [9, 8])] }
    const narrow = [node("Slice", ["f"], ["g"], { starts: [0], ends: [2], axes: [1] }), node("Concat", ["g", "extra"], ["s"], { axis: 1 })]
    assert.match(await failure({ ...beside, opset: 9, node: mixing(...narrow).node ?? [] }), /cannot take any number of samples at once/)
  })
})
