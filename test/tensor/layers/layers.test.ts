/** What single layers do that no shipped network shows; those are compared with PyTorch (torch.test.ts). */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { spatialPartition, skeletonNamed } from "../../../src/tensor/layers/skeletons.ts"
import { summarise } from "../../../src/tensor/layers/summary.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { float32Of, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { network, parameters, run, startingValues } from "./build.ts"

const random = (shape: Shape, purpose = "x"): Tensor => tensor(randomStream(0, "test", purpose).fillNormal(new Float32Array(sizeOf(shape))), shape)
const list = (layers: string) => `layers: [${layers}]`

describe("shapes", () => {
  it.each([
    ["{ conv: { channels: 4, kernel: 3, stride: 2, padding: 1 } }", [3, 8, 8], [4, 4, 4]],
    ["{ conv: { channels: 4, kernel: [5, 1], padding: [2, 0], dilation: [1, 1] } }", [3, 8, 6], [4, 8, 6]],
    ["{ conv: { channels: 6, groups: 3 } }", [3, 8], [6, 6]],
    ["{ conv: { channels: 2 } }", [1, 4, 5, 6], [2, 2, 3, 4]],
    ["{ conv-transpose: { channels: 4, kernel: 4, stride: 2, padding: 1 } }", [3, 8, 8], [4, 16, 16]],
    ["{ conv-transpose: { channels: 4, stride: 2, padding: 1, output-padding: 1 } }", [3, 8, 8], [4, 16, 16]],
    ["{ max-pool: { kernel: 3, stride: 2, padding: 1 } }", [3, 9, 9], [3, 5, 5]],
    ["{ upsample: { factor: 3, mode: linear } }", [2, 4, 4], [2, 12, 12]],
    ["pixel-shuffle", [8, 3, 3], [2, 6, 6]],
    ["{ group-norm: { groups: 2 } }", [4, 5, 5], [4, 5, 5]],
    ["instance-norm", [4, 5, 5], [4, 5, 5]],
    ["{ batch-norm: {} }", [7], [7]],
    ["p-relu", [4, 5], [4, 5]],
    ["{ scale: { initial: { constant: 0.1 }, along: features } }", [4, 5], [4, 5]],
    ["tokens", [3, 4, 5], [20, 3]],
    ["{ linear: { units: 2 } }", [9, 4], [9, 2]],
    ["{ linear: { units: 2, everywhere: true } }", [9, 4, 3], [9, 4, 2]],
    ["{ linear: { units: 2, separate: true } }", [9, 4, 3], [9, 4, 2]],
    ["{ patches: { size: 2, features: 6 } }, class-token, { positions: { initial: waves, learned: false } }", [1, 4, 6], [7, 6]],
    ["{ permute: { order: [1, 0] } }, { reshape: { shape: [6] } }", [2, 3], [6]],
    ["{ unpatch: { patch: 2, channels: 3, rows: 2 } }", [6, 12], [3, 4, 6]]
  ])("%s takes %j to %j", (layers, input, output) => {
    const net = network(list(layers), input)
    expect(net.output).toEqual(output)
    const { output: values = [] } = run(net, random([2, ...input]))
    expect(values).toHaveLength(2 * sizeOf(output))
    expect(values.every(Number.isFinite)).toBe(true)
  })
})

