/** Programs as stages of a pipeline, with the real command: cached by what they declare, and nothing that they start is left. */
import { spawnSync } from "node:child_process"
import { cpSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeProject } from "./project.ts"

const root = join(import.meta.dirname, "..", "..")
const shipped = (name: string) => readFileSync(join(root, "pipelines", `${name}.yaml`), "utf8")

describe("exec", () => {
  it.skipIf(spawnSync("python3", ["--version"]).status !== 0)("runs a script in Python, and again only when what it declares has changed", () => {
    const project = makeProject({ "exec-python.yaml": shipped("exec-python") })
    cpSync(join(root, "pipelines", "exec"), join(project.folder, "pipelines", "exec"), { recursive: true })
    const first = project.reprise("run", "exec-python.yaml")
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining("3 ran") })
    expect(project.reprise("query", "select count(*) as steps, min(value) < 0.1 as fell from metrics where name = 'loss'", "--format", "csv").out).toBe("steps,fell\n80,true\n")
    expect(project.reprise("logs", "fit-", "--tail", "1").code).toBe(2)
    expect(project.reprise("run", "exec-python.yaml").err).toContain("All 3 tasks cached")
    const script = readFileSync(join(project.folder, "pipelines/exec/logistic.py"), "utf8")
    project.write("pipelines/exec/logistic.py", `${script}\n# a comment counts: Reprise does not read Python\n`)
    expect(project.reprise("plan", "exec-python.yaml").out).toContain("file files.logistic.py")
    expect(project.reprise("run", "exec-python.yaml").err).toContain("2 ran")
  })

  it("adds up numbers with programs that know nothing of Reprise", () => {
    const project = makeProject({ "exec-shell.yaml": shipped("exec-shell") })
    const { code, out } = project.reprise("run", "exec-shell.yaml")
    expect(out).toMatch(/100 +5,?050/)
    expect(out).toMatch(/gauss.*reproduced/)
    expect(code).toBe(0)
  })

  it("says before anything runs what is wrong with what it declares", () => {
    const project = makeProject({ "wrong.yaml": "name: wrong\nstages:\n  a: { uses: exec, with: { run: [true-ish], outputs: { t: { table: xls } } } }\n  b: { uses: exec, in: { t: \"${{ a.u }}\" }, with: { run: [cat] } }\n" })
    const { code, err } = project.reprise("plan", "wrong.yaml")
    expect(code).toBe(2)
    expect(err).toContain("wrong.yaml:3:")
    expect(err).toContain("has no output \"u\"")
  })
})
