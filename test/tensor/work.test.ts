import { assert, describe, it } from "@effect/vitest"
import { Graph } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { mostBytes, singleCoreMicroseconds } from "../../src/tensor/work.ts"

describe("the work of a graph", () => {
  const graph = new Graph()
  const x = graph.input("x", [128, 784])

  it("of a product is its multiplications, however it is written", () => {
    const [a, b] = [graph.input("a", [200, 300]), graph.input("b", [300, 400])]
    const [straight, turned] = [o.matMul(a, b), o.gemm(graph.input("at", [300, 200]), b, undefined, { transA: true })]
    assert.closeTo(singleCoreMicroseconds([straight]), (200 * 300 * 400) / 50_000 + (200 * 400) / 5000, 1e-9)
    assert.strictEqual(singleCoreMicroseconds([turned]), singleCoreMicroseconds([straight]))
  })

  it("of a convolution is that of its products, and of its transpose as much", () => {
    const images = graph.input("images", [8, 16, 10, 10])
    const y = o.conv(images, graph.input("kernels", [32, 16, 3, 3]), undefined, { pads: 1 })
    const products = 8 * 32 * 10 * 10 * 16 * 3 * 3
    assert.closeTo(singleCoreMicroseconds([y]), products / 50_000 + (8 * 32 * 100) / 5000, 1e-9)
    const back = o.convTranspose(graph.input("planes", [8, 32, 10, 10]), graph.input("k", [32, 16, 3, 3]), { pads: 1 })
    assert.closeTo(singleCoreMicroseconds([back]), products / 50_000 + (8 * 16 * 100) / 5000, 1e-9)
  })

  it("counts an operator with many outputs, or one that two outputs need, once", () => {
    const doubled = o.mul(x, 2)
    assert.closeTo(singleCoreMicroseconds([doubled, o.exp(doubled)]), (2 * 128 * 784) / 5000, 1e-9)
  })

  it("holds on to everything that is computed, not to what is fed", () => {
    assert.strictEqual(mostBytes([o.exp(o.neg(x))]), 2 * 4 * 128 * 784)
    assert.strictEqual(mostBytes([x]), 0)
  })
})
