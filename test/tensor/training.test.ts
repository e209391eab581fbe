import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Graph } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { itemOf, scalar, tensor } from "../../src/tensor/tensor.ts"
import { openTrainingLoop, sgd, type SgdOptions } from "../../src/tensor/training.ts"

/** The loss (w - 3)^2, whose gradient is 2 (w - 3). */
const parabola = (options: SgdOptions) => {
  const graph = new Graph()
  const w = graph.input("w", [])
  return { loss: o.square(o.sub(w, 3)), parameters: { w }, optimiser: sgd(options) }
}

/** torch.optim.SGD by hand, on the parabola, in doubles. */
const byHand = (steps: number, lr: number, { momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions): number => {
  let [w, velocity] = [10, 0]
  for (let i = 0; i < steps; i++) {
    const gradient = 2 * (w - 3) + weightDecay * w
    velocity = momentum * velocity + gradient
    w -= lr * (nesterov ? gradient + momentum * velocity : velocity)
  }
  return w
}

describe("a training loop", () => {
  for (const options of [{}, { momentum: 0.9 }, { momentum: 0.9, nesterov: true }, { momentum: 0.5, weightDecay: 0.1 }]) {
    it.effect(`follows SGD ${JSON.stringify(options)}`, () => Effect.gen(function*() {
      const loop = yield* openTrainingLoop(parabola(options), { w: scalar(10) })
      for (let i = 0; i < 7; i++) yield* Effect.promise(() => loop.step({ learningRate: scalar(0.05) }))
      assert.strictEqual(loop.steps, 7)
      const { w } = loop.parameters()
      assert.isDefined(w)
      assert.closeTo(w === undefined ? NaN : itemOf(w), byHand(7, 0.05, options), 1e-5)
    }))
  }

  it.effect("goes on from a saved state byte for byte", () => Effect.gen(function*() {
    const rate = { learningRate: scalar(0.05) }
    const loop = yield* openTrainingLoop(parabola({ momentum: 0.9 }), { w: scalar(10) })
    yield* Effect.promise(() => loop.step(rate))
    const saved = loop.state()
    const straight = yield* Effect.promise(() => loop.step(rate).then(() => loop.step(rate)))
    const expected = [straight["loss"]?.data[0], loop.parameters()["w"]?.data[0]]
    const other = yield* openTrainingLoop(parabola({ momentum: 0.9 }), { w: scalar(-1) })
    other.restore(saved)
    const resumed = yield* Effect.promise(() => other.step(rate).then(() => other.step(rate)))
    assert.deepStrictEqual([resumed["loss"]?.data[0], other.parameters()["w"]?.data[0]], expected)
  }))

  it.effect("reports the loss and other values of the weights before the step", () => Effect.gen(function*() {
    const step = parabola({})
    const loop = yield* openTrainingLoop({ ...step, report: { twice: o.mul(step.parameters.w, 2) } }, { w: tensor([10], []) })
    const seen = yield* Effect.promise(() => loop.step({ learningRate: scalar(0.05) }))
    assert.deepStrictEqual([seen["loss"]?.data[0], seen["twice"]?.data[0]], [49, 20])
  }))
})
