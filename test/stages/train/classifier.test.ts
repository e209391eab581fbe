import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import { randomStream } from "../../../src/stage/random.ts"
import type { Dataset } from "../../../src/table/dataset.ts"
import accuracy from "../../../stages/evaluate/accuracy.ts"
import { architectureNetwork } from "../../../stages/train/lib/architecture.ts"
import { readArchitecture } from "../../../stages/train/lib/architecture-file.ts"
import { miniBatches } from "../../../stages/train/lib/mini-batches.ts"
import classifier from "../../../stages/train/classifier.ts"
import { attemptStage, given, runStage, temporaryFolder } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(0, "test", purpose)

/** A project folder with one architecture file. */
const project = (yaml: string) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "net.yaml"), yaml)
  return folder
}

/** Images of 4 x 4 with a bright half: class 0 left, 1 right, 2 top. */
const images = (n: number, purpose: string): Dataset => {
  const x = stream(purpose).fillNormal(new Float32Array(n * 16))
  const y = Float32Array.from({ length: n }, (_, i) => i % 3)
  y.forEach((label, sample) => {
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) {
        const bright = label === 0 ? column < 2 : label === 1 ? column >= 2 : row < 2
        const at = sample * 16 + row * 4 + column
        if (bright) x[at] = (x[at] ?? 0) + 1.5
      }
    }
  })
  return { x, y, shape: [1, 4, 4], metadata: {} }
}

const mlp = "layers: [flatten, { linear: { units: 16 } }, relu, { linear: { units: 3 } }]"
const convNet = "layers: [{ conv: { channels: 6, padding: 1 } }, { leaky-relu: {} }, { average-pool: {} }, flatten, { linear: { units: 3 } }]"

describe("train/classifier", () => {
  it.each([["a perceptron", mlp], ["a convolutional net", convNet]])("learns what %s can learn", async (_, yaml) => {
    const params = { model: "net.yaml", epochs: 12, batch: 32, rate: 0.05, seed: 0 }
    const ran = await runStage(classifier, params, { project: project(yaml), inputs: { data: given(images(600, "train")) } })
    const [measured] = (await runStage(accuracy, {}, { inputs: { model: ran.outputs["model"] ?? given(images(1, "none")), data: given(images(300, "test")) } })).rows("accuracy")
    expect(measured?.["accuracy"]).toBeGreaterThan(0.95)
    expect(ran.rows("stat")[0]).toMatchObject({ n: 600n, steps: BigInt(12 * 18) })
  })

  it("gives the same bytes every time", async () => {
    const params = { model: "net.yaml", epochs: 2, batch: 32, seed: 3 }
    const bytes = async () => (await runStage(classifier, params, { project: project(convNet), inputs: { data: given(images(100, "train")) } })).bytes("model")
    expect(await bytes()).toEqual(await bytes())
  })

  it("follows the batches' statistics and drops values in training, and neither afterwards", async () => {
    const net = "layers: [{ conv: { channels: 6, padding: 1, bias: false } }, { batch-norm: {}, name: bn }, relu, flatten, { dropout: { rate: 0.2 } }, { linear: { units: 3 } }]"
    const params = { model: "net.yaml", epochs: 8, batch: 32, rate: 0.05, seed: 0 }
    const train = () => runStage(classifier, params, { project: project(net), inputs: { data: given(images(600, "train")) } })
    const [ran, again] = [await train(), await train()]
    const measured = await runStage(accuracy, {}, { inputs: { model: ran.outputs["model"] ?? given(images(1, "none")), data: given(images(300, "test")) } })
    expect(measured.rows("accuracy")[0]?.["accuracy"]).toBeGreaterThan(0.95)
    const model = decodeModel(ran.bytes("model"), { dimensions: { batch: 1 } })
    expect(JSON.parse(model.metadata["architecture"] ?? "")).toHaveProperty("layers.length", 6)
    expect(ran.bytes("model")).toEqual(again.bytes("model"))
  })

  it("learns signed labels with one score", async () => {
    const { shape, x, y } = images(300, "train")
    const signed = given({ x, y: y.map((label) => (label === 0 ? 1 : -1)), shape, metadata: {} })
    const params = { model: "net.yaml", loss: "logistic", epochs: 10, rate: 0.05, batch: 50, seed: 0, schedule: "plateau" }
    const ran = await runStage(classifier, params, { project: project("layers: [flatten, { linear: { units: 1 } }]"), inputs: { data: signed } })
    expect(ran.rows("stat")[0]?.["accuracy"]).toBeGreaterThan(0.85)
  })

  it.each([
    ["layers: [{ linear: { units: 3 } }]", /Layer 1 \(linear\) needs vectors \(put `flatten` before it\), but gets samples of shape \[1, 4, 4\]/],
    ["layers: [flatten, global-mean]", /Layer 2 \(global-mean\) needs images/],
    ["layers: [{ conv: { channels: 2, kernel: 5 } }]", /Layer 1 \(conv\) has 5 x 5 filters, but gets samples of shape \[1, 4, 4\]/],
    ["layers: [relu]", /The last layer gives shape \[1, 4, 4\], not a vector/],
    ["layers: [flatten, { linear: { units: 2 } }]", /needs class numbers from 0 to 1, but sample 2 is labelled 2/],
    ["layers: [flatten, soft-max]", /net.yaml is no architecture: 1:19: .*unknown layer "soft-max"; did you mean "softmax"\?/],
    ["layers: [flatten, { linear: { unit: 2 } }]", /net.yaml is no architecture/],
    ["layers: []", /net.yaml is no architecture/],
    ["layers: [", /net.yaml is no architecture/]
  ])("says what is wrong with %s", async (yaml, message) => {
    const { error } = await attemptStage(classifier, { model: "net.yaml", seed: 0 }, { project: project(yaml), inputs: { data: given(images(9, "train")) } })
    expect(error?.message).toMatch(message)
  })
})

