import { assert, describe, it } from "vitest"
import { Graph, reachable } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { tensor, toNumbers } from "../../src/tensor/tensor.ts"

describe("a graph", () => {
  it("knows types and shapes at once", () => {
    const graph = new Graph()
    const y = o.matMul(graph.input("a", [5, 2, 3], "float64"), graph.input("b", [3, 4], "float64"))
    assert.deepStrictEqual([y.type, y.shape], ["float64", [5, 2, 4]])
    assert.strictEqual(o.greater(y, 0).type, "bool")
    assert.deepStrictEqual(o.argMax(y, 1).shape, [5, 4])
  })

  it("names operator and shapes where they do not fit", () => {
    const graph = new Graph()
    const [a, b] = [graph.input("a", [2, 3]), graph.input("b", [4, 5])]
    assert.throws(() => o.matMul(a, b), /MatMul\(float32\[2, 3\], float32\[4, 5\]\): the inner sizes 3 and 4 differ/)
    assert.throws(() => o.add(a, b), /Add\(.*\): the shapes \[2, 3\], \[4, 5\] do not broadcast/)
    assert.throws(() => o.add(a, graph.input("c", [2, 3], "float64")), /the element types differ/)
    assert.throws(() => o.reshape(a, [4, 2]), /Reshape\(float32\[2, 3\]\): 6 elements do not fit the shape \[4, 2\]/)
    assert.throws(() => o.reduceSum(a, [2]), /axis 2 is outside the shape \[2, 3\]/)
    assert.throws(() => graph.apply("Fft", [a]), /operator Fft is not known/)
    assert.throws(() => graph.apply("Relu", [a], { slope: 1 }), /Relu.*has no attribute slope/)
    assert.throws(() => graph.input("a", []), /already has an input named "a"/)
    assert.throws(() => o.add(a, new Graph().input("a", [2, 3])), /another graph/)
  })

  it("makes an operator on equal inputs once", () => {
    const graph = new Graph()
    const [a, b] = [graph.input("a", [2]), graph.input("b", [2])]
    assert.strictEqual(o.mul(o.add(a, b), 2), o.mul(o.add(a, b), 2))
    assert.notStrictEqual(o.add(a, b), o.sub(a, b))
    assert.notStrictEqual(o.leakyRelu(a, 0.1), o.leakyRelu(a, 0.2))
  })

  it("takes equal small constants for one, not those of another type, shape or sign of zero", () => {
    const graph = new Graph()
    const numbers = (values: ReadonlyArray<number>) => graph.constant(tensor(values, [values.length]))
    assert.strictEqual(numbers([1, 2]), numbers([1, 2]))
    const others = [numbers([1, 2]), numbers([2, 1]), graph.constant(tensor([1, 2], [1, 2])), graph.constant(tensor([1, 2], [2], "float64")), numbers([0, 2]), numbers([-0, 2])]
    assert.strictEqual(new Set(others).size, others.length)
  })

  it("folds constants, but never into larger ones", () => {
    const graph = new Graph()
    const folded = o.matMul(graph.constant(tensor([1, 2], [1, 2])), graph.constant(tensor([3, 4], [2, 1])))
    assert.deepStrictEqual(folded.constant === undefined ? [] : [...toNumbers(folded.constant)], [11])
    assert.isUndefined(o.expand(graph.constant(1), [1000]).constant)
  })

  it("does not make what changes nothing", () => {
    const x = new Graph().input("x", [2, 3])
    for (const same of [
      o.add(x, 0), o.sub(x, 0), o.mul(x, 1), o.div(x, 1), o.pow(x, 1), o.neg(o.neg(x)), o.transpose(o.transpose(x)), o.reshape(o.reshape(x, [6]), [2, 3]),
      o.cast(x, "float32"), o.slice(x, [0], [2]), o.pad(x, [0, 0], [0, 0]), o.expand(x, [2, 3]), o.concat([x], 0), o.sumTo(x, [2, 3])
    ]) assert.strictEqual(same, x)
    assert.strictEqual(o.add(x, o.neg(x)), o.sub(x, x))
  })

  it("leaves numbers expanded to a shape to broadcasting", () => {
    const x = new Graph().input("x", [2, 3])
    const y = o.mul(x, o.full(x, [2, 3], 4))
    assert.deepStrictEqual(reachable([y]).flatMap(({ node }) => (node === undefined ? [] : [node.operator.name])), ["Mul"])
  })
})
