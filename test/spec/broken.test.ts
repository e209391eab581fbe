/** Broken files: for each a clear message at the right place, quickly, and never an exception. */
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { formatProblems } from "../../src/spec/format.ts"
import { usedStages } from "../../src/spec/parse.ts"
import { complaints, parse, parsed, seeded, valid } from "./fakes.ts"

/** Replaces a part of the valid file, which must be there. */
const change = (from: string, to: string): string => {
  expect(valid).toContain(from)
  return valid.replace(from, () => to)
}
const stage = (line: string): string => `${valid}  extra: ${line}\n`
const bombOfAliases = ["a: &a [x, x, x, x, x, x, x, x, x]", ..."bcdefghij".split("").map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghij".charAt(i)}`).join(", ")}]`)].join("\n")

describe("each of these is reported", () => {
  it.each<[string, () => string, ReadonlyArray<string>]>([
    ["an unknown stage", () => change("train/net", "train/nett"), ["8:11 stages.net.uses: there is no stage \"train/nett\" (did you mean \"train/net\"?)"]],
    ["a stage without its family", () => change("train/net", "net"), ["8:11 stages.net.uses: there is no stage \"net\" (did you mean \"train/net\"?)"]],
    ["an unknown key of the file", () => `${valid}sweps: {}\n`, ["14:1 sweps: unknown key \"sweps\" (did you mean \"sweeps\"?)"]],
    ["an unknown key of a stage", () => change("in: { data: \"${{ data.train", "inputs: { data: \"${{ data.train"), [
      "7:3 stages.net: the input \"data\" of train/net is missing: it takes a data set (under in, write data: \"${{ data.train }}\")",
      "9:5 stages.net.inputs: unknown key \"inputs\" (known: uses, with, in, when, foreach, matrix, retry, timeout, resources)"
    ]],
    ["a wrong type", () => change("params: { seed: 0, n: 100, rate: 0.1 }", "params: [0, 100]\n"), [
      "2:9 params: params are names with their values; this is a list",
      "7:21 stages.data.with.n: the file has no parameter \"n\"",
      "7:46 stages.data.with.seed: the file has no parameter \"seed\"",
      "11:24 stages.net.with.rate: the file has no parameter \"rate\""
    ]],
    ["a stage that is no object", () => stage("data/gauss"), ["14:10 stages.extra: a stage is { uses, with, in }; this is a string"]],
    ["a parameter of the wrong type", () => change("n: 100", "n: lots"), ["6:16 stages.data.with.n: expected a number"]],
    ["a cycle", () => change("model: \"${{ net.model }}\"", "model: \"${{ score.stat }}\""), [
      "13:18 stages.score.in.model: the input \"model\" of evaluate/accuracy takes a model; score.stat is a table",
      "13:18 stages.score.in.model: the stage \"score\" takes its own output"
    ]],
    ["a cycle of two", () => `${valid}  a: { uses: evaluate/accuracy, in: { model: "\${{ net.model }}", data: "\${{ data.train }}", note: "\${{ b }}" } }\n  b: { uses: report/collect, in: { tables: ["\${{ net.stat }}", "\${{ a.stat }}"] } }\n`, [
      "14:99 stages.a.in.note: these stages wait for each other: a -> b -> a",
      "15:64 stages.b.in.tables[1]: the input \"tables\" of report/collect takes a table; a.stat is a table without the column \"loss\" (it has accuracy)"
    ]],
    ["a missing input", () => change("model: \"${{ net.model }}\", ", ""), ["13:5 stages.score.in: the input \"model\" of evaluate/accuracy is missing: it takes a model (under in, write model: \"${{ net.model }}\")"]],
    ["a surplus input", () => change("in: { data: \"${{ data.train }}\"", "in: { data: \"${{ data.train }}\", dta: \"${{ data.test }}\""), ["9:38 stages.net.in.dta: train/net has no input \"dta\" (did you mean \"data\"?)"]],
    ["an input that is no reference", () => change("\"${{ data.train }}\"", "data.train"), ["9:17 stages.net.in.data: an input is \"${{ stage.output }}\", or \"${{ stage }}\" where that stage has one output (write \"${{ data.train }}\")"]],
    ["a list for an input that takes one", () => change("\"${{ data.train }}\"", "[\"${{ data.train }}\"]"), ["9:17 stages.net.in.data: the input \"data\" of train/net takes one output, not a list"]],
    ["an unknown output", () => change("data.train", "data.trian"), ["9:17 stages.net.in.data: the stage \"data\" (data/gauss) has no output \"trian\" (did you mean \"train\"?)"]],
    ["an output left open", () => change("data.train", "data"), ["9:17 stages.net.in.data: say which output of \"data\" is meant (data/gauss has \"${{ data.train }}\", \"${{ data.test }}\")"]],
    ["an unknown stage in an input", () => change("data.train", "dat.train"), ["9:17 stages.net.in.data: the file has no stage \"dat\" (did you mean \"data\"?)"]],
    ["the wrong kind of output", () => change("net.model", "data.train"), ["13:18 stages.score.in.model: the input \"model\" of evaluate/accuracy takes a model; data.train is a data set"]],
    ["a bad expression", () => change("params.n }}", "params.n * }}"), ["6:31 stages.data.with.n: the expression ends here; expected a value"]],
    ["an expression without its end", () => change("params.n }}", "params.n"), ["6:17 stages.data.with.n: this expression has no closing }}"]],
    ["an unknown parameter", () => change("params.rate", "params.rat"), ["10:24 stages.net.with.rate: the file has no parameter \"rat\" (did you mean \"rate\"?)"]],
    ["a parameter without params", () => change("params.rate", "rate"), ["10:24 stages.net.with.rate: unknown name \"rate\" (write params.rate)"]],
    ["an output where a parameter belongs", () => change("params.rate", "data.train"), ["10:24 stages.net.with.rate: the outputs of stage \"data\" cannot be used here (an output is given to an input, under `in`)"]],
    ["subtraction without spaces", () => change("params.n }}", "2 * params.n-1 }}"), ["6:25 stages.data.with.n: the file has no parameter \"n-1\" (for subtraction put spaces around the minus: n - 1)"]],
    ["a division by zero", () => change("params.n }}", "params.n / params.seed }}"), ["6:32 stages.data.with.n: division by zero"]],
    ["an unquoted expression in braces", () => change("\"${{ params.n }}\"", "${{ params.n }}"), [
      "6:17: not valid YAML: unexpected flow-map-start at node end (put expressions in quotes: \"${{ ... }}\")"
    ]],
    ["a duplicate key", () => `${valid}name: again\n`, ["14:1 name: the key \"name\" is here twice (it is also on line 1; the later one would silently win)"]],
    ["a duplicate stage", () => `${valid}  net: { uses: data/gauss, with: { n: 1 } }\n`, ["14:3 stages.net: the key \"net\" is here twice (it is also on line 7; the later one would silently win)"]],
    ["indentation by a tab", () => change("    uses: data/gauss", "\tuses: data/gauss"), ["5:1: YAML is indented with spaces; this is a tab"]],
    ["a list that is not closed", () => change("params: { seed: 0, n: 100, rate: 0.1 }", "params: { seed: [0, n: 100 }"), ["2:28: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]"]],
    ["an empty file", () => "", ["1:1: the file is empty (a pipeline needs at least `name:` and `stages:`)"]],
    ["a file of comments", () => "# nothing\n\n# here\n", ["1:1: the file is empty (a pipeline needs at least `name:` and `stages:`)"]],
    ["a file that is a list", () => "- a\n- b\n", ["1:1: a pipeline is an object with the keys name, params, stages and others; this is a list"]],
    ["a file that is a word", () => "hello", ["1:1: a pipeline is an object with the keys name, params, stages and others; this is a string"]],
    ["binary bytes", () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff]).toString("utf8"), ["1:1: this is not UTF-8 text (is it a binary file, or saved in another encoding?)"]],
    ["a control character", () => change("rate: 0.1", "rate: \u001B[31m0.1"), ["2:34: this is not plain text: control character U+001B (is it a binary file?)"]],
    ["two documents", () => `${valid}---\nname: second\n`, ["14:1: a file holds one pipeline; this starts a second YAML document (remove the --- line)"]],
    ["another YAML version", () => `%YAML 1.1\n---\n${valid}`, ["1:1: YAML 1.1 is not supported (remove the %YAML line; the file is read as YAML 1.2)"]],
    ["a custom tag", () => change("rate: 0.1", "rate: !!python/object:os.system 0.1"), ["2:34: unknown tag !!python/object:os.system (tags are not used in pipeline files; write the plain value)"]],
    ["an unknown anchor", () => change("rate: 0.1", "rate: *r"), ["2:34 params.rate: there is no anchor &r before this alias (an anchor is written before its value: &name value)"]],
    ["an alias inside of what it names", () => change("rate: 0.1", "rate: &r [*r]"), ["2:38 params.rate[0]: the alias *r stands inside of what it names"]],
    ["an alias bomb", () => bombOfAliases, ["6:8 f[0]: the aliases of this file stand for more than 100000 values (an alias of aliases multiplies; write the values out)"]],
    ["a merge key", () => change("rate: 0.1", "<<: { rate: 0.1 }"), ["2:28 params: YAML 1.2 has no merge key (<<) (write the keys out, or put the whole value behind an alias)"]],
    ["__proto__", () => change("rate: 0.1", "rate: 0.1, __proto__: { admin: true }"), ["2:39 params: the name __proto__ cannot be used"]],
    ["a list as a key", () => change("rate: 0.1", "rate: 0.1, [a]: 1"), ["2:39 params: a key must be text (this one is a list, an object or nothing)"]],
    ["NaN", () => change("rate: 0.1", "rate: .nan"), ["2:34 params.rate: .nan is not a finite number (where a stage takes it, write it as text, such as \"inf\")"]],
    ["infinity", () => change("rate: 0.1", "rate: 1e999"), ["2:34 params.rate: 1e999 is not a finite number (where a stage takes it, write it as text, such as \"inf\")"]],
    ["an integer that a double cannot hold", () => change("seed: 0", "seed: 12345678901234567890"), ["2:17 params.seed: the integer 12345678901234567890 cannot be kept exactly (integers go up to 9007199254740991; put a longer one in quotes)"]],
    ["no stages", () => "name: a\nstages:\n", ["2:1 stages: there are no stages"]],
    ["neither name nor stages", () => "params: { a: 1 }\n", ["1:1: name is missing (name the pipeline: its tables are found under that name in SQL)", "1:1: the file has no stages (a pipeline needs `stages:` with at least one stage)"]],
    ["a name that SQL cannot read", () => change("  net:", "  1st net:"), [
      "7:3 stages.1st net: \"1st net\" cannot be the name of a stage: names start with a letter or _ and go on with letters, digits, _ or - (they become names in SQL and in expressions; perhaps \"_1st_net\")",
      "13:18 stages.score.in.model: the file has no stage \"net\" (known: data, score)"
    ]],
    ["a reserved name", () => change("  net:", "  params:").replace("net.model", "params.model"), ["7:3 stages.params: a stage cannot be called \"params\" (expressions use that name for something else)"]],
    ["parameters that differ by case", () => change("rate: 0.1", "rate: 0.1, N: 3"), ["2:39 params.N: the parameters \"n\" and \"N\" differ by case only (SQL does not tell them apart; rename one)"]],
    ["parameters that need each other", () => change("seed: 0, n: 100", "seed: \"${{ params.n }}\", n: \"${{ params.seed + 1 }}\""), ["2:17 params.seed: these parameters need each other: seed -> n -> seed (give one of them a plain value)"]],
    ["a profile that makes parameters need each other", () => `${valid}profiles: { mini: { n: "\${{ params.n / 2 }}" } }\n`, ["14:24 profiles.mini.n: the parameter \"n\" is defined by itself (give one of them a plain value)"]],
    ["a profile of unknown parameters", () => `${valid}profiles: { mini: { m: 1 } }\n`, ["14:21 profiles.mini.m: the file has no parameter \"m\" (known: seed, n, rate)"]],
    ["zip axes of different lengths", () => `${valid}sweep: { zip: { n: [1, 2], rate: [1, 2, 3] } }\n`, ["14:34 sweep.zip.rate: the axes of a zip are walked together, but rate has 3 values and n has 2 (axes that are combined freely go under grid)"]],
    ["an axis that is no parameter", () => `${valid}sweeps: { a: { grid: { width: [1, 2] } } }\n`, ["14:24 sweeps.a.grid.width: the file has no parameter \"width\" (known: seed, n, rate)"]],
    ["an axis that is no list", () => `${valid}sweep: { grid: { n: 3 } }\n`, ["14:21 sweep.grid.n: an axis is a list of values, { range: [start, end] }, or an expression that gives a list (put one value in brackets: [value])"]],
    ["an empty range", () => `${valid}sweep: { grid: { n: { range: [3, 3] } } }\n`, ["14:21 sweep.grid.n: this axis has no values (the end of a range is not included)"]],
    ["a range of one bound", () => `${valid}sweep: { grid: { n: { range: [3] } } }\n`, ["14:30 sweep.grid.n.range: a range is [start, end] or [start, end, step], all numbers"]],
    ["an axis twice", () => `${valid}sweep: { grid: { n: [1] }, list: [{ n: 2 }] }\n`, ["14:37 sweep.list[0].n: \"n\" is under grid of this sweep already (an axis stands in one place)"]],
    ["an unknown target of a sweep", () => `${valid}sweep: { grid: { n: [1] }, targets: [scor] }\n`, ["14:38 sweep.targets[0]: the file has no stage \"scor\" (did you mean \"score\"?)"]],
    ["too many points", () => `${valid}sweep: { grid: { n: "\${{ range(2000) }}", seed: "\${{ range(2000) }}" } }\n`, ["14:8 sweep: this sweep has 4,000,000 points; the limit is 200,000"]],
    ["sweep beside sweeps", () => `${valid}sweep: { grid: { n: [1] } }\nsweeps: { a: { grid: { n: [1] } } }\n`, ["14:1 sweep: a file has either sweep or sweeps (name this one and put it under sweeps)"]],
    ["foreach beside matrix", () => change("uses: data/gauss", "uses: data/gauss\n    foreach: [1]\n    matrix: { k: [1] }"), ["6:5 stages.data.foreach: a stage has either foreach or matrix (make it one more axis of the matrix)"]],
    ["an axis that has the name of a parameter", () => change("uses: data/gauss", "uses: data/gauss\n    matrix: { rate: [1] }"), ["6:15 stages.data.matrix.rate: the axis \"rate\" has the name of a parameter (both become columns of the tables; rename one)"]],
    ["an axis that a sweep would change", () => `${change("uses: data/gauss", "uses: data/gauss\n    foreach: \"${{ range(params.n) }}\"")}sweep: { grid: { n: [1, 2] } }\n`, ["6:14 stages.data.foreach: the axis \"item\" depends on params.n, which a sweep sets (the axes of a matrix hold at every point; sweep the values themselves)"]],
    ["item without foreach", () => change("params.n }}", "item }}"), ["6:21 stages.data.with.n: item has a meaning only in a stage with foreach"]],
    ["an unknown axis", () => change("params.n }}", "matrix.k }}"), ["6:21 stages.data.with.n: the matrix of this stage has no axis \"k\" (give the stage a matrix)"]],
    ["a retry that would never be", () => change("uses: data/gauss", "uses: data/gauss\n    retry: { times: 1, factor: 0.5, jitter: 2, on: [time-out, exit 0, Busy, exit 75] }"), [
      "6:32 stages.data.retry.factor: expected a factor, at least 1; this is 0.5",
      "6:45 stages.data.retry.jitter: expected a share, from 0 to 1; this is 2",
      "6:53 stages.data.retry.on[0]: no failure is called \"time-out\" (did you mean \"timeout\"?)",
      "6:63 stages.data.retry.on[1]: no failure is called \"exit 0\" (did you mean \"exit\"?)"
    ]],
    ["a bad time, number of times and amount", () => change("uses: data/gauss", "uses: data/gauss\n    timeout: soon\n    retry: 1.5\n    resources: { memory: 2, cpus: 0 }"), [
      "6:14 stages.data.timeout: expected a time above 0 (seconds, or text such as \"90s\", \"30m\", \"1h30m\")",
      "7:12 stages.data.retry: expected a number of times, such as 2; this is 1.5",
      "8:26 stages.data.resources.memory: expected an amount of memory with its unit (for example \"2GiB\" or \"512MiB\")",
      "8:35 stages.data.resources.cpus: expected a number of cores, at least 1; this is 0"
    ]],
    ["an arXiv number that is a number", () => `${valid}paper: { arxiv: 2410.20000 }\n`, ["14:17 paper.arxiv: expected text; this is a number (put it in quotes: \"2410.20000\")"]],
    ["claims with slips", () => `${valid}claims:\n  - { id: a, source: s, sql: "  ", published: "0.9", tolerance: -1 }\n  - { id: a, source: s, sql: select 1, published: 1, tolerance: 0, compare: eqal }\n  - { sql: select 1 }\n`, [
      "15:30 claims[0].sql: expected a SQL query; this text is empty",
      "15:47 claims[0].published: expected a number; this is a string",
      "15:65 claims[0].tolerance: expected a number of at least 0; this is -1",
      "16:11 claims[1].id: the claim \"a\" is here twice (it is also on line 15)",
      "16:77 claims[1].compare: \"eqal\" is none of equal, at-least, at-most (did you mean \"equal\"?)",
      "17:5 claims[2]: id is missing",
      "17:5 claims[2]: source is missing (say where the paper gives the number)",
      "17:5 claims[2]: published is missing: the number that the paper gives",
      "17:5 claims[2]: tolerance is missing: how far from the published number counts as reproduced"
    ]],
    ["figures and summaries with slips", () => `${valid}figures: { a: { sql: select 1, mark: pie, x: a } }\nsummaries: { a: "", b: { titel: x } }\n`, [
      "14:12 figures.a: y is missing: the column for the vertical axis",
      "14:38 figures.a.mark: \"pie\" is none of line, point, bar, rect, area (known: line, point, bar, rect, area)",
      "15:17 summaries.a: expected a SQL query; this text is empty",
      "15:21 summaries.b: sql is missing",
      "15:26 summaries.b.titel: unknown key \"titel\" (did you mean \"title\"?)"
    ]]
  ])("%s", (_, make, expected) => {
    expect(complaints(make())).toEqual(expected)
  })
})

