/** Beam search over models that are tables: any text of a few letters before has scores of its own. */
import { expect, test } from "vitest"
import { type Answer, BeamSearch, type SearchSettings } from "../../../../stages/evaluate/lib/sequences/beam-search.ts"
import { randomStream } from "../../../../src/stage/random.ts"

/** Scores of what follows a text. */
type Model = (text: ReadonlyArray<number>) => Float32Array

const randomModel = (seed: number, tokens: number): Model => (text) => randomStream(seed, "beam", text.join(" ")).fillNormal(new Float32Array(tokens))

/** Runs a search as a decoder would, its rows holding texts. */
const searched = (model: Model, settings: SearchSettings): { readonly answer: Answer; readonly steps: number } => {
  const search = new BeamSearch(settings)
  const rows: Array<ReadonlyArray<number>> = Array.from({ length: settings.beam }, () => [])
  for (let steps = 1; ; steps++) {
    for (const { row, token } of search.open) rows[row] = token === undefined ? [] : [...(rows[row] ?? []), token]
    for (const { from, to } of search.advance((row) => ({ scores: model(rows[row] ?? []) }))) rows[to] = rows[from] ?? []
    if (search.answer !== undefined) return { answer: search.answer, steps }
  }
}

const logarithm = (scores: Float32Array, token: number): number => (scores[token] ?? 0) - Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0))
const logProbability = (model: Model, text: ReadonlyArray<number>): number => text.reduce((sum, token, i) => sum + logarithm(model(text.slice(0, i)), token), 0)

/** Every text that ends with `eos`, or is as long as can be. */
const allTexts = ({ eos, greatestLength }: SearchSettings, tokens: number, text: ReadonlyArray<number> = []): ReadonlyArray<ReadonlyArray<number>> =>
  text.length === greatestLength || text.at(-1) === eos ? [text] : Array.from({ length: tokens }, (_, token) => allTexts({ eos, greatestLength, beam: 1, lengthPenalty: 0 }, tokens, [...text, token])).flat()

test.each([-0.5, 0, 0.6, 1, 2])("a beam that holds every text finds the best one, with a length penalty of %s", (lengthPenalty) => {
  for (let seed = 0; seed < 30; seed++) {
    const model = randomModel(seed, 3)
    const settings = { beam: 81, lengthPenalty, greatestLength: 4, eos: 2 }
    const scored = allTexts(settings, 3).map((text) => ({ text, score: logProbability(model, text) / text.length ** lengthPenalty })).sort((a, b) => b.score - a.score)
    const { answer } = searched(model, settings)
    expect(answer.tokens).toEqual(scored[0]?.text)
    expect(answer.score).toBeCloseTo(scored[0]?.score ?? 0, 10)
  }
})

test("a beam of one is greedy decoding", () => {
  for (let seed = 0; seed < 100; seed++) {
    const model = randomModel(seed, 5)
    const text: Array<number> = []
    while (text.length < 8 && text.at(-1) !== 0) {
      const scores = model(text)
      text.push(scores.indexOf(Math.max(...scores)))
    }
    const { answer } = searched(model, { beam: 1, lengthPenalty: seed / 50, greatestLength: 8, eos: 0 })
    expect(answer).toMatchObject({ tokens: text, ended: text.at(-1) === 0, logProbability: expect.closeTo(logProbability(model, text), 6) })
  }
})

test("an answer's score is that of its text", () => {
  for (let seed = 0; seed < 50; seed++) {
    const model = randomModel(seed, 6)
    for (const beam of [2, 3, 5]) {
      const { answer } = searched(model, { beam, lengthPenalty: 0.7, greatestLength: 6, eos: 5 })
      expect(answer.logProbability).toBeCloseTo(logProbability(model, answer.tokens), 6)
      expect(answer.score).toBeCloseTo(answer.logProbability / answer.tokens.length ** 0.7, 10)
    }
  }
})

test("of equals the lower token comes first", () => {
  const flat = () => new Float32Array(4)
  expect(searched(flat, { beam: 1, lengthPenalty: 1, greatestLength: 3, eos: 3 }).answer.tokens).toEqual([0, 0, 0])
  // Two places: the texts 0 and 1, then 0 0 and 0 1, and so on; none ends.
  expect(searched(flat, { beam: 2, lengthPenalty: 1, greatestLength: 3, eos: 3 }).answer.tokens).toEqual([0, 0, 0])
  expect(searched(flat, { beam: 4, lengthPenalty: 0, greatestLength: 3, eos: 3 }).answer.tokens).toEqual([3])
})

test("a beam may have room for more answers than there are tokens", () => {
  const model = randomModel(4, 3)
  const settings = { lengthPenalty: 0, greatestLength: 3, eos: 2 }
  expect(searched(model, { ...settings, beam: 100 }).answer).toEqual(searched(model, { ...settings, beam: 27 }).answer)
})

test("the search ends as soon as nothing can become better", () => {
  // The end is all but certain at once; others would run on.
  const model = () => Float32Array.of(0, 0, 12)
  expect(searched(model, { beam: 3, lengthPenalty: 0, greatestLength: 50, eos: 2 }).steps).toBe(1)
})

test("scores that are no numbers give an answer that says so", () => {
  expect(searched(() => new Float32Array(3).fill(Number.NaN), { beam: 2, lengthPenalty: 1, greatestLength: 4, eos: 2 }).answer.score).toBeNaN()
})
