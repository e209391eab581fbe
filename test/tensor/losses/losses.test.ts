/** Losses beside PyTorch's, values and gradients; and what has a closed form. */
import { assert, describe, it } from "@effect/vitest"
import { grad } from "../../../src/tensor/differentiate.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { discretisedLogistic, discretisedLogisticMixture, gaussianDivergence, gaussianLogDensity, gaussianLogLikelihood, negativeBound } from "../../../src/tensor/losses/likelihood.ts"
import { tokenAccuracy, tokenCrossEntropy } from "../../../src/tensor/losses/sequence.ts"
import * as o from "../../../src/tensor/ops.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { fromNumbers, type Tensor, tensor, toNumbers } from "../../../src/tensor/tensor.ts"
import { torchAnswers, whyNoTorch } from "../../stages/torch.ts"
import { Dice } from "../cases/bench.ts"

const doubles = (numbers: ReadonlyArray<number>, shape: Shape): Tensor => fromNumbers(numbers, { type: "float64", shape })
const integers = (numbers: ReadonlyArray<number>, shape: Shape): Tensor => fromNumbers(numbers, { type: "int64", shape })

/** Numbers as the nested lists of a shape. */
const nested = (numbers: ReadonlyArray<number>, [head, ...rest]: ReadonlyArray<number>): unknown => {
  if (head === undefined) return numbers[0]
  const size = sizeOf(rest)
  return Array.from({ length: head }, (_, i) => nested(numbers.slice(i * size, (i + 1) * size), rest))
}

const dice = new Dice(7)
const uniform = (shape: Shape, low: number, high: number): Array<number> => Array.from({ length: sizeOf(shape) }, () => low + (high - low) * dice.uniform())

const evaluated = (outputs: Readonly<Record<string, Value>>, feeds: Readonly<Record<string, Tensor>>): (name: string) => ReadonlyArray<number> => {
  const found = interpret(outputs, feeds)
  return (name) => [...toNumbers(found[name] ?? tensor([], [0]))]
}
const agree = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>, tolerance = 1e-10): void => {
  assert.strictEqual(ours.length, theirs.length)
  theirs.forEach((value, i) => assert.closeTo(ours[i] ?? NaN, value, tolerance * Math.max(1, Math.abs(value)), `element ${i}`))
}

/** Token 0 is padding. */
const sentences = [3, 1, 4, 0, 2, 2, 0, 0]
const tokenCases = [
  { smoothing: 0, ignore: null }, { smoothing: 0.1, ignore: null }, { smoothing: 0, ignore: 0 }, { smoothing: 0.1, ignore: 0 }, { smoothing: 0.3, ignore: 9 }
].map((options) => ({ ...options, numbers: uniform([2, 4, 6], -3, 3) }))

const gaussian = Object.fromEntries(["x", "mean", "s", "pm", "ps"].map((key) => [key, uniform([5], -1.5, 1.5)]))

/** Levels of 8 bits, the first and the last among them; some scales below the least one, some means far off. */
const [pixels, mixtureShape] = [[2, 3, 2, 3], [2, 20, 2, 3]]
const images = Array.from({ length: sizeOf(pixels) }, (_, i) => (i % 7 === 0 ? -1 : i % 7 === 3 ? 1 : -1 + (2 * dice.whole(1, 254)) / 255))
const parameters = uniform(mixtureShape, -8, 2)

describe.skipIf(whyNoTorch !== undefined)(`losses beside PyTorch${whyNoTorch === undefined ? "" : ` (${whyNoTorch})`}`, () => {
  const answers = whyNoTorch === undefined
    ? torchAnswers<{
      tokens: ReadonlyArray<{ loss: number; each: ReadonlyArray<number>; gradient: ReadonlyArray<number> }>
      gaussians: { density: ReadonlyArray<number>; divergence: ReadonlyArray<number>; gradients: ReadonlyArray<ReadonlyArray<number>> }
      mixture: { likelihood: ReadonlyArray<number>; gradient: ReadonlyArray<number> }
    }>({
      tokens: tokenCases.map(({ numbers, ...options }) => ({ ...options, scores: nested(numbers, [2, 4, 6]), tokens: nested(sentences, [2, 4]) })),
      gaussians: gaussian,
      mixture: { x: nested(images, pixels), parameters: nested(parameters, mixtureShape) }
    }, new URL("torch_losses.py", import.meta.url))
    : { tokens: [], gaussians: { density: [], divergence: [], gradients: [] }, mixture: { likelihood: [], gradient: [] } }

  tokenCases.forEach(({ ignore, numbers, smoothing }, i) => {
    it(`cross-entropy of tokens, smoothing ${smoothing}, ${ignore === null ? "all places" : `without token ${ignore}`}`, () => {
      const graph = new Graph()
      const [scores, tokens] = [graph.input("scores", [2, 4, 6], "float64"), graph.input("tokens", [2, 4], "int64")]
      const { each, loss } = tokenCrossEntropy(scores, tokens, { smoothing, ...(ignore === null ? {} : { ignore }) })
      const [gradient = loss] = grad(loss, [scores])
      const found = evaluated({ each, loss, gradient }, { scores: doubles(numbers, [2, 4, 6]), tokens: integers(sentences, [2, 4]) })
      agree(found("loss"), [answers.tokens[i]?.loss ?? NaN])
      agree(found("each"), answers.tokens[i]?.each ?? [])
      agree(found("gradient"), answers.tokens[i]?.gradient ?? [])
    })
  })

  it("normal distributions: density and divergence", () => {
    const graph = new Graph()
    const inputs = ["x", "mean", "s", "pm", "ps"].map((name) => graph.input(name, [5], "float64"))
    const [x, mean, s, pm, ps] = inputs
    if (x === undefined || mean === undefined || s === undefined || pm === undefined || ps === undefined) throw new Error("five inputs")
    const [density, divergence] = [gaussianLogDensity(x, mean, s), gaussianDivergence(mean, s, pm, ps)]
    const gradients = grad(o.reduceSum(o.add(density, divergence)), inputs)
    const found = evaluated(
      { density, divergence, ...Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient])) },
      Object.fromEntries(Object.entries(gaussian).map(([name, numbers]) => [name, doubles(numbers, [5])]))
    )
    agree(found("density"), answers.gaussians.density)
    agree(found("divergence"), answers.gaussians.divergence)
    answers.gaussians.gradients.forEach((gradient, i) => agree(found(`d${i}`), gradient))
  })

  it("mixtures of discretised logistics", () => {
    const graph = new Graph()
    const [x, of] = [graph.input("x", pixels, "float64"), graph.input("of", mixtureShape, "float64")]
    const likelihood = discretisedLogisticMixture(x, of)
    const [gradient = likelihood] = grad(o.reduceSum(likelihood), [of])
    const found = evaluated({ likelihood, gradient }, { x: doubles(images, pixels), of: doubles(parameters, mixtureShape) })
    agree(found("likelihood"), answers.mixture.likelihood)
    agree(found("gradient"), answers.mixture.gradient, 1e-8) // a difference of two sigmoids has lost digits
  })
})