describe("architectures", () => {
  it("start within 1/sqrt(fan-in), as PyTorch's layers do", async () => {
    const architecture = await Effect.runPromise(readArchitecture(join(project(convNet), "net.yaml"), "net.yaml"))
    const net = await Effect.runPromise(architectureNetwork(architecture, [1, 4, 4], stream))
    expect(net.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["layer1.weight", [6, 1, 3, 3]],
      ["layer1.bias", [6]],
      ["layer5.weight", [3, 24]],
      ["layer5.bias", [3]]
    ])
    const greatest = net.parameters.map(({ initial }) => initial.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
    const bounds = [1 / 3, 1 / 3, 1 / Math.sqrt(24), 1 / Math.sqrt(24)]
    greatest.forEach((value, i) => expect(value).toBeLessThanOrEqual(bounds[i] ?? 0))
    expect(greatest[2]).toBeGreaterThan(0.9 / Math.sqrt(24))
  })

  it.each(["mlp", "small-conv"])("configs/models/%s.yaml fits the digits", async (name) => {
    const architecture = await Effect.runPromise(readArchitecture(`configs/models/${name}.yaml`, name))
    const net = await Effect.runPromise(architectureNetwork(architecture, name === "mlp" ? [784] : [1, 28, 28], stream))
    expect(net.outputs).toBe(10)
  })
})

describe("mini-batches", () => {
  const numbered: Dataset = { x: Float32Array.from({ length: 10 }, (_, i) => i), y: Float32Array.from({ length: 10 }, (_, i) => -i), shape: [1], metadata: {} }
  const batches = () => miniBatches(numbered, 3, (epoch) => stream(`epoch ${epoch}`))

  it("walk through every sample at most once in an epoch, with its label, in another order each time", () => {
    const { batch, perEpoch } = batches()
    expect(perEpoch).toBe(3)
    const epochs = [0, 1].map((epoch) => [0, 1, 2].flatMap((step) => {
      const { x, y } = batch(3 * epoch + step)
      x.data.forEach((value, place) => expect(Number(value) + Number(y.data[place])).toBe(0))
      return [...x.data].map(Number)
    }))
    for (const epoch of epochs) expect(new Set(epoch).size).toBe(9)
    expect(epochs[0]).not.toEqual(epochs[1])
  })

  it("are the same when a training resumes in the middle", () => {
    const whole = batches()
    for (let step = 0; step < 7; step++) whole.batch(step)
    expect(batches().batch(7)).toEqual(whole.batch(7))
  })
})
