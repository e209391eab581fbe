/** What is measured of a sequence model after every epoch, on pairs that it is not trained on. */
import { Effect } from "../../../src/stage.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { itemOf, tensor } from "../../../src/tensor/tensor.ts"
import { type Engine, sessionOptions } from "./engine.ts"
import { valueOf } from "./model.ts"
import { feedsOf, kindOfEach, type Lengths } from "./sequence-batches.ts"
import type { SequenceNetwork } from "./sequence-network.ts"
import { inputsOf, type Judging, measuredSums } from "./sequence-objective.ts"
import type { TokenSet } from "./token-set.ts"
import type { Weights } from "./training-loop.ts"

/** Pairs a run. */
const batchSize = 64

export interface MeasuredSequences {
  /** Mean cross-entropy of a token, without smoothing, in nats. */
  readonly loss: number
  /** Share of tokens that are right, each given the right ones before it; of hybrid models with the numbers that belong to them. */
  readonly accuracy: number
  /** Share of sequences of which all tokens are: those that greedy decoding gets right as a whole, since it goes wrong at the first wrong token only. */
  readonly sequences: number
}

/**
 * Opens sessions for the lengths that the data needs and gives what measures weights on it. Pairs that are longer than every kind of batch
 * come in batches of the lengths `most`.
 */
export const openSequenceMeasure = Effect.fn("openSequenceMeasure")(function*(network: SequenceNetwork, data: TokenSet, kinds: ReadonlyArray<Lengths>, most: Lengths, judging: Judging, engine: Engine) {
  const { vocabulary } = judging
  const options = yield* sessionOptions(engine)
  const kindOf = kindOfEach(data, kinds)
  const groups = [...Map.groupBy(kindOf.keys(), (row) => kindOf[row] ?? -1)].map(([kind, rows]) => ({ lengths: kinds[kind] ?? most, rows: Uint32Array.from(rows) }))
  const parts = yield* Effect.forEach(groups, Effect.fnUntraced(function*({ lengths, rows }) {
    const graph = new Graph()
    const { answer, answerValue, inputs } = inputsOf(graph, batchSize, lengths, vocabulary.number !== undefined)
    const values = new Map(network.parameters.map(({ name, shape }) => [name, graph.input(name, shape)]))
    const built = network.build(graph, "inference", inputs, (name) => valueOf(values, name))
    return { lengths, rows, session: yield* openSession(measuredSums(built, answer, answerValue, judging), options) }
  }))
  return Effect.fn("measure")(function*(weights: Weights) {
    const fed = Object.fromEntries(network.parameters.map(({ initial, name, shape }) => [name, tensor(weights.get(name) ?? initial, shape)]))
    const sums = { loss: 0, tokens: 0, right: 0, sequences: 0 }
    for (const { lengths, rows, session } of parts) {
      for (let from = 0; from < rows.length; from += batchSize) {
        const found = yield* session.run({ ...fed, ...feedsOf(data, rows.subarray(from, from + batchSize), batchSize, lengths, vocabulary) })
        for (const name of ["loss", "tokens", "right", "sequences"] as const) {
          const value = found[name]
          if (value !== undefined) sums[name] += itemOf(value)
        }
      }
    }
    const measured: MeasuredSequences = { loss: sums.loss / Math.max(sums.tokens, 1), accuracy: sums.right / Math.max(sums.tokens, 1), sequences: sums.sequences / Math.max(data.rows, 1) }
    return measured
  })
})
