/** Freeing space and checking bytes, with the real command. */
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeProject, type Project } from "./project.ts"

const objects = (project: Project): ReadonlyArray<string> =>
  readdirSync(join(project.folder, "results", "objects"), { recursive: true, encoding: "utf8" })
    .map((name) => join(project.folder, "results", "objects", name)).filter((path) => statSync(path).isFile())

describe("reprise gc", () => {
  it("says what it would remove and why the rest stays, and then removes just that", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml", "--set", "n=4")
    project.reprise("run", "toy.yaml")
    const before = objects(project).length
    const dry = project.reprise("gc", "--older-than", "0s", "--dry-run")
    expect(dry.out).toMatch(/Would keep 1 run[\s\S]*latest run of toy[\s\S]*Would remove 1 run, 7 task records/)
    expect(objects(project)).toHaveLength(before)
    expect(project.reprise("gc", "--older-than", "0s").out).toContain("Removed 1 run, 7 task records")
    expect(objects(project).length).toBeLessThan(before)
    expect(project.reprise("run", "toy.yaml").err).toContain("All 7 tasks cached")
    expect(project.reprise("query", "select count(*) as n from mean", "--format", "csv").out).toBe("n\n3\n")
  })

  it("says how to write what it does not understand", () => {
    const project = makeProject()
    expect(project.reprise("gc", "--older-than", "soon")).toMatchObject({ code: 2, err: expect.stringContaining("30d") })
    expect(project.reprise("gc", "--max-size", "big")).toMatchObject({ code: 2, err: expect.stringContaining("20G") })
    expect(project.reprise("gc", "--run", "no-such")).toMatchObject({ code: 2, err: expect.stringContaining("no such run") })
  })
})

describe("reprise verify", () => {
  it("finds a flipped byte and a lost file, and makes both again", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml")
    expect(project.reprise("verify")).toMatchObject({ code: 0, out: expect.stringContaining("all intact") })
    const [flipped = "", lost = ""] = objects(project)
    chmodSync(flipped, 0o644)
    writeFileSync(flipped, "not this")
    rmSync(lost)
    const found = project.reprise("verify")
    expect(found.code).toBe(1)
    expect(found.out).toContain(`corrupt: ${flipped.slice(project.folder.length + 1)}`)
    expect(found.out).toContain("missing: object")
    const repaired = project.reprise("verify", "--repair")
    expect(repaired.out).toContain("Everything is whole again.")
    expect(repaired.code).toBe(0)
    expect(project.reprise("verify").code).toBe(0)
  })
})
