import { Result } from "effect"
import { createContext, runInContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { evaluate, functions, parseExpression, references } from "../../src/spec/expression.ts"
import type { Json, JsonObject } from "../../src/stage/json.ts"
import { seeded } from "./fakes.ts"

const scope: JsonObject = {
  params: { n: 10, "learning-rate": 0.5, list: [1, 2, 3], model: { width: 64, "a.b": 1 }, text: "abc", none: null, yes: true },
  matrix: { k: 2 },
  item: "first"
}

const value = (source: string): Json | string => {
  const parsed = parseExpression(source)
  if (Result.isFailure(parsed)) return `syntax at ${parsed.failure.offset}: ${parsed.failure.message}${hintOf(parsed.failure)}`
  const result = evaluate(parsed.success, scope)
  return Result.isSuccess(result) ? result.success : `at ${result.failure.offset}: ${result.failure.message}${hintOf(result.failure)}`
}
const hintOf = ({ hint }: { readonly hint?: string }): string => hint === undefined ? "" : ` (${hint})`

describe("values", () => {
  it.each<[string, Json]>([
    ["1", 1], ["1.5e-3", 0.0015], [".5", 0.5], ["1e3", 1000], ["true", true], ["null", null],
    ["'it\\'s'", "it's"], ["\"a\\n\"", "a\n"], ["[1, [2, 'x'], ]", [1, [2, "x"]]], ["[]", []],
    ["params.n", 10], ["params.learning-rate", 0.5], ["params['learning-rate']", 0.5], ["params.list[2]", 3], ["params.model.width", 64],
    ["params.model['a.b']", 1], ["params.list[matrix.k]", 3], ["item", "first"], ["params.text[1]", "b"], ["params.none", null]
  ])("%s", (source, expected) => expect(value(source)).toEqual(expected))
})

describe("operators", () => {
  it.each<[string, Json]>([
    ["1 + 2 * 3", 7], ["(1 + 2) * 3", 9], ["2 ** 3 ** 2", 512], ["-2 ** 2", -4], ["2 ** -1", 0.5], ["10 - 3 - 2", 5], ["7 / 2", 3.5],
    ["7 % 3", 1], ["-1 % 3", 2], ["1 % -3", -2], ["5.5 % 2", 1.5], ["- -3", 3], ["0 * -1", 0],
    ["1 < 2 && 2 < 3", true], ["1 == 1.0", true], ["'a' < 'b'", true], ["[1, 2] == [1, 2]", true], ["params.model == params.model", true],
    ["params.none == null", true], ["params.n != null", true], ["!params.yes || true", true], ["(1 < 2) == true", true],
    ["params.n > 5 ? 'big' : 'small'", "big"], ["false ? 1 : true ? 2 : 3", 2], ["params.n - 1", 9]
  ])("%s", (source, expected) => expect(value(source)).toEqual(expected))

  it("reads only the side that counts", () => {
    expect(value("false && params.missing")).toBe(false)
    expect(value("true || 1 / 0 > 0")).toBe(true)
    expect(value("true ? 1 : 1 / 0")).toBe(1)
  })

  it("gives what JavaScript gives for random arithmetic", () => {
    const context = createContext({})
    const random = seeded(1)
    const pick = <A>(options: ReadonlyArray<A>): A | undefined => options[Math.floor(random() * options.length)]
    // Only forms that both languages read alike: JavaScript refuses -a ** b, so a base is never a bare negation.
    const term = (depth: number): string =>
      depth === 0 || random() < 0.3 ? String(Math.floor(random() * 9) + 1)
        : random() < 0.4 ? `(${sum(depth - 1)})`
        : `${term(0)} ${pick(["*", "/"]) ?? "*"} ${term(depth - 1)} ${pick(["+", "-", "*"]) ?? "+"} ${term(0)} ** ${pick(["1", "2", "3"]) ?? "1"}`
    const sum = (depth: number): string => `${term(depth)} ${pick(["+", "-", "*", "/"]) ?? "+"} ${random() < 0.3 ? "-" : ""}(${term(depth)})`
    for (let round = 0; round < 500; round++) {
      const source = sum(4)
      const expected: unknown = runInContext(source, context)
      // Where JavaScript has Infinity or NaN, here is an error.
      const finite = typeof expected === "number" && Number.isFinite(expected)
      expect([source, finite ? value(source) : typeof value(source)]).toEqual([source, finite ? expected + 0 : "string"])
    }
  })
})

describe("functions", () => {
  it.each<[string, Json]>([
    ["sqrt(16)", 4], ["abs(-2)", 2], ["exp(0)", 1], ["log(1)", 0], ["log(1000, 10)", 3], ["log(8, 2)", 3], ["pow(2, 10)", 1024],
    ["floor(-1.5)", -2], ["ceil(1.2)", 2], ["round(2.5)", 3], ["round(-2.5)", -3], ["round(1.005, 2)", 1.01], ["round(1234, -2)", 1200], ["round(1e300, 2)", 1e300],
    ["round(0, 2)", 0], ["min(3, 1, 2)", 1], ["max([3, 1, 2])", 3],
    ["range(3)", [0, 1, 2]], ["range(2, 5)", [2, 3, 4]], ["range(0, 1, 0.25)", [0, 0.25, 0.5, 0.75]], ["range(0, 0.3, 0.1)", [0, 0.1, 0.2]], ["range(3, 0, -1)", [3, 2, 1]], ["range(5, 1)", []],
    ["linspace(0, 1, 5)", [0, 0.25, 0.5, 0.75, 1]], ["linspace(2, 3, 1)", [2]], ["logspace(-2, 0, 3)", [0.01, 0.1, 1]],
    ["len(params.list)", 3], ["len('abcd')", 4], ["len(params.model)", 2],
    ["concat('a', 1, true)", "a1true"], ["concat([1], [2, 3])", [1, 2, 3]], ["join([1, 'b'], '-')", "1-b"], ["join([])", ""],
    ["int(3.9)", 3], ["int('-12')", -12], ["int(true)", 1], ["str(0.1)", "0.1"]
  ])("%s", (source, expected) => expect(value(source)).toEqual(expected))

  it("are each described by a call of themselves", () => {
    for (const [name, { doc, usage }] of functions) {
      expect(usage.startsWith(`${name}(`)).toBe(true)
      expect(doc).not.toBe("")
    }
  })

  it("gives tenths that print as tenths", () => {
    const tenths = value("range(0, 2, 0.1)")
    expect(JSON.stringify(tenths)).toBe("[0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1,1.1,1.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9]")
  })
})

describe("errors", () => {
  it.each([
    ["", "syntax at 0: the expression is empty"],
    ["1 +", "syntax at 3: the expression ends here; expected a value"],
    ["(1", "syntax at 2: the expression ends here; expected ) to close the parenthesis"],
    ["1 2", "syntax at 2: unexpected 2; expected an operator or the end"],
    ["params.n = 3", "syntax at 9: unexpected character \"=\" (compare with ==)"],
    ["a and b", "syntax at 2: unexpected and; expected an operator or the end (write &&)"],
    ["1 < 2 < 3", "syntax at 6: comparisons do not chain (join two of them with &&)"],
    ["'open", "syntax at 0: this quote is not closed"],
    ["12px", "syntax at 0: \"12p\" is not a number"],
    ["sqr(2)", "syntax at 0: unknown function \"sqr\" (did you mean \"sqrt\"?)"],
    ["range()", "syntax at 0: range cannot take 0 arguments (write range(a, b, step))"],
    ["1 ? 2", "syntax at 5: the expression ends here; expected : between the two values of a condition"],
    ["params.", "syntax at 7: the expression ends here; expected a name after the dot"],
    ["parms.n", "at 0: unknown name \"parms\" (did you mean \"params\"?)"],
    ["params.m", "at 0: there is no \"m\""],
    ["2 * params.n-1", "at 4: there is no \"n-1\" (for subtraction put spaces around the minus: n - 1)"],
    ["params.constructor", "at 0: there is no \"constructor\""],
    ["1 + 'a'", "at 4: + takes numbers, not a string (join texts with concat(a, b))"],
    ["1 + (2 / 0)", "at 9: division by zero"],
    ["5 % 0", "at 4: division by zero"],
    ["10 ** 400", "at 0: the result is too large for a number"],
    ["(-8) ** 0.5", "at 1: the result is not a number"],
    ["sqrt(-1)", "at 0: sqrt(-1) is not a finite number"],
    ["log(0)", "at 0: log(0) is not a finite number"],
    ["sqrt('a')", "at 0: sqrt: x must be a number, not a string (usage: sqrt(x))"],
    ["range(0, 1, 0)", "at 0: range: the step must not be 0 (usage: range(a, b, step))"],
    ["range(0, 1e9)", "at 0: range: more than 1000000 values (usage: range(a, b, step))"],
    ["params.list[3]", "at 12: index 3 is outside of 0 to 2"],
    ["params.n.x", "at 0: a number has no \"x\""],
    ["1 == 'a'", "at 0: compares a number with a string: never equal"],
    ["1 < 'a'", "at 0: < compares two numbers or two strings, not a number and a string"],
    ["params.n && true", "at 0: the left side of && must be true or false, not a number (write a comparison, such as x > 0)"],
    ["params.n ? 1 : 2", "at 0: the condition must be true or false, not a number (write a comparison, such as x > 0)"]
  ])("%s", (source, expected) => expect(String(value(source)).split(" (known")[0]).toBe(expected))

  it("bounds length, depth and size", () => {
    expect(value("1+".repeat(4000))).toContain("longer than 4096")
    for (const deep of ["(".repeat(2000), "[".repeat(2000), "-".repeat(2000), "!".repeat(2000), "2**".repeat(1300), "a?".repeat(1300), "sqrt(".repeat(700), "a[".repeat(1300)]) {
      expect(value(deep)).toContain("nested more than 64 deep")
    }
    expect(value(`${"1+".repeat(2047)}1`)).toBe(2048)
    const wide = parseExpression("[params.a, params.a]")
    const big: JsonObject = { params: { a: Array.from({ length: 600_000 }, () => 0) } }
    expect(Result.isSuccess(wide) && Result.isFailure(evaluate(wide.success, big))).toBe(true)
  })
})

describe("references", () => {
  const found = (source: string) => Result.map(parseExpression(source), references)

  it("lists what is read, with its place", () => {
    expect(found("params.a.b[0] + sqrt(matrix['k']) * item")).toEqual(Result.succeed([
      { root: "params", path: ["a", "b", 0], offset: 0, whole: false },
      { root: "matrix", path: ["k"], offset: 21, whole: false },
      { root: "item", path: [], offset: 36, whole: false }
    ]))
  })
  it("knows a reference that is the whole expression", () => expect(found(" data.train")).toEqual(Result.succeed([{ root: "data", path: ["train"], offset: 1, whole: true }])))
  it("reads everything under a computed index", () => {
    expect(found("params.a[params.i].c")).toEqual(Result.succeed([
      { root: "params", path: ["a"], offset: 0, whole: false },
      { root: "params", path: ["i"], offset: 9, whole: false }
    ]))
  })
})
