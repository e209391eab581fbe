/** Systems as token sequences: read back word by word, against the published notation, its vocabulary and its text files. */
import { expect, test } from "vitest"
import generate from "../../../../stages/groebner/generate.ts"
import text from "../../../../stages/groebner/text.ts"
import tokenize from "../../../../stages/groebner/tokenize.ts"
import { showPolynomial } from "../../../../stages/groebner/lib/algebra/index.ts"
import { rationalSystem } from "../../../../stages/groebner/lib/exact-system.ts"
import { systemsOf } from "../../../../stages/groebner/lib/generation/system-reader.ts"
import type { PolynomialList, System } from "../../../../stages/groebner/lib/generation/system-table.ts"
import { Effect } from "../../../../src/stage.ts"
import type { JsonObject } from "../../../../src/stage/json.ts"
import { readTable } from "../../../../src/table/read.ts"
import { attemptStage, type Made, type Ran, runStage } from "../../run-stage.ts"
import { readInfix, readPrefix, type Term } from "./words.ts"

interface Samples {
  readonly given: Readonly<Record<string, Made>>
  readonly systems: ReadonlyArray<System>
}

const samples = async (params: JsonObject): Promise<Samples> => {
  const { outputs } = await runStage(generate, { n: 25, seed: 5, ...params })
  const systems = outputs["systems"] ?? { path: "none", kind: "table" }
  return { given: { systems }, systems: await Effect.runPromise(systemsOf(readTable(systems.path))) }
}

const termsOf = (list: PolynomialList, n: number, value: (term: number) => string): ReadonlyArray<ReadonlyArray<Term>> => {
  let at = 0
  return Array.from(list.terms, (count) => {
    at += count
    return count === 0 ? [{ coefficient: "0", exponents: new Array<number>(n).fill(0) }] : Array.from({ length: count }, (_, k) => {
      const term = at - count + k
      return { coefficient: value(term), exponents: Array.from(list.exponents.subarray(term * n, (term + 1) * n)) }
    })
  })
}

const fraction = (list: PolynomialList) => (term: number): string => {
  const denominator = list.denominators[term] ?? 1
  return `${list.coefficients[term]}${denominator === 1 ? "" : `/${denominator}`}`
}

/** Rows of all parts with their words, by sample. */
const sequences = (ran: Ran, column = "source"): ReadonlyMap<number, string> => {
  const words = ran.rows("vocabulary").map(({ token }) => String(token))
  return new Map(["train", "validation", "test"].flatMap((part) => ran.rows(part).map((row) => {
    const ids = row[column]
    return [Number(row["sample"]), (ids instanceof Int32Array ? Array.from(ids) : []).map((id) => words[id]).join(" ")] as const
  })))
}

const lengths = { source_length: 900, target_length: 120 }

test.each<readonly [string, JsonObject, JsonObject]>([
  ["F7 in infix", { field: "F7" }, {}],
  ["Q in infix", { field: "Q" }, {}],
  ["Q in prefix", { field: "Q" }, { form: "prefix" }],
  ["F31 in prefix, three variables", { field: "F31", variables: 3 }, { form: "prefix" }],
  ["a word-size prime in groups of three digits", { field: "F2147483647" }, { coefficients: "digits", digit_group: 3 }],
  ["Q in digits", { field: "Q" }, { coefficients: "digits" }],
  ["F7 with the published vocabulary", { field: "F7" }, { vocabulary: "published" }]
])("%s reads back as the system it was", async (_, of, params) => {
  const { given, systems } = await samples(of)
  const ran = await runStage(tokenize, { ...lengths, ...params, outside: "drop" }, { inputs: given })
  const [sources, targets] = [sequences(ran), sequences(ran, "target")]
  const group = params["digit_group"] === 3 ? 3 : 1
  const read = (line: string, n: number) => (params["form"] === "prefix" ? readPrefix(line, n) : readInfix(line, group))
  let compared = 0
  for (const { f, g, sample, variables } of systems) {
    const [source, target] = [sources.get(sample), targets.get(sample)]
    if (source === undefined || target === undefined) continue
    expect(read(source, variables)).toEqual(termsOf(f, variables, fraction(f)))
    expect(read(target, variables)).toEqual(termsOf(g, variables, fraction(g)))
    compared++
  }
  expect(compared).toBeGreaterThan(15)
})

