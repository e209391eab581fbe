/** Questions and answers of the oracle: read back word by word, split by ideals, and counted by hand. */
import { expect, test } from "vitest"
import border from "../../../../stages/groebner/border.ts"
import expansions from "../../../../stages/groebner/expansions.ts"
import oracle from "../../../../stages/groebner/border-oracle.ts"
import type { JsonObject } from "../../../../src/stage/json.ts"
import { attemptStage, type Made, type Ran, runStage } from "../../run-stage.ts"
import { readInfix } from "../tokens/words.ts"

const stepsOf = async (systems: JsonObject, params: JsonObject = {}): Promise<{ readonly steps: Made; readonly rows: ReturnType<Ran["rows"]> }> => {
  const made = (await runStage(border, systems)).outputs["systems"]
  if (made === undefined) throw new Error("no systems")
  const ran = await runStage(expansions, params, { inputs: { systems: made } })
  const { steps } = ran.outputs
  if (steps === undefined) throw new Error("no steps")
  return { steps, rows: ran.rows("steps") }
}

const small = { n: 12, seed: 6, bounds: [2, 2, 2], p: 7 }
const lengths = { source_length: 3000, target_length: 1000 }
const parts = ["train", "validation", "test"]

const integers = (cell: unknown): ReadonlyArray<number> => (cell instanceof Int32Array || cell instanceof Uint8Array ? Array.from(cell) : [])

/** Rows of all parts as texts, by sample and step. */
const textsOf = (ran: Ran) => {
  const words = ran.rows("vocabulary").map(({ token }) => String(token))
  const text = (ids: unknown) => integers(ids).map((id) => words[id]).filter((word) => word !== "[PAD]").join(" ")
  return parts.flatMap((part) => ran.rows(part).map((row) => ({ part, name: `${row["sample"]} ${row["step"]}`, ideal: row["ideal"], source: text(row["source"]), target: text(row["target"]) })))
}

test.each([1, 3, 5])("a question is the universe and %d leading terms of each polynomial, an answer the products that survive", async (leading) => {
  const { rows, steps } = await stepsOf(small)
  const texts = new Map(textsOf(await runStage(oracle, { leading, ...lengths }, { inputs: { steps } })).map((text) => [text.name, text]))
  expect(texts.size).toBe(rows.length)
  for (const row of rows) {
    const { source = "", target = "" } = texts.get(`${row["sample"]} ${row["step"]}`) ?? {}
    const [universe = "", span = ""] = source.split(" [BIGSEP] ")
    expect(readInfix(universe).flatMap((polynomial) => polynomial.flatMap(({ coefficient, exponents }) => (coefficient === "1" ? exponents : [])))).toEqual(integers(row["universe"]))
    const exponents = integers(row["span_exponents"])
    const coefficients = integers(row["span_coefficients"])
    let at = 0
    const polynomials = integers(row["span_terms"]).map((count) => {
      at += count
      return Array.from({ length: count }, (_, k) => at - count + k).map((term) => ({ coefficient: String(coefficients[term]), exponents: exponents.slice(3 * term, 3 * term + 3) }))
    })
    expect(readInfix(span)).toEqual(polynomials.map((terms) => terms.slice(0, leading)))
    const survivors = integers(row["survivor_polynomials"]).flatMap((polynomial, i) => {
      const variable = integers(row["survivor_variables"])[i]
      return [[0, 1, 2].map((v) => Number(v === variable)), polynomials[polynomial]?.[0]?.exponents ?? []]
    })
    expect(readInfix(target).map(([term]) => term)).toEqual((survivors.length === 0 ? [[0, 0, 0], [0, 0, 0]] : survivors).map((exponents) => ({ coefficient: "1", exponents })))
    expect([source, target].every((text) => text.endsWith(" </s>"))).toBe(true)
  }
})

