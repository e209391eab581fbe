/** Questions about results, and verdicts on claims. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { tableFromIPC } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeProject, meanStage, pipeline, toyProject } from "./project.ts"

const project = makeProject(toyProject, afterAll)
beforeAll(() => {
  project.reprise("run", "toy.yaml", "--quiet")
})
const question = "select factor, mean, count from mean order by factor, mean"

describe("reprise query", () => {
  it("answers in every format", () => {
    const ask = (...flags: ReadonlyArray<string>) => project.reprise("query", question, ...flags)
    expect(ask()).toMatchObject({ code: 0 })
    expect(ask().out).toMatch(/factor.*mean.*count[\s\S]*2.*4.*5/)
    expect(ask("--format", "csv").out).toBe("factor,mean,count\n1,2,5\n2,4,5\n3,6,5\n")
    expect(JSON.parse(ask("--format", "json").out)).toEqual([1, 2, 3].map((factor) => ({ factor, mean: 2 * factor, count: 5 })))
    expect(ask("--format", "ndjson").out.trim().split("\n")).toHaveLength(3)
    expect(ask("--format", "markdown").out).toMatch(/^\|.*factor/)
    expect(ask("--format", "arrow", "--output", "answer.arrow")).toMatchObject({ code: 0 })
    expect(tableFromIPC(readFileSync(join(project.folder, "answer.arrow"))).toArray().map((row) => row.toJSON().mean)).toEqual([2, 4, 6])
    expect(ask("--format", "parquet", "--output", "answer.parquet")).toMatchObject({ code: 0 })
    expect(readFileSync(join(project.folder, "answer.parquet")).subarray(0, 4).toString()).toBe("PAR1")
  })

  it("reads the query from a file, and shows every run, task and parameter", () => {
    project.write("question.sql", question)
    expect(project.reprise("query", "-f", "question.sql", "--format", "csv").out).toContain("2,4,5")
    expect(project.reprise("query", "select status, count(*) as n from tasks group by all", "--format", "csv").out).toBe("status,n\nran,7\n")
  })

  it("says what is wrong with a query, without a stack trace, and lets nothing out", () => {
    for (const sql of ["select mena from mean", "selec 1", "copy (select 1) to 'x.csv'", "select * from read_csv('/etc/passwd')"]) {
      const { code, err } = project.reprise("query", sql)
      expect(code).toBe(2)
      expect(err).not.toMatch(/^\s+at .*:\d+/m)
    }
    expect(project.reprise("query", "select mena from mean").err).toContain("mena")
  })

  it("says when results of old code stand beside those of new code, and how to see the new ones alone", () => {
    const edited = makeProject()
    edited.reprise("run", "toy.yaml", "--quiet")
    edited.write("stages/toy/mean.ts", meanStage.replace("/ rows,", "/ rows + 1,"))
    edited.reprise("run", "toy.yaml", "--quiet")
    const both = edited.reprise("query", question, "--format", "csv")
    expect(both.out).toBe("factor,mean,count\n1,2,5\n1,3,5\n2,4,5\n2,5,5\n3,6,5\n3,7,5\n")
    expect(both.err).toMatch(/^mean has results of earlier code.*3 of its 6 tables.*--latest.*\n$/)
    expect(edited.reprise("query", question, "--format", "csv", "--latest")).toMatchObject({ out: "factor,mean,count\n1,3,5\n2,5,5\n3,7,5\n", err: "" })
    expect(edited.reprise("query", "from scaled").err).toBe("")
  })

  it("on an empty store says how to fill it", () => {
    const { code, err, out } = makeProject({}).reprise("query", "select * from mean")
    expect(code).not.toBe(0)
    expect(`${err}${out}`).toMatch(/reprise run|no runs|does not exist/i)
  })
})

describe("reprise check", () => {
  it("compares claims with what was measured and exits 1 when one does not hold", () => {
    expect(project.reprise("check", "toy.yaml")).toMatchObject({ code: 0 })
    project.write("bolder.yaml", pipeline.replace("published: 4", "published: 5"))
    const { code, out } = project.reprise("check", "bolder.yaml", "--format", "json")
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject([{ id: "double", measured: 4, published: 5, ratio: 0.8, verdict: "not reproduced" }])
  })

  it("looks only at what this file, with these parameters, asks for; where there is nothing yet, it says what to run", () => {
    const { code, err, out } = project.reprise("check", "toy.yaml", "--set", "n=9")
    expect(code).toBe(1)
    expect(out).toContain("no data")
    expect(err).toContain("reprise run toy.yaml --set n=9")
  })
})