test("with numbers, coefficients stand beside their words in single precision", async () => {
  const { given, systems } = await samples({ field: "R" })
  const ran = await runStage(tokenize, { ...lengths, coefficients: "numbers", test: 0 }, { inputs: given })
  const values = ran.rows("train").map(({ source_value: row }) => (row instanceof Float32Array ? Array.from(row).filter((value) => !Number.isNaN(value)) : []))
  expect(values).toEqual(systems.map(({ f }) => {
    // A polynomial that is 0 has one term with the coefficient 0.
    let at = 0
    return Array.from(f.terms).flatMap((count) => {
      at += count
      return count === 0 ? [0] : Array.from(f.values.subarray(at - count, at), Math.fround)
    })
  }))
  expect(sequences(ran).get(0)).toMatch(/^\[C\] E\d+ E\d+ [+[]/)
})

test("monomial tokens are the words of a term with the one that follows it", async () => {
  const { given } = await samples({ field: "F7", variables: 3 })
  const [single, whole] = [await runStage(tokenize, { source_length: 1500, target_length: 250, test: 0 }, { inputs: given }), await runStage(tokenize, { source_length: 300, target_length: 50, test: 0, unit: "monomials" }, { inputs: given })]
  expect(whole.rows("stat")[0]).toMatchObject({ width: 5n, long: 0n })
  expect([...sequences(whole).values()]).toEqual([...sequences(single).values()])
  whole.rows("systems").forEach((row) => expect(row["f_tokens"]).toBeGreaterThanOrEqual(Number(row["f_terms"])))
})

// Counted from the released code: variables, coefficients, exponents up to 20, four operators, eight special words.
test.each([["F7", 42], ["F31", 66], ["Q", 236]])("the published vocabulary of %s has %d words for two variables", async (of, size) => {
  const { given } = await samples({ field: of, n: 5 })
  const ran = await runStage(tokenize, { ...lengths, vocabulary: "published", outside: "drop" }, { inputs: given })
  const rows = ran.rows("vocabulary")
  expect(rows).toHaveLength(size)
  for (const kind of ["pad", "bos", "eos"]) expect(rows.filter((row) => row["kind"] === kind)).toHaveLength(1)
  expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: size }, (_, id) => id))
})

test("rows end with eos and padding, and tokens follow the count T(n + 1) + T - 1 of each polynomial with one word between polynomials", async () => {
  const { given, systems } = await samples({ field: "F7", variables: 3 })
  const ran = await runStage(tokenize, { source_length: 1500, target_length: 250, test: 0 }, { inputs: given })
  const lines = sequences(ran)
  ran.rows("train").forEach((row, at) => {
    const tokens = Number(row["source_tokens"])
    const counts = Array.from(systems[at]?.f.terms ?? [], (terms) => Math.max(terms, 1))
    expect(tokens).toBe(counts.reduce((sum, terms) => sum + 4 * terms + terms - 1, 0) + counts.length - 1 + 1)
    const words = (lines.get(Number(row["sample"])) ?? "").split(" ")
    expect(words).toHaveLength(1500)
    expect([words[tokens - 1], ...new Set(words.slice(tokens))]).toEqual(["</s>", "[PAD]"])
  })
})

test("samples that are too long are counted and left out, never cut", async () => {
  const { given } = await samples({ field: "F7" })
  const whole = await runStage(tokenize, { ...lengths, test: 0 }, { inputs: given })
  const short = await runStage(tokenize, { source_length: 120, target_length: 120, test: 0 }, { inputs: given })
  const fits = whole.rows("train").filter(({ source_tokens: tokens }) => Number(tokens) <= 120).map(({ sample }) => sample)
  expect(short.rows("train").map(({ sample }) => sample)).toEqual(fits)
  expect(short.rows("stat")[0]).toMatchObject({ samples: 25n, train: BigInt(fits.length), long: BigInt(25 - fits.length) })
  expect(short.rows("systems").filter(({ fate }) => fate === "long")).toHaveLength(25 - fits.length)
})