describe("all at once", () => {
  it("in the order of the file", () => {
    const text = change("data/gauss", "data/gaus").replace("params.rate", "params.rat").replace("net.model", "nt.model").replace("seed: 0", "sed: 0")
    expect(complaints(text).map((line) => line.split(":")[0])).toEqual(["5", "6", "10", "13"])
  })
})

describe("these work", () => {
  it("CRLF line ends, with the same places", () => {
    expect(parsed(valid.replaceAll("\n", "\r\n")).stages).toEqual(parsed(valid).stages)
    expect(complaints(change("params.rate", "params.rat").replaceAll("\n", "\r\n"))).toEqual(complaints(change("params.rate", "params.rat")))
  })
  it("a byte order mark, with the same places", () => {
    expect(parsed(`\uFEFF${valid}`).stages).toEqual(parsed(valid).stages)
    expect(complaints(`\uFEFF${change("demo", "1")}`)).toEqual(complaints(change("demo", "1")))
  })
  it("anchors and aliases, also of parts that hold expressions", () => {
    const text = change("with: { rate: \"${{ params.rate }}\" }", "with: &w { rate: \"${{ params.rate }}\" }").replace("score:", "again: { uses: train/net, in: { data: \"${{ data.test }}\" }, with: *w }\n  score:")
    expect(parsed(text).stages["again"]?.with).toEqual(parsed(text).stages["net"]?.with)
  })
  it("names that objects have anyway", () => {
    const text = change("  net:", "  constructor:").replace("net.model", "constructor.model").replace("rate: 0.1", "rate: 0.1, toString: 1, hasOwnProperty: 2")
    expect(Object.keys(parsed(text).stages)).toEqual(["data", "constructor", "score"])
  })
  it("and such names where something is wrong", () => {
    expect(complaints(change("rate: 0.1", "rate: 0.1, constructor: \"${{ 1 + }}\", toString: \"${{ 1 toString }}\""))).toEqual([
      "2:60 params.constructor: the expression ends here; expected a value",
      "2:83 params.toString: unexpected toString; expected an operator or the end"
    ])
    expect(complaints(`${change("uses: data/gauss", "uses: data/gauss\n    matrix: { constructor: \"${{ 1 + }}\" }")}sweep: { grid: { constructor: [1] } }\n`).map((line) => line.split(" ")[1])).toEqual(["stages.data.matrix.constructor:", "sweep.grid.constructor:"])
  })
  it("1 and true as keys inside of parameters", () => expect(parsed(change("rate: 0.1", "rate: 0.1, map: { 1: a, true: b, 0x10: c }")).params["map"]).toMatchObject({ entries: { "1": {}, true: {}, "0x10": {} } }))
})

describe("a file with a random slip", () => {
  it("is read or refused with places inside of it, and never throws", () => {
    const random = seeded(5)
    const pieces = ["{", "}", "[", "]", ":", "- ", "\"", "'", "\n", "\t", " ", "${{", "}}", "*a", "&a ", "!x ", "#", "|", ">", "%", "@", "0", "e", "\u0000", "\uFEFF", "é", "params.", "..", "<<: "]
    for (let round = 0; round < 400; round++) {
      let text = valid
      for (let slips = 1 + Math.floor(random() * 3); slips > 0; slips--) {
        const at = Math.floor(random() * text.length)
        text = text.slice(0, at) + (pieces[Math.floor(random() * pieces.length)] ?? "") + text.slice(at + Math.floor(random() * 4))
      }
      usedStages(text)
      const result = parse(text)
      if (Result.isSuccess(result)) continue
      const lines = text.replace(/^\uFEFF/, "").split("\n")
      for (const { message, position: { column, line } } of result.failure) {
        expect(message).not.toBe("")
        expect(line).toBeGreaterThan(0)
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1)
      }
      expect(result.failure.length).toBeGreaterThan(0)
      expect(formatProblems(result.failure, text)).not.toBe("")
    }
  })
})
