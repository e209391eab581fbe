/**
 * The works of the tensor benchmark: training steps with all that they are made of. `peer.py` beside this file does the same in
 * PyTorch; names, shapes, constants and order of the tensors are the same there.
 */
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { type Shape, sizeOf } from "../../src/tensor/shape.ts"
import { fromNumbers, scalar, tensor, type Tensor } from "../../src/tensor/tensor.ts"
import { sgd, type TrainingStep } from "../../src/tensor/training.ts"

export interface Work {
  readonly name: string
  /** What the peer is asked for. */
  readonly peer: { readonly kind: "attack" | "conv" | "wide" | "pgd" | "epoch"; readonly layers?: ReadonlyArray<string> } | {
    readonly kind: "training" | "forward"
    readonly network: string
    /** Names of the network's inputs, in order. */
    readonly inputs: ReadonlyArray<string>
  }
  readonly limit: number | null
  /** How far the two sides may differ, where rounding alone takes them further apart than usual. */
  readonly tolerance?: number
  readonly learningRate: number
  readonly step: TrainingStep
  readonly parameters: Readonly<Record<string, Tensor>>
  readonly batch: Readonly<Record<string, Tensor>>
}

/** Numbers that look random, the same on every machine; the peer gets them through a file. */
class Noise {
  #state = 1
  uniform(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return this.#state / 2 ** 32
  }
  /** Uniform in [-bound, bound]. */
  around(shape: Shape, bound: number): Tensor {
    return tensor(Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * this.uniform() - 1)), shape)
  }
  between(shape: Shape, low: number, high: number): Tensor {
    return tensor(Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * this.uniform()), shape)
  }
  labels(count: number, classes: number): Tensor {
    return fromNumbers(Array.from({ length: count }, () => Math.floor(classes * this.uniform())), { type: "int64", shape: [count] })
  }
}

const inputsFor = (graph: Graph, tensors: Readonly<Record<string, Tensor>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape, type }]) => [name, graph.input(name, shape, type)]))

const get = (values: Readonly<Record<string, Value>>, name: string): Value => {
  const value = values[name]
  if (value === undefined) throw new Error(`no value ${name}`)
  return value
}

/** Adversarial training of a two-layer ReLU net: ten projected steps of the gradient's sign within eps, then the update. */
const attackWork = (hidden: number, limit: number): Work => {
  const noise = new Noise()
  const parameters = {
    w1: noise.around([hidden, 784], 1 / 28), b1: noise.around([hidden], 1 / 28),
    w2: noise.around([10, hidden], 1 / Math.sqrt(hidden)), b2: noise.around([10], 1 / Math.sqrt(hidden))
  }
  const batch = { x: noise.between([128, 784], 0, 1), y: noise.labels(128, 10) }
  const graph = new Graph()
  const values = inputsFor(graph, { ...parameters, ...batch })
  const v = (name: string) => get(values, name)
  const loss = (x: Value): Value => o.crossEntropy(o.linear(o.relu(o.linear(x, v("w1"), v("b1"))), v("w2"), v("b2")), v("y"))
  const [eps, size] = [0.1, 0.02]
  const low = o.max(o.sub(v("x"), eps), 0)
  const high = o.min(o.add(v("x"), eps), 1)
  let attacked = v("x")
  for (let i = 0; i < 10; i++) {
    const [slope = attacked] = grad(loss(attacked), [attacked])
    attacked = o.min(o.max(o.add(attacked, o.mul(o.sign(slope), size)), low), high)
  }
  return {
    name: `two-layer net 784-${hidden}-10, batch 128, PGD-10 and momentum update`,
    peer: { kind: "attack" },
    limit,
    learningRate: 0.1,
    step: { loss: loss(o.stopGradient(attacked)), parameters: inputsOf(graph, parameters), optimiser: sgd({ momentum: 0.9 }) },
    parameters,
    batch
  }
}

const inputsOf = (graph: Graph, tensors: Readonly<Record<string, Tensor>>): Record<string, Value> =>
  Object.fromEntries(Object.keys(tensors).flatMap((name) => {
    const value = graph.inputs.get(name)
    return value === undefined ? [] : [[name, value]]
  }))

/** 3 -> 32 (3x3), 32 -> 64 (3x3, stride 2), 64 -> 64 (3x3), ReLUs, mean over the plane, linear to 10 classes. */
const convWork = (): Work => {
  const noise = new Noise()
  const weights = (outputs: number, inputs: number, kernel = 3) => noise.around([outputs, inputs, kernel, kernel], Math.sqrt(6 / (inputs * kernel * kernel)))
  const parameters = {
    w1: weights(32, 3), b1: noise.around([32], 0.1), w2: weights(64, 32), b2: noise.around([64], 0.1), w3: weights(64, 64), b3: noise.around([64], 0.1),
    w4: noise.around([10, 64], 0.25), b4: noise.around([10], 0.1)
  }
  const batch = { x: noise.around([64, 3, 32, 32], 1), y: noise.labels(64, 10) }
  const graph = new Graph()
  const values = inputsFor(graph, { ...parameters, ...batch })
  const v = (name: string) => get(values, name)
  const first = o.relu(o.conv(v("x"), v("w1"), v("b1"), { pads: 1 }))
  const second = o.relu(o.conv(first, v("w2"), v("b2"), { pads: 1, strides: 2 }))
  const third = o.relu(o.conv(second, v("w3"), v("b3"), { pads: 1 }))
  const logits = o.linear(o.reshape(o.globalAveragePool(third), [64, 64]), v("w4"), v("b4"))
  return {
    name: "conv net, 32x32, batch 64, momentum step",
    peer: { kind: "conv" },
    limit: 0.8,
    learningRate: 0.01,
    step: { loss: o.crossEntropy(logits, v("y")), parameters: inputsOf(graph, parameters), optimiser: sgd({ momentum: 0.9 }) },
    parameters,
    batch
  }
}

/** The wide two-layer net of the perturbation-learning paper: d = 100, N = 1000, m = 100, frozen readout, loss mean(-y f(x)). */
const wideWork = (): Work => {
  const noise = new Noise()
  const parameters = { w: noise.around([100, 100], 0.17), b: noise.around([100], 1.7) }
  const batch = { x: noise.around([1000, 100], 1.7), y: tensor(Float32Array.from({ length: 1000 }, (_, i) => (i < 500 ? 1 : -1)), [1000, 1]), a: noise.around([1, 100], 0.17) }
  const graph = new Graph()
  const values = inputsFor(graph, { ...parameters, ...batch })
  const v = (name: string) => get(values, name)
  const output = o.linear(o.relu(o.linear(v("x"), v("w"), v("b"))), v("a"))
  return {
    name: "wide two-layer net, d 100, N 1000, m 100, full-batch momentum step",
    peer: { kind: "wide" },
    limit: null,
    learningRate: 0.1,
    step: { loss: o.neg(o.reduceMean(o.mul(v("y"), output))), parameters: inputsOf(graph, parameters), optimiser: sgd({ momentum: 0.9 }) },
    parameters,
    batch
  }
}

export const works: ReadonlyArray<() => Work> = [
  () => attackWork(32, 0.2), () => attackWork(256, 0.5), () => attackWork(1024, 0.7), convWork, wideWork
]

export const feedsOf = ({ batch, learningRate }: Work): Record<string, Tensor> => ({ ...batch, learningRate: scalar(learningRate) })
