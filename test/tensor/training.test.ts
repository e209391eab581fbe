import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Graph } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { itemOf, scalar, tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { openFormsOfTraining, openTrainingLoop, sgd, type SgdOptions } from "../../src/tensor/training.ts"

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

describe("clipped gradients", () => {
  it.effect("keep their direction and lose what passes the norm, which is reported", () => Effect.gen(function*() {
    const graph = new Graph()
    const [a, b] = [graph.input("a", [2]), graph.input("b", [])]
    // The gradients are (3, 0) and 4: together of norm 5.
    const loss = o.add(o.reduceSum(o.mul(a, graph.constant(tensor([3, 0], [2])))), o.mul(b, 4))
    const loop = yield* openTrainingLoop({ loss, parameters: { a, b }, optimiser: sgd(), clip: 1 }, { a: tensor([1, 1], [2]), b: scalar(1) })
    const { gradientNorm = scalar(0) } = yield* Effect.promise(() => loop.step({ learningRate: scalar(1) }))
    assert.closeTo(itemOf(gradientNorm), 5, 1e-5)
    const { a: first = scalar(0), b: second = scalar(0) } = loop.parameters()
    const moved = [...toNumbers(first), itemOf(second)]
    for (const [i, expected] of [0.4, 1, 0.2].entries()) assert.closeTo(moved[i] ?? NaN, expected, 1e-5)
  }))
})

describe("a step in several forms", () => {
  /** The mean of (w - x)^2 over a batch of some size. */
  const meanSquare = (batch: number) => {
    const graph = new Graph()
    const [w, x] = [graph.input("w", []), graph.input("x", [batch])]
    return { loss: o.reduceMean(o.square(o.sub(w, x))), parameters: { w }, optimiser: sgd({ momentum: 0.5 }) }
  }

  it.effect("moves the same weights, whichever form takes a batch", () => Effect.gen(function*() {
    const loop = yield* openFormsOfTraining([meanSquare(1), meanSquare(3)], { w: scalar(0) }, ({ x }) => (x?.shape[0] === 1 ? 0 : 1))
    let [w, velocity] = [0, 0]
    for (const batch of [[4], [1, 2, 6], [2, 2, 2], [8]]) {
      yield* Effect.promise(() => loop.step({ x: tensor(batch, [batch.length]), learningRate: scalar(0.1) }))
      velocity = 0.5 * velocity + batch.reduce((sum, x) => sum + (2 * (w - x)) / batch.length, 0)
      w -= 0.1 * velocity
    }
    assert.closeTo(itemOf(loop.parameters()["w"] ?? scalar(0)), w, 1e-5)
  }))

  it("needs a form, and forms that keep the same from step to step", () => {
    const other = { ...meanSquare(2), optimiser: sgd() }
    assert.throws(() => Effect.runSync(Effect.scoped(openFormsOfTraining([], {}, () => 0))), /needs a step/)
    assert.throws(() => Effect.runSync(Effect.scoped(openFormsOfTraining([meanSquare(1), other], { w: scalar(0) }, () => 0))), /keep different things/)
  })
})