test("a missing word fails with the sample and what it needs, or leaves the sample out", async () => {
  const { given } = await samples({ field: "F7" })
  const { error } = await attemptStage(tokenize, { ...lengths, greatest_exponent: 3 }, { inputs: given })
  expect(error?.message).toMatch(/^sample \d+ has the exponent \d+, for which there is no word$/)
  const dropped = await runStage(tokenize, { ...lengths, greatest_exponent: 6, outside: "drop" }, { inputs: given })
  expect(Number(dropped.rows("stat")[0]?.["outside"])).toBeGreaterThan(0)
})

test.each<readonly [JsonObject, JsonObject, RegExp]>([
  [{ field: "R" }, {}, /Coefficients over R have no words/],
  [{ field: "F2147483647" }, {}, /more than 200000: take `coefficients: digits`/],
  [{ field: "F2147483647" }, { coefficients: "numbers" }, /single precision/],
  [{ field: "Q" }, { unit: "monomials" }, /a fraction is two words/],
  [{ field: "Q" }, { coefficients: "digits", form: "prefix" }, /cannot be told/],
  [{ field: "F7" }, { validation: 0.6, test: 0.6 }, /1.2 of the ideals/],
  [{ field: "F7" }, { source_length: 3 }, /none of 25 samples is written: 25 are longer than 3/]
])("%o with %o is refused", async (of, params, message) => {
  const { given } = await samples(of)
  const { error } = await attemptStage(tokenize, { ...lengths, ...params }, { inputs: given })
  expect(error?.message).toMatch(message)
})

test("no ideal is in two parts, and where one is does not depend on the samples beside it", async () => {
  // Ideals of degree 1 over F2 come up again and again.
  const of = { field: "F2", n: 200, ideal: { degree: 1 } }
  const params = { ...lengths, validation: 0.3, test: 0.3 }
  const { given } = await samples(of)
  const ran = await runStage(tokenize, params, { inputs: given })
  const ideals = ["train", "validation", "test"].map((part) => new Set(ran.rows(part).map(({ ideal }) => String(ideal))))
  const all = ideals.flatMap((part) => [...part])
  expect(new Set(all).size).toBe(all.length)
  const later = await runStage(tokenize, params, { inputs: (await samples({ ...of, first: 190, n: 10 })).given })
  expect(later.rows("systems").map(({ part }) => part)).toEqual(ran.rows("systems").slice(190).map(({ part }) => part))
  const once = await runStage(tokenize, { ...params, unique: true }, { inputs: given })
  const repeated = Number(once.rows("stat")[0]?.["repeated"])
  const targets = sequences(ran, "target")
  const lines = [...sequences(ran)].map(([sample, line]) => `${line} : ${targets.get(sample)}`)
  expect(repeated).toBe(lines.length - new Set(lines).size)
})

test("texts are those of the released code and of CALT, split like the tokens", async () => {
  const { given, systems } = await samples({ field: "Q", variables: 2 })
  const params = { validation: 0.2, test: 0.2, seed: 3 }
  const lines = async (form: string) => {
    const ran = await runStage(text, { form, ...params }, { inputs: given })
    return Object.fromEntries(["train", "validation", "test"].map((part) => [part, Buffer.from(ran.bytes(part)).toString().split("\n").slice(0, -1)]))
  }
  const tokens = await runStage(tokenize, { ...lengths, ...params, coefficients: "numbers" }, { inputs: given })
  const [infix, unsplit, prefix, calt] = [await lines("infix"), await lines("infix+"), await lines("prefix"), await lines("calt")]
  for (const part of ["train", "validation", "test"]) {
    const written = tokens.rows("systems").filter((row) => row["part"] === part).flatMap(({ sample }) => systems[Number(sample)] ?? [])
    const expected = written.map(({ f, g, variables }) => [termsOf(f, variables, fraction(f)), termsOf(g, variables, fraction(g))])
    expect(infix[part]?.map((line) => line.split(" : ").map((side) => readInfix(side)))).toEqual(expected)
    expect(unsplit[part]?.map((line) => line.split(" : ").map((side) => readInfix(side)))).toEqual(expected)
    expect(prefix[part]?.map((line) => line.split(" : ").map((side) => readPrefix(side, 2)))).toEqual(expected)
    expect(calt[part]).toEqual(written.map((system) => {
      const { f, g, ring } = rationalSystem(system)
      return `${f.map((polynomial) => showPolynomial(ring, polynomial)).join(" | ")} # ${g.map((polynomial) => showPolynomial(ring, polynomial)).join(" | ")}`
    }))
  }
})
