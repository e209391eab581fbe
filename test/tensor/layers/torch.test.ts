/**
 * The shipped networks beside PyTorch with the same weights: results, gradients with respect to every parameter and input, running
 * statistics; and the saved file in onnxruntime beside both.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { grad } from "../../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { exportNetwork } from "../../../src/tensor/layers/export.ts"
import { drawParameters, type Network } from "../../../src/tensor/layers/network.ts"
import * as o from "../../../src/tensor/ops.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { float32Of, fromNumbers, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { randomStream } from "../../../src/stage/random.ts"
import { torchAnswers, whyNoTorch } from "../../stages/torch.ts"
import { shipped } from "./shipped.ts"

const minis = ["mlp-mini", "convnet-mini", "preact-resnet-mini", "wrn-mini", "vit-mini", "st-gcn-mini", "transformer-mini", "hvae-mini", "climax-mini", "vartex-mini"]
/** Random masks cannot be the same on both sides. */
const calm: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "wrn-mini": { dropout: 0 }, "st-gcn-mini": { dropout: 0 }, "transformer-mini": { dropout: 0 }, "climax-mini": { dropout: 0 }, "vartex-mini": { dropout: 0 }
}
const BATCH = 3

const draw = (purpose: string, shape: Shape, scale = 1): Float32Array =>
  randomStream(0, "test", purpose).fillNormal(new Float32Array(sizeOf(shape))).map((value) => scale * value)

interface Case {
  readonly network: Network
  readonly parameters: Readonly<Record<string, Tensor>>
  readonly inputs: Readonly<Record<string, Tensor>>
  /** The loss is the sum of the output times these. */
  readonly weights: Tensor
}

/** Starting values moved a little, so that none is 0 or 1. */
const caseOf = (name: string): Case => {
  const network = shipped(name, calm[name])
  const drawn = drawParameters(network, (purpose) => randomStream(0, name, purpose))
  const parameters = Object.fromEntries(network.parameters.map(({ name, role, shape }) => {
    const noise = draw(name, shape, 0.05)
    const start = drawn[name]
    return [name, tensor(noise.map((value, i) => Number(start?.data[i] ?? 0) + (role === "statistic" ? Math.abs(value) : value)), shape)]
  }))
  const inputs = Object.fromEntries(Object.entries(network.inputs).map(([key, { shape, type }]) => {
    const whole = [BATCH, ...shape]
    if (type === "float32") return [key, tensor(draw(`${name} ${key}`, whole), whole)]
    // Token 1 is padding: the end of every second source.
    const tokens = Array.from({ length: sizeOf(whole) }, (_, i) => (key === "source" && Math.floor(i / 12) % 2 === 1 && i % 12 > 8 ? 1 : 2 + ((i * 7) % 40)))
    return [key, fromNumbers(tokens, { type: "int64", shape: whole })]
  }))
  const shape = [BATCH, ...network.output]
  return { network, parameters, inputs, weights: tensor(draw(`${name} weights`, shape), shape) }
}

const base64 = ({ data }: Tensor): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")
const spelled = (tensors: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, of]) => [name, { type: of.type, shape: of.shape, data: base64(of) }]))

interface Answer {
  readonly evaluated: string
  readonly divergence?: string
  readonly trained: string
  readonly gradients: Readonly<Record<string, string>>
  readonly statistics: Readonly<Record<string, string>>
}

/** Our side of the training form. */
const trained = ({ inputs, network, parameters, weights }: Case) =>
  Effect.scoped(Effect.gen(function*() {
    const graph = new Graph()
    const fed = Object.fromEntries(Object.entries(inputs).map(([name, { shape, type }]) => [name, graph.input(name, shape, type)]))
    const bound: Record<string, Value> = {}
    const built = network.build({
      graph, mode: "training", inputs: fed, parameter: ({ name, shape }) => (bound[name] = graph.input(name, shape)), noise: ({ shape }) => graph.constant(tensor(new Float32Array(sizeOf(shape)), shape))
    })
    const loss = o.reduceSum(o.mul(built.output, graph.constant(weights)))
    const wanted = { ...bound, ...Object.fromEntries(Object.entries(fed).filter(([, { type }]) => type === "float32")) }
    const learned = Object.entries(wanted).filter(([name]) => built.updates[name] === undefined)
    const gradients = grad(loss, learned.map(([, value]) => value))
    const outputs = {
      output: built.output,
      ...Object.fromEntries(learned.flatMap(([name], i) => (gradients[i] === undefined ? [] : [[`gradient ${name}`, gradients[i]]]))),
      ...Object.fromEntries(Object.entries(built.updates).map(([name, value]) => [`after ${name}`, value]))
    }
    const session = yield* openSession(outputs)
    return yield* session.run({ ...inputs, ...parameters })
  }))

