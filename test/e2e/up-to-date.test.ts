/** A command that is repeated with nothing changed is answered without planning: what it records and says is what planning anew records and says. */
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeProject, type Outcome, type Project } from "./project.ts"

/** A run's record and words, without what differs from run to run: its name, times, and versions of files. */
const told = (project: Project, { code, err, out }: Outcome) => {
  const runs = join(project.folder, "results", "runs")
  const run = readdirSync(runs).toSorted().at(-1) ?? ""
  const text = (name: string) => readFileSync(join(runs, run, name), "utf8")
  const timeless = (line: string) => line.replaceAll(run, "RUN").replaceAll(/"(at|startedAt|finishedAt|wallMs)":[\d.]+/g, '"$1":0').replaceAll(/\d+\.\d s/g, "0 s")
  return { code, words: timeless(`${out}${err}`), files: Object.fromEntries(readdirSync(join(runs, run)).toSorted().map((name) => [name, timeless(text(name))])) }
}

describe("a command that is repeated with nothing changed", () => {
  it("records and says what planning anew does, and finds what is lost", () => {
    const project = makeProject()
    const run = () => project.reprise("run", "toy.yaml", "--store", "results")
    const notes = join(project.folder, ".reprise", "up-to-date")
    expect(run().err).toContain("7 ran")
    expect(readdirSync(notes)).toHaveLength(1)
    const repeated = told(project, run())
    expect(repeated.words).toContain("All 7 tasks cached, nothing to do")
    expect(repeated.words).toMatch(/Means by factor[^]*double.*reproduced/)
    rmSync(notes, { recursive: true })
    expect(told(project, run())).toEqual(repeated)
    expect(readdirSync(join(project.folder, "results", "staging"))).toEqual([])

    const objects = join(project.folder, "results", "objects")
    const fan = readdirSync(objects)[0] ?? ""
    rmSync(join(objects, fan), { recursive: true })
    expect(run().err).toMatch(/[1-7] ran/)
    expect(run().err).toContain("All 7 tasks cached")
  })
})
