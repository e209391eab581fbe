/** The places where a method may change a training step: the images, the samples' weights, the whole loss. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { grad } from "../../../src/tensor/differentiate.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { add, linear, mul, reduceSum, reduceSumSquare, reshape, slice } from "../../../src/tensor/ops.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import type { Network } from "../../../stages/train/lib/network.ts"
import { type Method, plain, stepObjective } from "../../../stages/train/lib/objective.ts"

const [n, d] = [6, 3]
const stream = randomStream(1, "objective", "data")
const x = stream.fillNormal(new Float32Array(n * d))
const y = Float32Array.of(1, -1, 1, 1, -1, -1)
const w = [0.5, -1, 2]
const network: Network = {
  parameters: [{ name: "w", shape: [1, d], initial: Float32Array.from(w), trainable: true }],
  input: [d],
  outputs: 1,
  scores: (images, parameter) => reshape(linear(images, parameter("w")), [images.shape[0] ?? 0])
}

/** Loss, accuracy and the weights' gradient of a step under a method. */
const stepOf = (method: Method) => {
  const graph = new Graph()
  const parameter = graph.input("w", [1, d])
  const objective = stepObjective({ network, loss: "logistic", smoothing: 0, method, mixes: false }, graph.input("x", [n, d]), graph.input("y", [n]), () => parameter)
  const [gradient = objective.loss] = grad(objective.loss, [parameter])
  const found = interpret({ loss: objective.loss, accuracy: objective.accuracy, gradient }, { x: tensor(x, [n, d]), y: tensor(y, [n]), w: tensor(w, [1, d]) })
  const numbers = (name: string) => [...toNumbers(found[name] ?? tensor([], [0]))]
  return { loss: numbers("loss")[0], accuracy: numbers("accuracy")[0], gradient: numbers("gradient") }
}

/** The same written out: mean over the samples of weight * log(1 + exp(-y w x)), with x scaled. */
const byHand = (weightOf: (row: number) => number, scale = 1) => {
  const rows = Array.from({ length: n }, (_, row) => {
    const image = Array.from({ length: d }, (_, i) => scale * (x[row * d + i] ?? 0))
    const s = -(y[row] ?? 0) * image.reduce((sum, value, i) => sum + value * (w[i] ?? 0), 0)
    return { image, s, slope: -(y[row] ?? 0) / (1 + Math.exp(-s)), weight: weightOf(row) }
  })
  const mean = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0) / n
  return {
    loss: expect.closeTo(mean(({ s, weight }) => weight * Math.log1p(Math.exp(s))), 5),
    accuracy: expect.closeTo(mean(({ s }) => (s < 0 ? 1 : 0)), 6),
    gradient: w.map((_, i) => expect.closeTo(mean(({ image, slope, weight }) => weight * slope * (image[i] ?? 0)), 5))
  }
}

describe("a training step", () => {
  it("lowers the mean loss of the batch", () => {
    expect(stepOf(plain)).toEqual(byHand(() => 1))
  })

  it("weighs the samples as a method says: those of weight 0 teach nothing", () => {
    const weights = [0, 1, 2, 0.5, 0, 3]
    expect(stepOf({ weights: ({ graph }) => graph.constant(tensor(weights, [n])) })).toEqual(byHand((row) => weights[row] ?? 0))
  })

  it("trains on the images that a method puts in place of the batch's", () => {
    expect(stepOf({ images: ({ x: images }) => mul(images, -2) })).toEqual(byHand(() => 1, -2))
  })

  it("may weigh by what is seen of the images that are trained on", () => {
    const found = stepOf({
      images: ({ x: images }) => mul(images, 3),
      weights: (_, images) => reshape(reduceSum(slice(mul(images, images), [0], [1], [1]), [1]), [n])
    })
    expect(found).toEqual(byHand((row) => (3 * (x[row * d] ?? 0)) ** 2, 3))
  })

  it("may be given another loss altogether", () => {
    const { gradient, loss } = stepOf({
      loss: (step, images) => {
        const scores = step.trainingScores(images)
        return { loss: add(reduceSumSquare(scores), 1), scores }
      }
    })
    const score = (row: number) => w.reduce((sum, weight, i) => sum + weight * (x[row * d + i] ?? 0), 0)
    const rows = Array.from({ length: n }, (_, row) => row)
    expect(loss).toBeCloseTo(1 + rows.reduce((sum, row) => sum + score(row) ** 2, 0), 3)
    expect(gradient[1]).toBeCloseTo(rows.reduce((sum, row) => sum + 2 * score(row) * (x[row * d + 1] ?? 0), 0), 3)
  })

  it("refuses a loss that leaves out the scores it is to train", () => {
    expect(() => stepOf({ loss: (step, images) => ({ loss: reduceSum(step.scores(images)), scores: step.scores(images) }) })).toThrow(/does not use the scores in the form for training/)
  })
})
