import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, reachable, type Value } from "../../src/tensor/graph.ts"
import { lower } from "../../src/tensor/lowering/lower.ts"
import { blockedRules } from "../../src/tensor/lowering/blocked.ts"
import { cpuRules } from "../../src/tensor/lowering/cpu.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { type Shape, sizeOf } from "../../src/tensor/shape.ts"
import { fromNumbers, type Tensor, tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { apart, type Case, caseTitles, Dice, makeCase, weighted } from "./cases.ts"

const operators = (values: Readonly<Record<string, Value>>): ReadonlyArray<string> =>
  reachable(Object.values(values)).flatMap(({ node }) => (node === undefined ? [] : [node.operator.name]))

/** Both graphs give the same numbers. */
const checkSame = (outputs: Readonly<Record<string, Value>>, lowered: Readonly<Record<string, Value>>, feeds: Readonly<Record<string, Tensor>>): void => {
  const actual = interpret(lowered, feeds)
  for (const [name, expected] of Object.entries(interpret(outputs, feeds))) {
    const numbers = actual[name] === undefined ? [] : toNumbers(actual[name])
    toNumbers(expected).forEach((number, i) => assert.closeTo(numbers[i] ?? NaN, number, 1e-6 * Math.max(1, Math.abs(number)), name))
  }
}

const withGradients = (one: Case, seed: number): Record<string, Value> => {
  const outputs: Record<string, Value> = { y: one.output }
  grad(weighted(one, new Dice(seed)), one.inputs).forEach((gradient, i) => (outputs[`d${i}`] = gradient))
  return outputs
}

describe("a lowered graph computes the same, gradients included", () => {
  for (const title of caseTitles) {
    it(title, () => {
      for (const seed of [21, 22]) {
        const one = makeCase(title, seed, "float32")
        const outputs = withGradients(one, seed)
        checkSame(outputs, lower(outputs, cpuRules), one.feeds)
      }
    })
  }
})

/** Convolutions of `c` and 2 `c` channels with all that stands between and after them in a network. */
const smallConvNet = (c: number): Case => {
  const dice = new Dice(41)
  const graph = new Graph()
  const inputs: Array<Value> = []
  const feeds: Record<string, Tensor> = {}
  const input = (name: string, shape: Shape): Value => {
    const value = graph.input(name, shape)
    feeds[name] = fromNumbers(apart(dice, sizeOf(shape), -0.5, 0.5), value)
    inputs.push(value)
    return value
  }
  const x = o.relu(o.conv(input("x", [2, 3, 6, 5]), input("w1", [c, 3, 3, 3]), input("b1", [c]), { pads: 1 }))
  const normalised = o.mul(o.sub(x, o.reduceMean(x, [2, 3], true)), input("scale", [1, c, 1, 1]))
  const deep = o.leakyRelu(o.conv(normalised, input("w2", [2 * c, c, 3, 3]), input("b2", [2 * c]), { pads: 1, strides: 2 }), 0.1)
  const skip = o.add(deep, o.tanh(o.conv(deep, input("w3", [2 * c, 2 * c, 3, 3]), undefined, { pads: 1 })))
  const pooled = o.reshape(o.globalAveragePool(o.mul(skip, 2)), [2, 2 * c])
  return { title: "a small conv net", graph, inputs, output: pooled, feeds }
}

describe("convolutions in blocks of channels", () => {
  const outputs = withGradients(smallConvNet(8), 42)
  const lowered = lower(outputs, [...blockedRules(8), ...cpuRules])

  it("compute the same", () => checkSame(outputs, lowered, smallConvNet(8).feeds))

  it("stay in blocks from one to the next", () => {
    const graph = new Graph()
    const x = o.relu(o.conv(graph.input("x", [2, 3, 6, 5]), graph.input("w1", [16, 3, 3, 3]), graph.input("b1", [16])))
    const y = o.conv(x, graph.input("w2", [16, 16, 3, 3]), undefined, { pads: 1 })
    const found = operators(lower({ y }, blockedRules(8))).filter((name) => name !== "Reshape" && name !== "Transpose")
    assert.sameMembers([...found], ["Conv", "Conv", "ReorderOutput"]) // the first convolution applies ReLU
  })

  it("are left alone where channels do not fit, weights are constant, or the kernel is that of a weight gradient", () => {
    const graph = new Graph()
    const x = graph.input("x", [1, 8, 4, 4])
    const weights = tensor(new Float32Array(8 * 8 * 9), [8, 8, 3, 3])
    for (const y of [
      o.conv(x, graph.input("narrow", [6, 8, 3, 3])), o.conv(x, graph.constant(weights)), o.conv(x, graph.input("holes", [8, 8, 2, 2]), undefined, { dilations: 2 })
    ]) assert.deepStrictEqual(operators(lower({ y }, blockedRules(8))), ["Conv"])
  })

  it("give weights' gradients from one image for each block", () => {
    const graph = new Graph()
    const [x, w1, w2] = [graph.input("x", [2, 3, 6, 5]), graph.input("w1", [16, 3, 3, 3]), graph.input("w2", [8, 16, 3, 3])]
    const hidden = o.relu(o.conv(x, w1, undefined, { pads: 1 }))
    const [gradient = x] = grad(o.reduceSum(o.square(o.conv(hidden, w2, undefined, { pads: 1, strides: 2 }))), [w2])
    const inBlocks = lower({ gradient }, blockedRules(8))
    const images = reachable(Object.values(inBlocks)).flatMap(({ node }) =>
      (node?.operator.name === "Conv" && node.operator.domain === undefined ? [node.inputs[0]?.shape] : []))
    assert.deepInclude(images, [2, 2, 6, 40]) // two blocks of the 16 channels of `hidden`
    const dice = new Dice(3)
    checkSame({ gradient }, inBlocks, Object.fromEntries([x, w1, w2].map((value) => [value.name, fromNumbers(apart(dice, sizeOf(value.shape), -1, 1), value)])))
  })

  it("go back through strides phase by phase", () => {
    for (const [stride, kernel, pads, padding] of [[2, 3, 1, 1], [2, 2, 0, 0], [2, 4, 1, 0], [3, 5, 1, 0], [1, 3, 1, 0]] as const) {
      const graph = new Graph()
      const [x, weights] = [graph.input("x", [2, 8, 3, 4]), graph.input("w", [8, 8, kernel, kernel])]
      const y = o.convTranspose(x, weights, { strides: stride, pads, outputPadding: padding })
      const dice = new Dice(stride)
      const feeds = Object.fromEntries([x, weights].map((value) => [value.name, fromNumbers(apart(dice, sizeOf(value.shape), -1, 1), value)]))
      const phases = lower({ y }, blockedRules(8))
      checkSame({ y }, phases, feeds)
      assert.strictEqual(operators(phases).filter((name) => name === "Conv").length, stride === 1 ? 0 : stride * stride)
    }
  })

  it.effect("compute the same in onnxruntime, in its own blocks", () => Effect.gen(function*() {
    const one = smallConvNet(16)
    const wide = withGradients(one, 43)
    const session = yield* openSession(wide)
    const actual = yield* session.run(one.feeds)
    for (const [name, expected] of Object.entries(interpret(wide, one.feeds))) {
      const numbers = actual[name] === undefined ? [] : toNumbers(actual[name])
      toNumbers(expected).forEach((number, i) => assert.closeTo(numbers[i] ?? NaN, number, 1e-4 * Math.max(1, Math.abs(number)), name))
    }
  }))
})

describe("the rules for the CPU", () => {
  const graph = new Graph()
  const [x, v] = [graph.input("x", [2, 3]), graph.input("v", [3, 3])]

  it("make the derivative of ReLU a product", () => {
    const [slope = x] = grad(o.reduceSum(o.mul(o.relu(x), x)), [x])
    assert.notInclude(operators(lower({ slope }, cpuRules)), "Cast")
    assert.include(operators(lower({ slope }, cpuRules)), "HardSigmoid")
  })

  it("clip instead of taking signs, zero and the smallest normal numbers included", () => {
    const small = tensor([0, -0, 1.2e-38, -1.2e-38, 3e38, -5], [2, 3])
    for (const step of [1, 0.25]) {
      const lowered = lower({ y: o.mul(o.sign(x), step) }, cpuRules)
      assert.deepStrictEqual(operators(lowered), ["Mul", "Clip"])
      const { y } = interpret(lowered, { x: small })
      assert.deepStrictEqual(y === undefined ? [] : [...toNumbers(y)].map((number) => number + 0), [0, 0, step, -step, step, -step])
    }
  })

  it("take the softmax at once where only its exponentials are needed, of an attack's gradient for one", () => {
    const logarithms = o.logSoftmax(x)
    assert.deepStrictEqual(operators(lower({ y: o.exp(logarithms) }, cpuRules)), ["Softmax"])
    assert.deepStrictEqual(operators(lower({ y: o.exp(logarithms), logarithms }, cpuRules)), ["LogSoftmax", "Exp"])
    const feeds = { x: tensor([0, 1, -2, 90, -90, 3], [2, 3]) }
    checkSame({ y: o.exp(logarithms) }, lower({ y: o.exp(logarithms) }, cpuRules), feeds)
  })

  it("start a product from the scaled matrix that it is added to, unless the product is used elsewhere", () => {
    const product = o.gemm(x, x, undefined, { transA: true })
    const momentum = o.add(o.mul(v, 0.9), product)
    assert.deepStrictEqual(operators(lower({ momentum }, cpuRules)), ["Gemm"])
    assert.deepStrictEqual(operators(lower({ momentum, product }, cpuRules)), ["Gemm", "Mul", "Add"])
  })

  it("transpose as few axes as needed", () => {
    const wide = new Graph().input("wide", [4, 1, 3, 5, 6])
    const y = o.transpose(wide, [1, 0, 3, 4, 2])
    const inner = reachable([lower({ y }, cpuRules)["y"] ?? y]).find(({ node }) => node?.operator.name === "Transpose")
    assert.deepStrictEqual(inner?.shape, [4, 30, 3])
  })
})
