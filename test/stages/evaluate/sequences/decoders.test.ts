/** Which models can be decoded step by step, and what becomes of others. */
import { expect, test } from "vitest"
import sequences from "../../../../stages/evaluate/sequences.ts"
import { NoRule } from "../../../../stages/evaluate/lib/sequences/places.ts"
import { stepGraph } from "../../../../stages/evaluate/lib/sequences/step-graph.ts"
import { Graph, type Value } from "../../../../src/tensor/graph.ts"
import * as o from "../../../../src/tensor/ops.ts"
import { importModel } from "../../../../src/tensor/import.ts"
import { attemptStage, runStage } from "../../run-stage.ts"
import { drawnSequences, modelFile, pairTable, tinyModel, vocabularyTable, words } from "./tiny-model.ts"

const [sources, targets] = [drawnSequences(20, 14, "sources"), drawnSequences(20, 10, "targets")]

test("the step of a transformer keeps keys and values of each layer, and needs no cache of anything else", () => {
  const { inputs, outputs } = importModel(tinyModel({ depth: 3 }).bytes, { shapes: { batch: 5 } })
  const { caches, memory } = stepGraph(outputs, new Set(Object.values(inputs).filter(({ name }) => name === "target")))
  expect(caches.map(({ axis, shape }) => [shape, axis])).toEqual(Array.from({ length: 3 }, () => [[[5, 8, 4, 10], 3], [[5, 8, 10, 4], 2]]).flat())
  // Of the source: keys and values for each layer, and which of its places are padding.
  expect(Object.values(memory).map(({ shape }) => shape.join("x")).toSorted()).toEqual([...Array.from({ length: 3 }, () => ["5x8x14x4", "5x8x4x14"]).flat(), "5x1x1x14"].toSorted())
})

test("a hybrid model's numbers go with its tokens, step by step as over the whole graph", async () => {
  // Token 4 stands for a number.
  const hybrid = words.with(4, { token: "[C]", kind: "number" })
  const model = tinyModel({ file: "transformer-hybrid", settings: { heads: 8, number: 4 } })
  const numbers = (tokens: Int32Array) => Float32Array.from(tokens, (token, i) => (token === 4 ? i / 4 : Number.NaN))
  const many = sources.map((tokens) => tokens.map((token, i) => (token !== 1 && token !== 25 && i % 3 === 0 ? 4 : token)))
  const inputs = { model: modelFile(Buffer.from(model.bytes)), data: pairTable(many, targets, numbers), vocabulary: vocabularyTable(hybrid) }
  const failed = await attemptStage(sequences, {}, { inputs })
  expect(failed.error?.message).toMatch(/Token 4 is "C4" to the model and "\[C\]"/)
  const given = { ...inputs, vocabulary: vocabularyTable(words.with(4, { token: "C4", kind: "number" })) }
  const settings = [{}, { decoding: "whole" }, { beam: 3 }, { beam: 3, decoding: "whole" }]
  const [cached = [], whole = [], wide = [], wholeWide = []] = await Promise.all(settings.map(async (params) => (await runStage(sequences, params, { inputs: given })).rows("samples")))
  const said = (rows: typeof cached) => rows.map(({ answer }) => answer)
  expect(said(cached)).toEqual(said(whole))
  expect(said(wide)).toEqual(said(wholeWide))
  // NaN stands where there is no number.
  const values = (rows: typeof cached) => rows.flatMap(({ answer_value }) => (answer_value instanceof Float32Array ? Array.from(answer_value).filter((value) => !Number.isNaN(value)) : []))
  const [ours, theirs] = [values(cached), values(whole)]
  ours.forEach((value, i) => expect(value).toBeCloseTo(theirs[i] ?? 0, 4))
  expect(ours.length).toBeGreaterThan(5)
  const residues = values((await runStage(sequences, { modulus: 7 }, { inputs: given })).rows("samples"))
  expect(residues.every((value) => [0, 1, 2, 3, 4, 5, 6].includes(value))).toBe(true)
})

test("a model that looks at later tokens is refused", async () => {
  const model = tinyModel({ change: (text) => text.replace("causal: true", "causal: false") })
  const inputs = { model: modelFile(model.bytes), data: pairTable(sources, targets), vocabulary: vocabularyTable() }
  expect((await attemptStage(sequences, {}, { inputs })).error).toMatchObject({ message: expect.stringMatching(/depends on the tokens behind it/), hint: expect.stringMatching(/causal/) })
})

test("a model without a known step is decoded over the whole graph, with a warning", async () => {
  // Places and features lie along one axis for a moment, where nothing happens that would bring places together.
  const model = tinyModel({ change: (text) => text.replace("  - unembedding:", "  - flatten\n  - gelu\n  - { reshape: { shape: [10, 32] } }\n  - unembedding:") })
  const inputs = { model: modelFile(model.bytes), data: pairTable(sources, targets), vocabulary: vocabularyTable() }
  const ran = await runStage(sequences, {}, { inputs })
  expect(ran.events).toContainEqual(expect.objectContaining({ type: "log", level: "warn", message: expect.stringMatching(/step by step \(Reshape joins places with something\)/) }))
  const same = await runStage(sequences, {}, { inputs: { ...inputs, model: modelFile(tinyModel({ change: (text) => text.replace("  - unembedding:", "  - gelu\n  - unembedding:") }).bytes) } })
  expect(ran.rows("samples").map(({ answer }) => answer)).toEqual(same.rows("samples").map(({ answer }) => answer))
})

test.each<readonly [string, (x: Value) => Value]>([
  ["sums over places", (x) => o.mul(x, o.reduceSum(x, [1], true))],
  ["softmax over places", (x) => o.softmax(x, 1)],
  ["running sums", (x) => o.matMul(x.graph.constant({ type: "float32", shape: [6, 6], data: new Float32Array(36) }), x)],
  ["places beside places of the source", (x) => o.add(x, x.graph.input("source", x.shape))],
  ["places joined with features", (x) => o.reshape(o.relu(o.reshape(x, [2, 24])), [2, 6, 4])],
  ["the batch joined with places", (x) => o.reshape(o.relu(o.reshape(x, [12, 4])), [2, 6, 4])],
  ["pieces of places", (x) => o.concat([o.slice(x, [1], [6], [1]), o.slice(x, [0], [1], [1])], 1)]
])("%s have no step", (_, build) => {
  const target = new Graph().input("target", [2, 6, 4])
  expect(() => stepGraph({ scores: build(target) }, new Set([target]))).toThrow(NoRule)
})
