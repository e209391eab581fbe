/** The training of sequences beside PyTorch's, step by step: losses, norms of the gradients, rates, and all weights at the end. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { adamW } from "../../../src/tensor/optimisers.ts"
import { itemOf, scalar, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { rateAt } from "../../../stages/train/lib/schedule.ts"
import { feedsOf, kindOfEach, kindsOfBatches, sequenceBatches } from "../../../stages/train/lib/sequence-batches.ts"
import { sequenceNetwork } from "../../../stages/train/lib/sequence-network.ts"
import { openSequenceSteps } from "../../../stages/train/lib/sequence-steps.ts"
import { torchAnswers, whyNoTorch } from "../torch.ts"
import type { TokenSet, Vocabulary } from "../../../stages/train/lib/token-set.ts"
import { backwards, letters, lettersAndNumbers, pairsOf, withNumbers } from "./pairs.ts"

const settings = { features: 16, depth: 2, heads: 4, positions: 12, dropout: 0 }
const [rate, warmUp, clip, smoothing, epsilon, weightDecay] = [3e-3, 4, 0.5, 0.1, 1e-6, 0.02]
const words = pairsOf(backwards(24 * 5, 10), 12)
const kinds = kindsOfBatches(words, { source: 2, target: 2 })
const batches = sequenceBatches(kindOfEach(words, kinds), kinds.length, 8, (epoch) => randomStream(0, "test", `epoch ${epoch}`))
const steps = 2 * batches.perEpoch

const base64 = ({ buffer, byteLength, byteOffset }: Float32Array): string => Buffer.from(buffer, byteOffset, byteLength).toString("base64")
const rowsOf = ({ data, shape: [, width = 1] }: Tensor): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: data.length / width }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width), Number))

interface Answer {
  readonly losses: ReadonlyArray<number>
  readonly norms: ReadonlyArray<number>
  readonly rates: ReadonlyArray<number>
  readonly accuracies: ReadonlyArray<number>
  readonly weights: Readonly<Record<string, string>>
}

const close = (found: number, expected: number) => expect(Math.abs(found - expected)).toBeLessThan(1e-4 * Math.abs(expected))

const prepared = (name: string, data: TokenSet, vocabulary: Vocabulary) =>
  Effect.gen(function*() {
    const network = yield* sequenceNetwork(
      { path: new URL(`../../../configs/models/${name}.yaml`, import.meta.url).pathname, name },
      settings, data, vocabulary, (purpose) => randomStream(0, "test", purpose)
    )
    // Moved a little, so that no weight is 0 or 1.
    const parameters = network.parameters.map((parameter) => {
      const noise = randomStream(1, "test", parameter.name).fillNormal(new Float32Array(parameter.initial.length))
      return { ...parameter, initial: parameter.initial.map((value, i) => value + 0.05 * (noise[i] ?? 0)) }
    })
    const fed = Array.from({ length: steps }, (_, step) => {
      const { kind, rows } = batches.batch(step)
      return feedsOf(data, rows, 8, kinds[kind] ?? { source: 12, target: 12 }, vocabulary)
    })
    return { network: { ...network, parameters }, parameters, fed, vocabulary }
  })

describe.skipIf(whyNoTorch !== undefined)(`a training of sequences takes PyTorch's steps${whyNoTorch === undefined ? "" : `: ${whyNoTorch}`}`, async () => {
  const cases = await Effect.runPromise(Effect.all([prepared("transformer-mini", words, letters), prepared("transformer-hybrid", withNumbers(words), lettersAndNumbers)]))
  const answers = whyNoTorch !== undefined ? [] : torchAnswers<{ readonly train: ReadonlyArray<Answer> }>({
    train: cases.map(({ fed, parameters, vocabulary }) => ({
      network: {
        features: 16, depth: 2, positions: 12, vocabulary: vocabulary.tokens.length, heads: 4, padding: vocabulary.pad, ...(vocabulary.number === undefined ? {} : { number: vocabulary.number })
      },
      parameters: Object.fromEntries(parameters.map(({ initial, name, shape }) => [name, { type: "float32", shape, data: base64(initial) }])),
      batches: fed.map((batch) => Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, rowsOf(tensor)]))),
      rate, warm_up: warmUp, clip, smoothing, epsilon, weight_decay: weightDecay
    }))
  }, new URL("torch_seq2seq.py", import.meta.url)).train

  it.each([["of tokens", 0], ["of tokens and numbers", 1]] as const)("%s", async (_, which) => {
    const [own, theirs] = [cases[which], answers[which]]
    if (theirs === undefined) throw new Error("PyTorch gave no answer.")
    const { fed, network, parameters, vocabulary } = own
    expect(new Set(fed.map(({ source, target }) => `${source?.shape} ${target?.shape}`)).size).toBeGreaterThan(1)
    await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const { loop } = yield* openSequenceSteps(
        { network, vocabulary, batchSize: 8, kinds, optimiser: adamW({ epsilon, weightDecay }), smoothing, clip },
        (purpose) => randomStream(0, "test", purpose), { backend: "cpu", threads: 1 }
      )
      for (const [step, batch] of fed.entries()) {
        const learningRate = rateAt({ kind: "linear", rate, steps, warmUp, every: 1, factor: 1, least: 0 }, step, rate)
        expect(learningRate).toBeCloseTo(theirs.rates[step] ?? Number.NaN, 12)
        const { accuracy = scalar(0), gradientNorm = scalar(0), loss = scalar(0) } = yield* Effect.promise(() => loop.step({ ...batch, learningRate: scalar(learningRate) }))
        close(itemOf(loss), theirs.losses[step] ?? Number.NaN)
        close(itemOf(gradientNorm), theirs.norms[step] ?? Number.NaN)
        expect(itemOf(accuracy)).toBeCloseTo(theirs.accuracies[step] ?? Number.NaN, 6)
      }
      // Some gradients were clipped, and some were not.
      expect([Math.min(...theirs.norms) < clip, Math.max(...theirs.norms) > clip]).toEqual([true, true])
      const found = loop.parameters()
      for (const { initial, name } of parameters) {
        const bytes = Buffer.from(theirs.weights[name] ?? "", "base64")
        const expected = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
        const ours = Array.from((found[name] ?? tensor([], [0])).data, Number)
        const moved = Math.hypot(...expected.map((value, i) => value - (initial[i] ?? 0)))
        expect(ours).toHaveLength(expected.length)
        expect(Math.hypot(...expected.map((value, i) => value - (ours[i] ?? 0))), name).toBeLessThan(1e-3 * moved + 1e-7)
      }
    })))
  })
})
