import { assert, describe, it } from "vitest"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, reachable, type Value } from "../../src/tensor/graph.ts"
import { lower } from "../../src/tensor/lowering.ts"
import { cpuRules } from "../../src/tensor/lowering-cpu.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { caseTitles, Dice, makeCase, weighted } from "./cases.ts"

const operators = (values: Readonly<Record<string, Value>>): ReadonlyArray<string> =>
  reachable(Object.values(values)).flatMap(({ node }) => (node === undefined ? [] : [node.operator.name]))

describe("a lowered graph computes the same, gradients included", () => {
  for (const title of caseTitles) {
    it(title, () => {
      for (const seed of [21, 22]) {
        const one = makeCase(title, seed, "float32")
        const outputs: Record<string, Value> = { y: one.output }
        grad(weighted(one, new Dice(seed)), one.inputs).forEach((gradient, i) => (outputs[`d${i}`] = gradient))
        const actual = interpret(lower(outputs, cpuRules), one.feeds)
        for (const [name, expected] of Object.entries(interpret(outputs, one.feeds))) {
          const numbers = actual[name] === undefined ? [] : toNumbers(actual[name])
          toNumbers(expected).forEach((number, i) => assert.closeTo(numbers[i] ?? NaN, number, 1e-6 * Math.max(1, Math.abs(number))))
        }
      }
    })
  }
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
