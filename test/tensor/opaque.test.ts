import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import { opaque } from "../../src/tensor/operators/opaque.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { tensor, toNumbers } from "../../src/tensor/tensor.ts"

const determinant = (x: Value): Value => {
  const [y = x] = x.graph.apply(opaque({ name: "Det", outputs: [{ type: x.type, shape: x.shape.slice(0, -2) }] }), [x])
  return y
}

describe("an operator that only the runtime knows", () => {
  const graph = new Graph()
  const x = graph.input("x", [2, 2])
  const numbers = { x: tensor([1, 2, 3, 4], [2, 2]) }

  it.effect("runs there, between others, with operands that are constants too", () => Effect.gen(function*() {
    const known = determinant(graph.constant(tensor([2, 0, 0, 3], [2, 2])))
    const session = yield* openSession({ y: o.mul(determinant(o.mul(x, 2)), known) })
    const { y } = yield* session.run(numbers)
    assert.closeTo(y === undefined ? NaN : toNumbers(y)[0] ?? NaN, -48, 1e-4)
  }))

  it("is named by the interpreter and by a gradient that would have to go through it", () => {
    assert.throws(() => interpret({ y: determinant(x) }, numbers), /Det is computed by onnxruntime only/)
    assert.throws(() => grad(determinant(x), [x]), /Det has no derivative rule/)
    assert.strictEqual(grad(o.add(o.reduceSum(x), determinant(o.stopGradient(x))), [x]).length, 1)
  })

  it("says where sizes would depend on numbers", () => {
    assert.throws(() => graph.apply("NonMaxSuppression", [x, x]), /NonMaxSuppression.*the size of its result depends on the numbers/)
    const [places] = graph.apply("NonZero", [graph.constant(tensor([0, 1, 1, 0], [2, 2]))])
    assert.deepStrictEqual(places?.constant === undefined ? [] : [...toNumbers(places.constant)], [0, 1, 1, 0])
  })
})
