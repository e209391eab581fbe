/** A run carried to somebody else's machine, with the real command: another folder, a fresh store. */
import { spawnSync } from "node:child_process"
import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeProject, toyProject, type Outcome, type Project } from "./project.ts"

const hasTar = spawnSync("tar", ["--version"]).status === 0 && spawnSync("sha256sum", ["--version"]).status === 0

describe("reprise export and import", () => {
  let author: Project
  let archive: string
  let exported: Outcome
  beforeAll(() => {
    author = makeProject({ ...toyProject, "notes.txt": "unrelated" }, afterAll)
    author.reprise("run", "toy.yaml", "--set", "n=4")
    exported = author.reprise("export", "--output", "toy.tar.gz")
    archive = join(author.folder, "toy.tar.gz")
  })

  it("says what it has written", () => {
    expect(exported).toMatchObject({ code: 0, out: expect.stringMatching(/7 tasks, 6 objects, 5 files of the project/) })
  })

  it("lets a reviewer plan, check and query with everything done", () => {
    const reviewer = makeProject({})
    const imported = reviewer.reprise("import", archive, "--unpack", "review")
    expect(imported.code).toBe(0)
    expect(imported.out).toContain("6 objects and 7 task records were new to review/results")
    expect(readdirSync(join(reviewer.folder, "review"))).toEqual(["results", "stages", "toy.yaml"])
    const inside = ["--project", "review", "--store", "review/results"]
    expect(reviewer.reprise("plan", "review/toy.yaml", "--set", "n=4", ...inside).out).toContain("All 7 tasks cached")
    expect(reviewer.reprise("check", "review/toy.yaml", "--set", "n=4", ...inside)).toMatchObject({ code: 1, out: expect.stringContaining("not reproduced") })
    expect(reviewer.reprise("query", "select factor, mean from mean order by factor", "--format", "csv", ...inside).out).toBe("factor,mean\n1,1.5\n2,3\n3,4.5\n")
    expect(reviewer.reprise("show", ...inside).out).toContain("--set n=4")
    expect(reviewer.reprise("verify", ...inside).out).toContain("all intact")
  })

  it("merges into a store that has runs of its own", () => {
    const other = makeProject()
    other.reprise("run", "toy.yaml")
    expect(other.reprise("import", archive).code).toBe(0)
    expect(other.reprise("plan", "toy.yaml", "--set", "n=4").out).toContain("All 7 tasks cached")
    expect(other.reprise("query", "select count(distinct run) as runs, count(*) as n from mean", "--format", "csv").out).toBe("runs,n\n2,6\n")
  })

  it("leaves out what has changed since the run, and says so", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml")
    project.write("stages/toy/lib/line.ts", "export const line = (n: number) => Array.from({ length: n }, (_, x) => ({ x: 2 * x }))")
    const { err, out } = project.reprise("export", "--no-objects", "-o", "toy.tar")
    expect(err).toContain("stage toy/points has changed since the run")
    expect(out).toMatch(/6 objects left out, 3 files of the project/)
  })

  it("says what it does not understand", () => {
    const project = makeProject()
    expect(project.reprise("export")).toMatchObject({ code: 2, err: expect.stringContaining("no runs") })
    project.reprise("run", "toy.yaml")
    expect(project.reprise("export", "-o", "toy.zip")).toMatchObject({ code: 2, err: expect.stringContaining(".tar.gz") })
    expect(project.reprise("export", "--max-object", "big")).toMatchObject({ code: 2, err: expect.stringContaining("10M") })
    expect(project.reprise("import", "toy.yaml")).toMatchObject({ code: 1, err: expect.stringContaining("no archive") })
    writeFileSync(join(project.folder, "half.tar.gz"), readFileSync(archive).subarray(0, 2000))
    expect(project.reprise("import", "half.tar.gz", "--store", "new")).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was taken") })
    expect(project.reprise("runs", "--store", "new").out).toContain("There are no runs")
  })

  it.skipIf(!hasTar)("is opened by any tar program: sha256sum finds it whole, and the unpacked folder is a project with its results", () => {
    const folder = makeProject({})
    expect(spawnSync("tar", ["-xzf", archive], { cwd: folder.folder }).status).toBe(0)
    expect(spawnSync("sha256sum", ["--check", "--quiet", "--strict", "manifest-sha256.txt"], { cwd: folder.folder }).status).toBe(0)
    expect(folder.reprise("plan", "project/toy.yaml", "--set", "n=4", "--project", "project", "--store", "results").out).toContain("All 7 tasks cached")
  })
})