describe("cross-entropy of tokens", () => {
  it("is 0 where no place counts, and so is its gradient", () => {
    const graph = new Graph()
    const [scores, tokens] = [graph.input("scores", [1, 2, 3]), graph.constant(integers([0, 0], [1, 2]))]
    const { counted, loss } = tokenCrossEntropy(scores, tokens, { ignore: 0 })
    const [gradient = loss] = grad(loss, [scores])
    const found = evaluated({ counted, loss, gradient }, { scores: tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]) })
    assert.deepStrictEqual([found("counted"), found("loss"), found("gradient")], [[0], [0], [0, 0, 0, 0, 0, 0]])
  })

  it("leaves out what a mask leaves out, as if it were not there", () => {
    const graph = new Graph()
    const [scores, tokens] = [graph.input("scores", [2, 3]), graph.constant(integers([2, 1], [2]))]
    const masked = tokenCrossEntropy(scores, tokens, { smoothing: 0.2, mask: graph.constant(tensor([1, 0], [2])) })
    const alone = tokenCrossEntropy(o.slice(scores, [0], [1]), graph.constant(integers([2], [1])), { smoothing: 0.2 })
    const found = evaluated({ masked: masked.loss, alone: alone.loss }, { scores: tensor([1, -2, 3, 4, 5, -6], [2, 3]) })
    agree(found("masked"), found("alone"))
  })

  it("counts right tokens and right sequences, padding aside", () => {
    const graph = new Graph()
    const tokens = graph.constant(integers([1, 2, 0, 1, 1, 0], [2, 3]))
    const says = (of: ReadonlyArray<number>) => o.oneHot(graph.constant(integers(of, [2, 3])), 3, graph.constant(0))
    const accuracy = tokenAccuracy(says([1, 2, 2, 1, 2, 2]), tokens, { ignore: 0 })
    assert.deepStrictEqual(evaluated(accuracy, {})("tokens"), [0.75])
    assert.deepStrictEqual(evaluated(accuracy, {})("sequences"), [0.5])
  })
})

describe("likelihoods", () => {
  it("of all levels of a discretised logistic add up to 1", () => {
    for (const [mean, logScale, levels] of [[0.3, -2, 256], [-0.95, -3.5, 256], [0.9, 0.5, 256], [0.1, -1, 5]] as const) {
      const graph = new Graph()
      const all = graph.constant(doubles(Array.from({ length: levels }, (_, i) => -1 + (2 * i) / (levels - 1)), [levels]))
      const constant = (value: number) => graph.constant(value, "float64")
      const [total = NaN] = evaluated({ total: o.reduceSum(o.exp(discretisedLogistic(all, constant(mean), constant(logScale), { levels }))) }, {})("total")
      assert.closeTo(total, 1, 1e-3) // levels without much mass are counted by the density in their middle
    }
  })

  it("of a Gaussian decoder is the density's, and the bound adds the rate", () => {
    const graph = new Graph()
    const [x, of] = [graph.constant(doubles([1, 2], [1, 2, 1, 1])), graph.constant(doubles([1, 4, 0, Math.log(2)], [1, 4, 1, 1]))]
    const expected = -0.5 * Math.log(2 * Math.PI) - 0.5 * Math.log(2 * Math.PI) - Math.log(2) - 0.5
    const likelihood = gaussianLogLikelihood(x, of)
    const bound = negativeBound(x, likelihood, graph.constant(doubles([0.5, 0.25], [1, 2])), 2)
    agree(evaluated({ likelihood }, {})("likelihood"), [expected])
    agree(evaluated({ loss: bound.loss }, {})("loss"), [-expected / 2 + 2 * 0.375])
  })

  it("say which shapes they take", () => {
    const graph = new Graph()
    const x = graph.input("x", [2, 3, 4, 4])
    assert.throws(() => discretisedLogisticMixture(x, graph.input("of", [2, 25, 4, 4])), /parameters \[N, 10 K, H, W\], not \[2, 3, 4, 4\] and \[2, 25, 4, 4\]/)
    assert.throws(() => gaussianLogLikelihood(x, graph.input("other", [2, 3, 4, 4])), /take parameters \[2, 6, 4, 4\], not \[2, 3, 4, 4\]/)
  })
})