describe("training and inference", () => {
  it("dropout leaves out what is below its rate in training, makes up for it, and rests in inference", () => {
    const net = network(list("{ dropout: { rate: 0.25 } }"), [4])
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 4])
    const noise = () => tensor([0.1, 0.3, 0.25, 0.9, 0, 0.2, 0.5, 0.99], [2, 4])
    expect(run(net, x, { mode: "training", noise })["output"]?.map((value) => Math.round(value * 3))).toEqual([0, 8, 12, 16, 0, 0, 28, 32])
    expect(run(net, x)["output"]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it("drop-path leaves out whole samples, dropout-channels whole channels", () => {
    const shapes: Array<ReadonlyArray<number>> = []
    const noise = ({ shape }: { readonly shape: Shape }) => {
      shapes.push(shape)
      return tensor(Float32Array.from({ length: sizeOf(shape) }, (_, i) => i % 2), shape)
    }
    const of = (layer: string) => run(network(list(layer), [2, 2]), tensor(new Float32Array(8).fill(1), [2, 2, 2]), { mode: "training", noise })["output"]
    expect(of("{ drop-path: { rate: 0.5 } }")).toEqual([0, 0, 0, 0, 2, 2, 2, 2])
    expect(of("{ dropout-channels: { rate: 0.5 } }")).toEqual([0, 0, 2, 2, 0, 0, 2, 2])
    expect(shapes).toEqual([[2, 1, 1], [2, 2, 1]])
  })

  it("batch-norm follows mean and variance (over n - 1) with its momentum", () => {
    const net = network(list("{ name: bn, batch-norm: { momentum: 0.1 } }"), [1])
    const { "bn.mean": mean = [], "bn.variance": variance = [], output = [] } = run(net, tensor([1, 3, 5, 7], [4, 1]), { mode: "training" })
    expect(mean[0]).toBeCloseTo(0.4, 6)
    expect(variance[0]).toBeCloseTo(0.9 + 0.1 * 20 / 3, 6)
    expect(output.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 6)
    expect(net.parameters.map(({ name, role }) => `${name} ${role}`)).toEqual(["bn.weight weight", "bn.bias weight", "bn.mean statistic", "bn.variance statistic"])
  })
})

describe("attention", () => {
  it("that is causal does not see later tokens", () => {
    const net = network(list("{ attention: { heads: 2, causal: true } }"), [4, 6])
    const x = random([1, 4, 6])
    const changed = tensor(float32Of(x).map((value, i) => (i >= 18 ? -value : value)), x.shape)
    const [before = [], after = []] = [run(net, x)["output"], run(net, changed)["output"]]
    expect(after.slice(0, 18)).toEqual(before.slice(0, 18))
    expect(after.slice(18)).not.toEqual(before.slice(18))
  })

  it("of variables starts as their mean", () => {
    const net = network(list("{ name: a, aggregate-variables: { heads: 1, representatives: 1 } }"), [3, 1, 4])
    const x = random([1, 3, 1, 4])
    const shuffled = tensor(Float32Array.from(x.data, Number).map((_, i) => Number(x.data[(i + 4) % 12])), x.shape)
    const [one = [], other = []] = [run(net, x)["output"], run(net, shuffled)["output"]]
    other.forEach((value, i) => expect(value).toBeCloseTo(one[i] ?? Number.NaN, 5))
  })
})

describe("starting values", () => {
  const spread = (of: Tensor | undefined) => {
    const values = of === undefined ? [] : Array.from(of.data, Number)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length), most: Math.max(...values.map(Math.abs)) }
  }
  const started = (initial: string) => spread(startingValues(network(list(`{ name: c, conv: { channels: 64, ${initial} } }`), [32, 8, 8]))["c.weight"])

  it.each([
    ["", 1 / Math.sqrt(3 * 288), 1 / Math.sqrt(288)],
    ["initial: kaiming-normal", Math.sqrt(2 / 288), Infinity],
    ["initial: kaiming-normal-out", Math.sqrt(2 / 576), Infinity],
    ["initial: kaiming-uniform", Math.sqrt(2 / 288), Math.sqrt(6 / 288)],
    ["initial: xavier-uniform", Math.sqrt(2 / 864), Math.sqrt(6 / 864)],
    ["initial: xavier-normal", Math.sqrt(2 / 864), Infinity],
    ["initial: { truncated-normal: 0.02 }", 0.02, 2],
    ["initial: { normal: 0.5 }", 0.5, Infinity],
    ["initial: { uniform: 0.3 }", 0.3 / Math.sqrt(3), 0.3]
  ])("%s have their deviation and bound", (initial, deviation, bound) => {
    const measured = started(initial)
    expect(Math.abs(measured.mean)).toBeLessThan(4 * deviation / Math.sqrt(18432))
    expect(measured.deviation / deviation).toBeCloseTo(1, 1)
    expect(measured.most).toBeLessThanOrEqual(bound)
  })

  it("do not change when a layer is added", () => {
    const plain = startingValues(network(list("{ name: a, linear: { units: 4 } }, { name: b, linear: { units: 2 } }"), [3]))
    const deeper = startingValues(network(list("{ name: a, linear: { units: 4 } }, { name: new, linear: { units: 4 } }, { name: b, linear: { units: 2 } }"), [3]))
    for (const [name, value] of Object.entries(plain)) expect(deeper[name]).toEqual(value)
  })

  it("of an embedding are 0 for padding", () => {
    const net = network("inputs: { x: { shape: [5], type: int64 } }\nlayers: [{ name: e, embedding: { tokens: 4, features: 3, padding: 1 } }]")
    const values = Array.from(startingValues(net)["e.weight"]?.data ?? [], Number)
    expect(values.map((value) => value === 0)).toEqual(Array.from({ length: 12 }, (_, i) => i >= 3 && i < 6))
  })
})

describe("the skeleton", () => {
  it("has columns that add up to 1 over its three kinds of neighbours", () => {
    const partition = spatialPartition(skeletonNamed("ntu-rgbd"))
    for (let target = 0; target < 25; target++) {
      let sum = 0
      for (let row = 0; row < 75; row++) sum += partition[row * 25 + target] ?? 0
      expect(sum).toBeCloseTo(1, 6)
    }
    expect([...partition].filter((value) => value > 0)).toHaveLength(25 + 2 * 24)
  })
})

describe("summaries", () => {
  it("count parameters and floating-point operations layer by layer", () => {
    const { flops, layers, parameters } = summarise(network(list("{ name: conv, conv: { channels: 4, padding: 1 } }, relu, flatten, { name: head, linear: { units: 10 } }"), [3, 8, 8]))
    expect(layers).toEqual([
      { name: "conv", kind: "conv", output: [4, 8, 8], parameters: 112, flops: 2 * 4 * 64 * 27 },
      { name: "layer2", kind: "relu", output: [4, 8, 8], parameters: 0, flops: 0 },
      { name: "layer3", kind: "flatten", output: [256], parameters: 0, flops: 0 },
      { name: "head", kind: "linear", output: [10], parameters: 2570, flops: 2 * 256 * 10 }
    ])
    expect([parameters, flops]).toEqual([2682, 13824 + 5120])
  })

  it("count shared parameters once", () => {
    expect(parameters(
      "inputs: { x: { shape: [5], type: int64 } }\nlayers: [{ embedding: { tokens: 4, features: 3, shared: words } }, { unembedding: { shared: words, tokens: 4 } }]"
    )).toEqual(["words.weight 4x3"])
  })
})
