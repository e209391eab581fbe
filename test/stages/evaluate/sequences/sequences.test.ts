/** A sequence model's answers: beside PyTorch, token for token; what they are compared by; what a killed run keeps; what is refused. */
import { describe, expect, it } from "vitest"
import { sameToken } from "../../../../stages/evaluate/lib/sequences/agreement.ts"
import { answerAll, type Context } from "../../../../stages/evaluate/lib/sequences/answers.ts"
import { readSequenceModel } from "../../../../stages/evaluate/lib/sequences/model.ts"
import { decodeState } from "../../../../stages/evaluate/lib/sequences/result.ts"
import { readPairs } from "../../../../stages/evaluate/lib/sequences/token-set.ts"
import { readVocabulary } from "../../../../stages/evaluate/lib/sequences/vocabulary.ts"
import sequences from "../../../../stages/evaluate/sequences.ts"
import { Effect } from "../../../../src/stage.ts"
import type { JsonObject } from "../../../../src/stage/json.ts"
import { readTable } from "../../../../src/table/read.ts"
import { attemptStage, type Ran, runStage } from "../../run-stage.ts"
import { torchAnswers, whyNoTorch } from "../../torch.ts"
import { architectureOf, drawnSequences, EOS, modelFile, pairTable, tinyModel, vocabularyTable, words } from "./tiny-model.ts"

const tiny = tinyModel()
const COUNT = 200
/** As many weights of the same shapes, in two heads instead of eight. */
const otherHeads = JSON.stringify(architectureOf(tiny.bytes)).replaceAll('"heads":8', '"heads":2')
const sources = drawnSequences(COUNT, tiny.sourceLength, "sources")
const targets = drawnSequences(COUNT, tiny.targetLength, "targets")
const inputs = () => ({ model: modelFile(tiny.bytes), data: pairTable(sources, targets), vocabulary: vocabularyTable() })

const tokensOf = (row: Readonly<Record<string, unknown>>): ReadonlyArray<number> => (row["answer"] instanceof Int32Array ? [...row["answer"]] : [])
const answersOf = (ran: Ran) => ran.rows("samples").map(tokensOf)

interface TorchAnswers {
  /** For each setting, for each source. */
  readonly answers: ReadonlyArray<ReadonlyArray<{ readonly tokens: ReadonlyArray<number>; readonly score: number; readonly log_probability: number }>>
  readonly forced: ReadonlyArray<{ readonly log_probability: number; readonly right: number }>
}

