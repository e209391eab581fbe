/** What train/seq2seq writes, that it goes on where it was stopped, and what it says of data and settings that do not fit. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../../src/stage/json.ts"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import { Int32, Int64, listOf, Utf8 } from "../../../src/table/schema.ts"
import { openTableWriter } from "../../../src/table/write.ts"
import seq2seq from "../../../stages/train/seq2seq.ts"
import { attemptStage, type Made, type Options, runStage, temporaryFolder } from "../run-stage.ts"
import { backwards, letters, writePairs } from "./pairs.ts"

const settings = { features: 16, depth: 1, heads: 2, positions: 16 }
const params = { model: "configs/models/transformer-mini.yaml", settings, epochs: 3, batch: 16, rate: 0.01, warm_up: 0.5, source_lengths: 2, target_lengths: 1, seed: 0 }
const asTable = (path: string): Made => ({ path, kind: "table" })

const wordsAsInputs = (folder: string): Readonly<Record<string, Made>> => {
  const { pairs, vocabulary } = writePairs(folder, "train", backwards(150, 6), 10)
  return { train: asTable(pairs), vocabulary: asTable(vocabulary), validation: asTable(writePairs(folder, "validation", backwards(70, 9, "others"), 20).pairs) }
}
const train = (changed: JsonObject, inputs: Readonly<Record<string, Made>>, options: Options = {}) => runStage(seq2seq, { ...params, ...changed }, { inputs, ...options })

describe("train/seq2seq", () => {
  it("writes a model for any number of pairs of the data's lengths, and its books", async () => {
    const ran = await train({ epochs: 6, settings: { ...settings, dropout: 0 } }, wordsAsInputs(temporaryFolder()))
    const { inputs, outputs } = decodeModel(ran.bytes("model"), { dimensions: { batch: 5 } })
    expect([inputs["source"]?.shape, inputs["target"]?.shape, outputs["scores"]?.shape]).toEqual([[5, 10], [5, 10], [5, 10, 11]])
    const epochs = ran.rows("epochs")
    expect(epochs).toHaveLength(6)
    const column = (name: string) => epochs.map((row) => Number(row[name]))
    expect(column("validation_loss").at(-1)).toBeLessThan(0.95 * (column("validation_loss")[0] ?? 0))
    expect(column("validation_accuracy").at(-1)).toBeGreaterThan(column("validation_accuracy")[0] ?? 1)
    expect(column("rate").at(-1)).toBeLessThan(0.01 / 20)
    const [stat] = ran.rows("stat")
    expect(stat).toMatchObject({ pairs: 150n, steps: 54n, source_length: 10n, target_length: 10n })
    expect(ran.rows("steps")).toHaveLength(54)
  })

  it("goes on after an interruption, and ends with the bytes of a training that was never stopped", async () => {
    const inputs = wordsAsInputs(temporaryFolder())
    const checkpoint = join(temporaryFolder(), "checkpoint")
    const all = { keep_state: true, keep: "best", average: 0.9 }
    const straight = await train(all, inputs)
    const stop = new AbortController()
    const { error } = await attemptStage(seq2seq, { ...params, ...all }, {
      inputs, checkpoint, signal: stop.signal, onEvent: (event) => event.type === "metric" && event.name === "validation_loss" ? stop.abort() : undefined
    })
    expect(error).toBeDefined()
    const resumed = await train(all, inputs, { checkpoint })
    for (const output of ["model", "state", "steps", "epochs", "stat"]) expect(Buffer.from(resumed.bytes(output)).equals(Buffer.from(straight.bytes(output))), output).toBe(true)
    // It did go on: what was measured before the interruption was not measured again.
    const measured = (ran: typeof straight) => ran.events.flatMap((event) => (event.type === "metric" && event.name === "validation_loss" ? [event.step] : []))
    expect(measured(straight)).toEqual([1, 2, 3])
    expect(measured(resumed).length).toBeLessThan(3)
  })

  it("starts from a model's weights, and from the state of a shorter training", async () => {
    const inputs = wordsAsInputs(temporaryFolder())
    const constant = { schedule: "constant", keep_state: true, warm_up: 0 }
    const one = await train({ ...constant, epochs: 1 }, inputs)
    const made = (output: string): Made => ({ path: one.outputs[output]?.path ?? "", kind: output === "model" ? "model" : "artefact" })
    const [straight, longer] = [await train({ ...constant, epochs: 2 }, inputs), await train({ ...constant, epochs: 2 }, { ...inputs, from: made("state") })]
    expect(Buffer.from(longer.bytes("state")).equals(Buffer.from(straight.bytes("state")))).toBe(true)
    const lossOf = (ran: typeof one, epoch: number) => Number(ran.rows("epochs")[epoch]?.["loss"])
    const tuned = await train({ ...constant, epochs: 1 }, { ...inputs, weights: made("model") })
    expect(Number(tuned.rows("steps")[0]?.["loss"])).toBeLessThan(lossOf(one, 0))
    const { error } = await attemptStage(seq2seq, { ...params, settings: { ...settings, features: 8 } }, { inputs: { ...inputs, weights: made("model") } })
    expect(error?.message).toBe("The model of `weights` has another shape, [11, 16], of tokens.weight [11, 8].")
  })

  it("stops when the loss is no number any more", async () => {
    const { error } = await attemptStage(seq2seq, { ...params, rate: 1e30, clip: 0, optimiser: "sgd", warm_up: 0, schedule: "constant" }, { inputs: wordsAsInputs(temporaryFolder()) })
    expect(error?.message).toMatch(/^The loss became (NaN|Infinity|-Infinity) at step \d+, with a learning rate of 1e\+30\./)
  })
})

describe("train/seq2seq says what is wrong", () => {
  const failure = async (changed: JsonObject, inputs?: Readonly<Record<string, Made>>) =>
    (await attemptStage(seq2seq, { ...params, ...changed }, { inputs: inputs ?? wordsAsInputs(temporaryFolder()) })).error?.message
  const rows = (source: ReadonlyArray<number>, target: ReadonlyArray<number>): Readonly<Record<string, Made>> => {
    const path = join(temporaryFolder(), "rows.arrow")
    const table = openTableWriter(path, { source: listOf(Int32), target: listOf(Int32) })
    table.append([{ source: Int32Array.of(3, 2), target: Int32Array.of(4, 2) }, { source: Int32Array.from(source), target: Int32Array.from(target) }])
    table.close()
    return { ...wordsAsInputs(temporaryFolder()), train: asTable(path) }
  }

  it.each([
    [[3, 4, 2], [3, 2], "train, `source`: row 1 is not a list of 2 tokens."],
    [[3, 2], [17, 2], "train, `target`: row 1 has the token 17, but the vocabulary has 11."],
    [[3, 4], [3, 2], "train, `source`: row 1 is not a sequence of tokens, </s> and padding."]
  ])("of rows: %j %j", async (source, target, message) => {
    expect(await failure({}, rows(source, target))).toBe(message)
  })

  it("of tokens that are several numbers each", async () => {
    const path = join(temporaryFolder(), "monomials.arrow")
    const table = openTableWriter(path, { source: listOf(Int32), target: listOf(Int32), source_tokens: Int32, target_tokens: Int32 })
    table.append([{ source: Int32Array.of(3, 4, 5, 2, 0, 0), target: Int32Array.of(3, 4, 5, 2, 0, 0), source_tokens: 2, target_tokens: 2 }])
    table.close()
    expect(await failure({}, { ...wordsAsInputs(temporaryFolder()), train: asTable(path) }))
      .toBe("train, `source`: row 0 has 2 tokens and takes 4 places: data of `unit: monomials` has several numbers for a token, which no model here takes.")
  })

  it("of a vocabulary without an end", async () => {
    const path = join(temporaryFolder(), "vocabulary.arrow")
    const table = openTableWriter(path, { id: Int64, token: Utf8, kind: Utf8 })
    table.append(letters.tokens.map((token, id) => ({ id: BigInt(id), token, kind: ["pad", "bos"][id] ?? "letter" })))
    table.close()
    expect(await failure({}, { ...wordsAsInputs(temporaryFolder()), vocabulary: asTable(path) })).toBe("The vocabulary cannot be used: it has no token of the kind \"eos\".")
  })

  it("of validation data that is longer than what the model takes", async () => {
    const long = writePairs(temporaryFolder(), "long", { source: [[3, 4, 5, 6, 7, 8, 9, 10, 9, 8, 7, 6]], target: [[3]] }, 20)
    expect(await failure({}, { ...wordsAsInputs(temporaryFolder()), validation: asTable(long.pairs) })).toBe("The validation data has a source of more than the 10 tokens that the model takes.")
  })

  it("of settings", async () => {
    expect(await failure({ settings: { ...settings, positions: 8 } })).toContain("has vectors for 8 places")
    expect(await failure({ settings: { ...settings, feature: 8 } })).toContain("unknown setting \"feature\"; did you mean \"features\"?")
    expect(await failure({ model: "configs/models/mlp-mini.yaml", settings: {} })).toContain("has the inputs ; this data needs source, target.")
  })
})
