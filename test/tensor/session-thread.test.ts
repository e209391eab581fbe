import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll, beforeAll } from "vitest"
import { Graph, type Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { encodeModel } from "../../src/tensor/onnx/encode.ts"
import type { Runner } from "../../src/tensor/runner.ts"
import { openSession, sessions } from "../../src/tensor/runtime.ts"
import { runnerOnThread } from "../../src/tensor/session-thread.ts"
import { copyTensor, scalar, sharedZeros, tensor, type Tensor, toNumbers, zeros } from "../../src/tensor/tensor.ts"
import { openTrainingLoop, sgd } from "../../src/tensor/training.ts"

const numbers = (of: Tensor | undefined): ReadonlyArray<number> => (of === undefined ? [] : [...toNumbers(of)])

/** 2 x and x + 1. */
const affine = (): Record<string, Value> => {
  const x = new Graph().input("x", [3])
  return { twice: o.mul(x, 2), more: o.add(x, 1) }
}

const types = { twice: { type: "float32", shape: [3] }, more: { type: "float32", shape: [3] } } as const
const x = (...values: ReadonlyArray<number>) => ({ x: tensor(values, [values.length]) })

describe("a graph on a thread of its own", () => {
  let runner: Runner
  beforeAll(async () => {
    runner = await runnerOnThread(encodeModel(affine()), {}, types)
  })
  afterAll(() => runner.release())

  it("gives new tensors, or fills those that it is given, shared or not", async () => {
    const plain = await runner.run(x(1, 2, 3), {})
    assert.deepStrictEqual([numbers(plain["twice"]), numbers(plain["more"])], [[2, 4, 6], [2, 3, 4]])
    const into = { twice: sharedZeros("float32", [3]), more: zeros("float32", [3]) }
    const shared = sharedZeros("float32", [3])
    for (const value of [5, 6]) {
      copyTensor(tensor([value, value, value], [3]), shared)
      const results = await runner.run({ x: shared }, into)
      assert.strictEqual(results["twice"], into.twice)
      assert.deepStrictEqual([numbers(into.twice), numbers(into.more)], [[2 * value, 2 * value, 2 * value], [value + 1, value + 1, value + 1]])
    }
    assert.deepStrictEqual(numbers(plain["twice"]), [2, 4, 6]) // not written over
  })

  it("takes what is asked for meanwhile in order", async () => {
    const results = await Promise.all([1, 2, 3].map((value) => runner.run(x(value, value, value), {})))
    assert.deepStrictEqual(results.map(({ twice }) => numbers(twice)[0]), [2, 4, 6])
  })

  it("says what went wrong, and goes on", async () => {
    const failed = await runner.run({}, {}).catch((cause: unknown) => cause)
    assert.match(String(failed), /input 'x' is missing/)
    assert.deepStrictEqual(numbers((await runner.run(x(1, 2, 3), {}))["more"]), [2, 3, 4])
  })

  it("says what the runtime says of a model that it cannot open", async () => {
    const failed = await runnerOnThread(new Uint8Array([1, 2, 3]), {}, {}).catch((cause: unknown) => cause)
    assert.match(String(failed), /protobuf|parse|model/i)
  })
})

/** A step of a few milliseconds: the distance of a product from its target. */
const wideStep = () => {
  const graph = new Graph()
  const [x, w] = [graph.input("x", [256, 512]), graph.input("w", [512, 512])]
  return { loss: o.reduceMean(o.square(o.sub(o.matMul(x, w), 1))), parameters: { w }, optimiser: sgd({ momentum: 0.9 }) }
}
const wave = (shape: ReadonlyArray<number>, step: number): Tensor =>
  tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.05 * Math.sin(i * step)), shape)

describe("a training loop on a thread of its own", () => {
  it.effect("takes the same steps, and begins one before it returns", () => Effect.gen(function*() {
    const ends: Array<ReadonlyArray<number>> = []
    for (const apart of [false, true]) {
      const loop = yield* openTrainingLoop(wideStep(), { w: wave([512, 512], 0.3) }, { apart })
      const feeds = { x: wave([256, 512], 0.7), learningRate: scalar(0.1) }
      yield* Effect.promise(async () => {
        const first = loop.step(feeds)
        if (apart) copyTensor(zeros("float32", [256, 512]), feeds.x) // has been taken over already
        await first
        await loop.step({ ...feeds, x: wave([256, 512], 0.7) })
      })
      loop.restore(loop.state())
      yield* Effect.promise(() => loop.step({ ...feeds, x: wave([256, 512], 0.7) }))
      ends.push(numbers(loop.parameters()["w"]))
    }
    assert.deepStrictEqual(ends[1], ends[0])
  }))

  it.effect("ends with its scope", () => Effect.gen(function*() {
    const before = sessions.counts
    yield* Effect.scoped(Effect.gen(function*() {
      yield* openTrainingLoop(wideStep(), { w: wave([512, 512], 0.3) }, { apart: true })
      assert.strictEqual(sessions.counts.open, before.open + 1)
    }))
    assert.deepStrictEqual(sessions.counts, before)
  }))

  it.effect("is not used for little work", () => Effect.gen(function*() {
    const session = yield* openSession(affine(), { apart: true })
    const into = { twice: zeros("float32", [3]), more: zeros("float32", [3]) }
    const { more } = yield* session.run(x(1, 2, 3), into)
    assert.deepStrictEqual(numbers(more), [2, 3, 4])
  }))
})
