/** Files made to hurt: each is refused, or read, in well under two seconds of processor time. */
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { formatProblems } from "../../src/spec/format.ts"
import { usedStages } from "../../src/spec/parse.ts"
import { parse, valid } from "./fakes.ts"

const inN = (expression: string): string => valid.replace("params.n }}", () => expression)

describe("hostile files take no time", () => {
  const within = (milliseconds: number, text: string): string => {
    // Processor time of this thread, so that a busy machine does not fail the test.
    const start = process.threadCpuUsage()
    usedStages(text)
    const result = parse(text)
    const formatted = Result.isFailure(result) ? formatProblems(result.failure, text) : ""
    const { system, user } = process.threadCpuUsage(start)
    expect((system + user) / 1000).toBeLessThan(milliseconds)
    expect(formatted.length).toBeLessThan(100_000)
    return formatted
  }
  const depth = "values are nested more than 64 deep"
  it.each<[string, () => string, string]>([
    ["10 MB of open brackets", () => "[".repeat(10_000_000), "the file is too large for a pipeline: 9.5 MiB; the limit is 4 MiB"],
    ["4 MB of open brackets", () => "[".repeat(4_000_000), depth],
    ["4 MB of open braces", () => "{a: ".repeat(1_000_000), depth],
    ["4 MB of dashes in a line", () => "- ".repeat(2_000_000), depth],
    ["4 MB of question marks", () => "? ".repeat(2_000_000), depth],
    ["4 MB of colons", () => ": ".repeat(2_000_000), depth],
    ["a staircase of keys", () => Array.from({ length: 2000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"), depth],
    ["a staircase through aliases", () => Array.from({ length: 300 }, (_, i) => `k${i}: &a${i} ${"[".repeat(50)}${i === 0 ? "x" : `*a${i - 1}`}${"]".repeat(50)}`).join("\n"), "values are nested more than 64 deep through this alias"],
    ["4 MB of keys", () => Array.from({ length: 400_000 }, (_, i) => `k${i}: 1`).join("\n").slice(0, 4_000_000), "the file holds too many values for a pipeline"],
    ["4 MB of one key", () => "a: 1\n".repeat(800_000), "the file holds too many values for a pipeline"],
    ["10,000 unknown keys", () => Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join("\n"), "more problems from here on"],
    ["10,000 duplicate keys", () => "a: 1\n".repeat(10_000), "more problems from here on"],
    ["50,000 aliases", () => `a: &a x\nb: [${"*a,".repeat(50_000)}]`, "unknown key"],
    ["4 MB of empty lines", () => "\n".repeat(4_000_000), "the file holds too many values for a pipeline"],
    ["4 MB of comments", () => "# x\n".repeat(1_000_000), "the file holds too many values for a pipeline"],
    ["4 MB in one text", () => `name: ${"x".repeat(4_000_000)}`, "the file has no stages"],
    ["4 MB in one key", () => `${"x".repeat(4_000_000)}: 1`, "not valid YAML"],
    ["4 MB of an open quote", () => `name: "${"x ".repeat(2_000_000)}`, "not valid YAML"],
    ["4 MB of folded lines", () => `name: ${"x\n  ".repeat(1_000_000)}`, "the file has no stages"],
    ["4 MB of reserved signs", () => "@`%!".repeat(1_000_000), "not valid YAML"],
    ["expressions without end", () => inN("${{ ".repeat(800)), "unexpected character \"$\""],
    ["300,000 expressions in a text", () => inN(`x }} ${"${{1}}".repeat(300_000)}`), "a text holds at most 1000 expressions"],
    ["4 MB of anchored uses", () => "uses:&".repeat(600_000), "this is a string"],
    ["a uses with 4 MB of space", () => `uses: &x${" ".repeat(2_000_000)}>${" ".repeat(2_000_000)}!`, "not valid YAML"],
    ["a tangle of parameters", () => `name: a\nparams:\n${Array.from({ length: 10_000 }, (_, i) => `  p${i}: "\${{ len(params) }}"`).join("\n")}\nstages: { data: { uses: data/gauss, with: { n: 1 } } }`, "is defined by itself"],
    ["a tangle of stages", () => `name: a\nstages:\n${Array.from({ length: 200 }, (_, i) => `  s${i}: { uses: report/collect, in: { tables: [${Array.from({ length: 200 }, (_, j) => `"\${{ s${j} }}"`).join(", ")}] } }`).join("\n")}`, "wait for each other"],
    ["too many parameters", () => `${valid}profiles: {}\n`.replace("params: {", `params: { ${Array.from({ length: 6000 }, (_, i) => `p${i}: 0`).join(", ")}, `), "at most 5000 parameters"],
    ["sweeps that are small alone", () => `${valid}sweeps:\n${Array.from({ length: 400 }, (_, i) => `  s${i}: { grid: { n: "\${{ range(150000) }}" } }`).join("\n")}`, "the sweeps of this file have more than 1,000,000 points together"],
    ["a deep expression", () => inN(`${"(".repeat(3000)} }}`), "nested more than 64 deep"],
    ["a long expression", () => inN(`${"1+".repeat(300_000)}1 }}`), "longer than 4096 characters"],
    ["an axis without end", () => `${valid}sweep: { grid: { n: "\${{ range(0, 1e300) }}" } }`, "more than 1000000 values"],
    ["parameters that double", () => `name: a\nparams:\n  p0: [1]\n${Array.from({ length: 60 }, (_, i) => `  p${i + 1}: "\${{ [params.p${i}, params.p${i}] }}"`).join("\n")}\nstages: { data: { uses: data/gauss, with: { n: 1 } } }`, "the result holds more than 1000000 values"],
    ["a circle of 2,000 stages", () => `name: a\nstages:\n${Array.from({ length: 2_000 }, (_, i) => `  s${i}: { uses: report/collect, in: { tables: "\${{ s${(i + 1) % 2_000}.all }}" } }`).join("\n")}`, "wait for each other"]
  ])("%s", (_, make, message) => expect(within(1900, make())).toContain(message))
})