describe.skipIf(whyNoTorch !== undefined)(`beside a PyTorch loop with the same weights${whyNoTorch === undefined ? "" : ` (${whyNoTorch})`}`, () => {
  const settings = [{ beam: 1, length_penalty: 1 }, { beam: 4, length_penalty: 0.7 }]
  it("gives the same answers to hundreds of sources, greedily and in a beam, and the same probabilities", async () => {
    const { all: { answers, forced } } = torchAnswers<{ readonly all: TorchAnswers }>({
      all: {
        weights: Object.fromEntries(Object.entries(tiny.weights).map(([name, { data }]) => [name, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")])),
        features: 32, depth: 1, positions: 16, eos: EOS, length: tiny.targetLength, settings: settings.map(({ beam, length_penalty }) => ({ beam, penalty: length_penalty })),
        sources: sources.map((source) => [...source]), targets: targets.map((target) => [...target.subarray(0, target.indexOf(EOS) + 1)])
      }
    }, new URL("torch_sequences.py", import.meta.url))
    for (const [k, params] of settings.entries()) {
      const rows = (await runStage(sequences, { ...params, batch: 24 }, { inputs: inputs() })).rows("samples")
      const theirs = answers[k] ?? []
      expect(rows.map(tokensOf)).toEqual(theirs.map(({ tokens }) => tokens))
      expect(rows.map((row) => row["tokens_right"])).toEqual(forced.map(({ right }) => right))
      const expected = theirs.map(({ log_probability, score }, i) => [score, log_probability, forced[i]?.log_probability ?? Number.NaN])
      rows.forEach((row, i) => [row["score"], row["log_probability"], row["target_log_probability"]].forEach((value, column) => expect(value).toBeCloseTo(expected[i]?.[column] ?? Number.NaN, 3)))
      // The case is worth its while: some answers end soon, some late, some never.
      const lengths = new Set(theirs.map(({ tokens }) => tokens.length))
      expect([lengths.size > 5, rows.some(({ ended }) => ended === false)]).toEqual([true, true])
    }
  })
})

describe("an answer", () => {
  it("has the log-probability that teacher forcing gives it", async () => {
    const first = await runStage(sequences, { beam: 3, limit: 60 }, { inputs: inputs() })
    // Where the answer ended it can be a target, and then the model's own answer is right.
    const ended = first.rows("samples").filter((row) => row["ended"] === true)
    const given = ended.map((row) => sources[Number(row["sample"]) - 100] ?? new Int32Array())
    const said = ended.map((row) => Int32Array.from({ length: tiny.targetLength }, (_, i) => tokensOf(row)[i] ?? 1))
    const again = await runStage(sequences, { beam: 3 }, { inputs: { ...inputs(), data: pairTable(given, said) } })
    expect(ended.length).toBeGreaterThan(20)
    expect(again.rows("stat")).toMatchObject([{ samples: BigInt(ended.length), accuracy: 1, support_accuracy: 1, polynomial_accuracy: 1, ended: 1, missed: 0 }])
    for (const row of again.rows("samples")) expect(row["target_log_probability"]).toBeCloseTo(Number(row["log_probability"]), 4)
  })

  it("is the same step by step as over the whole graph, in batches of any size, padded to any length", async () => {
    const deeper = tinyModel({ depth: 2, seed: 3 })
    const given = { ...inputs(), model: modelFile(deeper.bytes) }
    const [cached, whole, small] = await Promise.all([{ batch: 24 }, { decoding: "whole", source_lengths: 1, batch: 24 }, { batch: 3, source_lengths: 3 }].map((params) => runStage(sequences, { beam: 3, limit: 24, ...params }, { inputs: given })))
    expect(answersOf(cached ?? expect.fail())).toEqual(answersOf(whole ?? expect.fail()))
    expect(answersOf(small ?? expect.fail())).toEqual(answersOf(whole ?? expect.fail()))
  })

  it("may be cut by the greatest length, but never by its own target's", async () => {
    const short = targets.map(() => Int32Array.from({ length: tiny.targetLength }, (_, i) => (i === 0 ? EOS : 1)))
    const given = { ...inputs(), data: pairTable(sources, short) }
    const [free, cut] = [await runStage(sequences, { limit: 40 }, { inputs: given }), await runStage(sequences, { limit: 40, max_length: 4 }, { inputs: given })]
    expect(Math.max(...answersOf(free).map(({ length }) => length))).toBe(tiny.targetLength)
    expect(answersOf(cut)).toEqual(answersOf(free).map((tokens) => tokens.slice(0, 4)))
    expect(cut.rows("samples").map(({ ended }) => ended)).toEqual(answersOf(free).map((tokens) => tokens.slice(0, 4).includes(EOS)))
  })
})

describe("tables", () => {
  it("count the same samples by length as in all", async () => {
    const ran = await runStage(sequences, { bin: 3 }, { inputs: inputs() })
    const [bins, [stat]] = [ran.rows("lengths"), ran.rows("stat")]
    expect(bins.map(({ high, low }) => [low, high])).toEqual([[1n, 3n], [4n, 6n], [7n, 9n], [10n, 12n]])
    expect(bins.reduce((sum, { samples }) => sum + Number(samples), 0)).toBe(COUNT)
    const right = ran.rows("samples").reduce((sum, row) => sum + Number(row["tokens_right"]), 0)
    const all = targets.reduce((sum, target) => sum + target.indexOf(EOS) + 1, 0)
    expect(stat?.["token_accuracy"]).toBeCloseTo(right / all, 12)
  })
})

describe("a run that ends early", () => {
  it("goes on after the samples that were done, with the same result", async () => {
    const answers = (checkpoint: Context["checkpoint"], seen: Array<number> = []) => Effect.runPromiseExit(Effect.scoped(Effect.gen(function*() {
      const vocabulary = yield* readVocabulary(readTable(vocabularyTable().path))
      const { lengths, pairs } = yield* readPairs(readTable(pairTable(sources, targets).path), vocabulary, 100)
      const model = yield* readSequenceModel(tiny.bytes, lengths)
      const search = { beam: 1, lengthPenalty: 1, greatestLength: tiny.targetLength }
      const progress = (done: number) => Effect.sync(() => void seen.push(done))
      const settings = { decoding: "cached", rows: 4, sourceLengths: 2, session: {}, same: sameToken(vocabulary, 0, undefined), modulus: undefined } as const
      return yield* answerAll(pairs, { model, vocabulary, search, ...settings }, { progress, log: () => Effect.void, checkpoint })
    })))
    const states: Array<Uint8Array> = []
    const whole = await answers({ load: Effect.undefined, save: (bytes) => Effect.sync(() => void states.push(bytes)) })
    for (const [i, state] of states.entries()) {
      const seen: Array<number> = []
      expect(await answers({ load: Effect.succeed(state), save: () => Effect.void }, seen)).toEqual(whole)
      expect(Math.min(...seen)).toBe(decodeState(state).length)
      expect(decodeState(state).length).toBeGreaterThan(i * 4)
    }
    expect(states.length).toBeGreaterThan(2)
  })
})

describe("a file that says something else of its architecture than it holds", () => {
  it("is taken as it is", async () => {
    const files = [tinyModel({ seed: 5 }).bytes, tinyModel({ seed: 5, metadata: { architecture: "{}" } }).bytes, tinyModel({ seed: 5, metadata: { architecture: otherHeads } }).bytes]
    const answers = await Promise.all(files.map(async (bytes) => answersOf(await runStage(sequences, { limit: 24, batch: 3 }, { inputs: { ...inputs(), model: modelFile(bytes) } }))))
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })
})

describe("what does not fit is refused", () => {
  const failing = async (params: JsonObject, changed: Partial<ReturnType<typeof inputs>> = {}) =>
    (await attemptStage(sequences, params, { inputs: { ...inputs(), ...changed } })).error?.message

  it("says what is wrong with vocabulary, lengths and model", async () => {
    expect(await failing({}, { vocabulary: vocabularyTable([...words, { token: "C99", kind: "coefficient" }]) })).toMatch(/scores 42 tokens and the vocabulary has 43/)
    expect(await failing({}, { vocabulary: vocabularyTable(words.with(5, { token: "C7", kind: "coefficient" })) })).toMatch(/Token 5 is "C5" to the model and "C7"/)
    expect(await failing({}, { data: pairTable(drawnSequences(30, 20, "long"), targets) })).toMatch(/takes sources of 14 tokens, and the data's have up to (1[5-9]|20)/)
    expect(await failing({ max_length: 11 })).toMatch(/takes answers of 10 tokens, and answers may have 11/)
    expect(await failing({}, { data: pairTable([], []) })).toMatch(/no samples/)
    expect(await failing({}, { model: modelFile(new Uint8Array(100)) })).toMatch(/The model cannot be read/)
  })
})