/** The saved file's outputs, computed by onnxruntime as any program would. */
const evaluated = async (bytes: Uint8Array, inputs: Case["inputs"]): Promise<Record<string, Tensor>> => {
  const ort = await import("onnxruntime-node")
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const results = await session.run(Object.fromEntries(Object.entries(inputs).map(([name, { data, shape, type }]) => [name, new ort.Tensor(type, data, shape)])))
  await session.release()
  return Object.fromEntries(Object.entries(results).flatMap(([name, { data, dims }]) => (data instanceof Float32Array ? [[name, tensor(data, dims)]] : [])))
}

const numbers = (text: string): Float32Array => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer)

/** Greatest difference, relative to the greatest number, or to `scale` if that is greater. */
const far = (ours: Tensor | undefined, theirs: Float32Array, scale = 0): number => {
  const values = ours === undefined ? new Float32Array() : float32Of(ours)
  if (values.length !== theirs.length) return Infinity
  const most = theirs.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), scale)
  return theirs.reduce((greatest, value, i) => Math.max(greatest, Math.abs(value - (values[i] ?? Number.NaN))), 0) / most
}

describe.skipIf(whyNoTorch !== undefined)(`shipped networks beside PyTorch${whyNoTorch === undefined ? "" : ` (${whyNoTorch})`}`, () => {
  const cases = new Map(whyNoTorch === undefined ? minis.map((name) => [name, caseOf(name)]) : [])
  const counted = {
    "convnet": {}, "preact-resnet-18": {}, "wrn-28-10": {}, "vit-ti-16": {}, "vit-s-16": {}, "vit-ti-16-64px": {}, "st-gcn": {}, "transformer": {}, "transformer-256": {},
    "preact-resnet-18 with a last normalisation": { "final-norm": 1 }, "wrn-28-10 without biases": { bias: false }
  }
  const answers = whyNoTorch === undefined
    ? torchAnswers<{ results: Readonly<Record<string, Answer>>; counts: Readonly<Record<string, number>> }>({
      counts: Object.keys(counted),
      results: Object.fromEntries([...cases].map(([name, { inputs, parameters, weights }]) =>
        [name, { inputs: spelled(inputs), parameters: spelled(parameters), weights: { type: "float32", shape: weights.shape, data: base64(weights) } }]))
    }, new URL("torch_networks.py", import.meta.url))
    : { results: {}, counts: {} }

  it.each(minis)("%s gives the same, and so do its gradients and statistics", async (name) => {
    const [ours, theirs] = [cases.get(name), answers.results[name]]
    if (ours === undefined || theirs === undefined) throw new Error("PyTorch gave no answer.")
    const file = await evaluated(exportNetwork(ours.network, ours.parameters), ours.inputs)
    expect(far(file["scores"], numbers(theirs.evaluated))).toBeLessThan(1e-4)
    if (theirs.divergence !== undefined) expect(far(file["divergence"], numbers(theirs.divergence))).toBeLessThan(1e-4)

    const step = await Effect.runPromise(trained(ours))
    expect(far(step["output"], numbers(theirs.trained))).toBeLessThan(1e-4)
    const gradients = Object.entries(theirs.gradients).map(([key, text]) => [key, numbers(text)] as const)
    // A gradient that is zero but for rounding (a bias before a normalisation) is compared with the others.
    const typical = 1e-2 * gradients.reduce((most, [, values]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), most), 0)
    const wrong = gradients.map(([key, values]) => [key, far(step[`gradient ${key}`], values, typical)] as const).filter(([, error]) => !(error < 1e-4))
    expect(wrong).toEqual([])
    for (const [key, text] of Object.entries(theirs.statistics)) expect(far(step[`after ${key}`], numbers(text)), key).toBeLessThan(1e-4)
  }, 120_000)

  it.each(Object.entries(counted))("%s has as many parameters", (name, settings) => {
    const { parameters } = shipped(name.replace(/ with.*/, ""), settings)
    const count = parameters.reduce((sum, { role, shape }) => sum + (role === "weight" ? sizeOf(shape) : 0), 0)
    expect(count).toBe(answers.counts[name])
  })
})
