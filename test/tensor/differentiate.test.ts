import { assert, describe, it } from "vitest"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, reachable, type Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { itemOf, scalar, tensor, type Tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { caseTitles, Dice, makeCase, weighted } from "./cases.ts"

const STEP = 1e-5

const evaluate = (value: Value, feeds: Readonly<Record<string, Tensor>>): Float64Array => {
  const { value: result } = interpret({ value }, feeds)
  return result === undefined ? new Float64Array() : toNumbers(result)
}

/** Central difference of a scalar along one element of an input. */
const slope = (loss: Value, feeds: Readonly<Record<string, Tensor>>, name: string, element: number): number => {
  const shifted = (by: number): number => {
    const feed = feeds[name]
    if (feed === undefined) return NaN
    const data = toNumbers(feed).map((x, i) => (i === element ? x + by : x))
    return evaluate(loss, { ...feeds, [name]: tensor(data, feed.shape) })[0] ?? NaN
  }
  return (shifted(STEP) - shifted(-STEP)) / (2 * STEP)
}

const checkGradients = (loss: Value, inputs: ReadonlyArray<Value>, feeds: Readonly<Record<string, Tensor>>, dice: Dice, most: number): void => {
  const gradients = grad(loss, inputs)
  inputs.forEach((input, i) => {
    const gradient = gradients[i]
    assert.isDefined(gradient)
    if (gradient === undefined) return
    assert.deepStrictEqual(gradient.shape, input.shape)
    const exact = evaluate(gradient, feeds)
    for (const element of dice.order(exact.length).slice(0, most)) {
      const measured = slope(loss, feeds, input.name, element)
      const tolerance = 1e-6 * Math.max(1, Math.abs(measured))
      assert.closeTo(exact[element] ?? NaN, measured, tolerance, `d loss / d ${input.name}[${element}]`)
    }
  })
}

describe("the derivative rule agrees with finite differences", () => {
  for (const title of caseTitles) {
    it(title, () => {
      for (const seed of [1, 2, 3, 4]) {
        const one = makeCase(title, seed, "float64")
        const dice = new Dice(seed)
        checkGradients(weighted(one, dice), one.inputs, one.feeds, dice, 8)
      }
    })
  }
})

describe("rules compose to second derivatives", () => {
  for (const title of caseTitles) {
    it(title, () => {
      const one = makeCase(title, 5, "float64")
      const dice = new Dice(6)
      const first = grad(weighted(one, dice), one.inputs)
      const loss = first.map((gradient) => weighted({ ...one, output: o.mul(gradient, gradient) }, dice)).reduce((a, b) => o.add(a, b))
      checkGradients(loss, one.inputs, one.feeds, dice, 3)
    })
  }
})

describe("grad", () => {
  it("stops where it is told to", () => {
    const graph = new Graph()
    const x = graph.input("x", [], "float64")
    const [gradient] = grad(o.mul(x, o.stopGradient(o.mul(x, x))), [x])
    assert.isDefined(gradient)
    if (gradient !== undefined) assert.deepStrictEqual([...evaluate(gradient, { x: scalar(3, "float64") })], [9])
  })

  it("is zero for a value that the loss does not depend on", () => {
    const graph = new Graph()
    const [x, y] = [graph.input("x", [2]), graph.input("y", [3])]
    const [, gradient] = grad(o.reduceSum(x), [x, y])
    assert.deepStrictEqual(gradient?.shape, [3])
    if (gradient !== undefined) assert.deepStrictEqual([...evaluate(gradient, {})], [0, 0, 0])
  })

  it("gives the gradient of a value between inputs and loss too", () => {
    const graph = new Graph()
    const hidden = o.mul(graph.input("x", []), 3)
    const [gradient] = grad(o.mul(hidden, hidden), [hidden])
    assert.strictEqual(gradient === undefined ? NaN : itemOf(interpret({ g: gradient }, { x: scalar(2) })["g"] ?? scalar(NaN)), 12)
  })

  it("builds only what leads to the wanted values", () => {
    const graph = new Graph()
    const [x, w] = [graph.input("x", [4, 3]), graph.input("w", [3, 2])]
    const [gradient] = grad(o.reduceSum(o.relu(o.matMul(x, w))), [w])
    const operators = reachable(gradient === undefined ? [] : [gradient]).flatMap(({ node }) => (node === undefined ? [] : [node.operator.name]))
    assert.deepStrictEqual(operators, ["MatMul", "Relu", "Greater", "Cast", "Gemm"])
  })

  it("asks for a scalar loss, and names the operator that has no rule", () => {
    const graph = new Graph()
    const x = graph.input("x", [4, 4])
    assert.throws(() => grad(x, [x]), /scalar loss.*\[4, 4\]/)
    const index = graph.constant(tensor([0], [1, 1], "int64"))
    const [scaled = x] = graph.apply("ScatterND", [x, index, graph.input("row", [1, 4])], { reduction: "mul" })
    assert.throws(() => grad(o.reduceSum(scaled), [x]), /ScatterND on \[4, 4\], \[1, 1\], \[1, 4\]: scattering with the reduction mul has no derivative rule/)
  })
})