test("no ideal is in two parts; what the test shares with training is counted, and nothing is left of it where repeated questions are left out", async () => {
  // Two points in three dimensions over F_2: few ideals, many repeated questions.
  const { rows, steps } = await stepsOf({ n: 80, seed: 1, bounds: [4, 4, 4], total: 2, p: 2, least: 3, same: "reject" })
  const shares = { source_length: 400, target_length: 300, leading: 1, test: 0.3, validation: 0.2 }
  const ran = await runStage(oracle, shares, { inputs: { steps } })
  const texts = textsOf(ran)
  const ideals = parts.map((part) => new Set(texts.flatMap((text) => (text.part === part ? [text.ideal] : []))))
  expect(new Set(ideals.flatMap((some) => [...some])).size).toBe(ideals.reduce((sum, { size }) => sum + size, 0))
  expect(ideals.every(({ size }) => size > 1)).toBe(true)
  const [stat] = ran.rows("stat")
  const trained = new Set(texts.flatMap(({ part, source }) => (part === "train" ? [source] : [])))
  const tested = texts.filter(({ part }) => part === "test")
  expect(stat?.["seen"]).toBeCloseTo(tested.filter(({ source }) => trained.has(source)).length / tested.length, 12)
  expect(stat?.["seen"]).toBeGreaterThan(0.2)
  expect([stat?.["questions"], stat?.["answers"], stat?.["steps"]].map(Number)).toEqual([new Set(texts.map(({ source }) => source)).size, new Set(texts.map(({ source, target }) => `${source} ${target}`)).size, rows.length])
  const unique = await runStage(oracle, { ...shares, unique: true }, { inputs: { steps } })
  const left = textsOf(unique)
  expect(new Set(left.map(({ source }) => source)).size).toBe(left.length)
  const [counted] = unique.rows("stat")
  expect([counted?.["seen"], Number(counted?.["questions"]), Number(counted?.["repeated"])]).toEqual([0, left.length, rows.length - left.length])
})

test("a token for a term has n + 2 words: the same words, the one that follows in its token", async () => {
  const { steps } = await stepsOf(small)
  const words = textsOf(await runStage(oracle, lengths, { inputs: { steps } }))
  const ran = await runStage(oracle, { ...lengths, unit: "monomials" }, { inputs: { steps } })
  expect(textsOf(ran)).toEqual(words)
  for (const row of ran.rows("steps")) expect(Number(row["source_tokens"])).toBe((words.find(({ name }) => name === `${row["sample"]} ${row["step"]}`)?.source.split(" ").length ?? 0) / 5)
  expect(integers(ran.rows("train")[0]?.["source"])).toHaveLength(5 * lengths.source_length)
})

test("every step is written or counted, and its figures say how much was to be reduced", async () => {
  const { rows, steps } = await stepsOf(small)
  const ran = await runStage(oracle, { source_length: 250, target_length: 100 }, { inputs: { steps } })
  const figures = ran.rows("steps")
  expect(figures.map(({ polynomials, products, survivors }) => [polynomials, products, survivors])).toEqual(rows.map(({ span_terms, survivor_variables }) => [integers(span_terms).length, 3 * integers(span_terms).length, integers(survivor_variables).length]))
  const [stat] = ran.rows("stat")
  const count = (fate: string) => figures.filter((row) => row["fate"] === fate).length
  expect(count("long")).toBeGreaterThan(0)
  expect([stat?.["long"], stat?.["steps"]].map(Number)).toEqual([count("long"), rows.length])
  expect(parts.reduce((sum, part) => sum + Number(stat?.[part]), 0)).toBe(count("written"))
})

test.each<readonly [JsonObject, RegExp]>([
  [{ test: 0.7, validation: 0.7 }, /together are 1.4 of the ideals/],
  [{ source_length: 5 }, /none of \d+ steps is written: \d+ are longer than 5 and 1000 tokens/],
  [{ greatest_exponent: 1 }, /has the exponent \d+, for which there is no word/]
])("%o is refused with the reason", async (params, message) => {
  const { steps } = await stepsOf({ ...small, n: 3 })
  const { error } = await attemptStage(oracle, { ...lengths, ...params }, { inputs: { steps } })
  expect(error?.message).toMatch(message)
})

test("without steps there is nothing to write", async () => {
  const { steps } = await stepsOf({ ...small, n: 2 }, { largest: 2 })
  expect((await attemptStage(oracle, lengths, { inputs: { steps } })).error?.message).toBe("there are no steps to write")
})
