/** Programs as stages of a pipeline, with the real command: cached by what they declare, and nothing that they start is left. */
import { spawnSync } from "node:child_process"
import { cpSync, readFileSync, symlinkSync } from "node:fs"
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

  /** Libraries of Python take seconds to load, on a busy machine many. */
  const slow = 90_000
  /** A Python that has the module, and why there is none. */
  const pythonWith = (module: string) => {
    const python = [process.env["REPRISE_PYTHON"] ?? "/usr/bin/python3", "python3"].find((each) => spawnSync(each, ["-c", `import importlib.util as u, sys; sys.exit(u.find_spec("${module}") is None)`]).status === 0)
    return { python: python ?? "", title: python === undefined ? ` (skipped: no Python with ${module}; Debian: python3-${module})` : "" }
  }
  const torch = pythonWith("torch")
  it.skipIf(torch.python === "")(`trains in PyTorch, and measures the model with a stage of its own${torch.title}`, () => {
    const project = makeProject({ "exec-torch.yaml": shipped("exec-torch") })
    cpSync(join(root, "pipelines", "exec"), join(project.folder, "pipelines", "exec"), { recursive: true })
    const asked = ["exec-torch.yaml", "--set", `python=${torch.python}`, "--set", "rate=0.03"]
    expect(project.reprise("run", ...asked)).toMatchObject({ code: 0, err: expect.stringContaining("4 ran") })
    // The best classifier is right with probability Phi(0.6 sqrt(8)) = 0.955.
    expect(Number(project.reprise("query", "select accuracy from score", "--format", "csv").out.split("\n")[1])).toBeGreaterThan(0.92)
    expect(project.reprise("query", "select count(*) from metrics where name = 'loss'", "--format", "csv").out).toContain("5")
    expect(project.reprise("run", ...asked).err).toContain("All 4 tasks cached")
  }, slow)

  const sklearn = pythonWith("sklearn")
  it.skipIf(sklearn.python === "")(`fits a forest with scikit-learn, and hands its folder on${sklearn.title}`, () => {
    const project = makeProject({ "exec-sklearn.yaml": shipped("exec-sklearn") })
    cpSync(join(root, "pipelines", "exec"), join(project.folder, "pipelines", "exec"), { recursive: true })
    expect(project.reprise("run", "exec-sklearn.yaml", "--set", `python=${sklearn.python}`, "--set", "depth=4", "--set", "trees=10")).toMatchObject({ code: 0, err: expect.stringContaining("4 ran") })
    expect(project.reprise("query", "select count(*) as trees, max(depth) as depth from again", "--format", "csv").out).toBe("trees,depth\n10,4\n")
    expect(Number(project.reprise("query", "select test_accuracy from forest_stat", "--format", "csv").out.split("\n")[1])).toBeGreaterThan(0.8)
  }, slow)

  it("does not let a file reach out of its project, by any way, unless the user allows it", () => {
    const outside = makeProject({ "key.pem": "the key\n" })
    const file = (files: string) => `name: reach\nstages:\n  a: { uses: exec, with: { run: { shell: 'cat given* > "$REPRISE_OUTPUT_OUT" || true' }, files: ${files}, outputs: { out: { file: text/plain } } } }\n`
    const project = makeProject({ "whole.yaml": file(`{ given: ${outside.folder}/key.pem }`), "up.yaml": file("{ given: ../../etc/passwd }"), "link.yaml": file("{ given: link }"), "folder.yaml": file("{ given: folder }"), "folder/in.txt": "in" })
    symlinkSync(join(outside.folder, "key.pem"), join(project.folder, "link"))
    symlinkSync(outside.folder, join(project.folder, "folder", "deep"))
    for (const name of ["whole", "up", "link", "folder"]) {
      const { code, err } = project.reprise("plan", `${name}.yaml`)
      expect([name, code]).toEqual([name, 2])
      expect(err).toContain("leads out of the project's folder")
      expect(err).toContain("--allow")
    }
    expect(project.reprise("run", "link.yaml", "--allow", outside.folder).code).toBe(0)
  })

  it("says before anything runs what is wrong with what it declares", () => {
    const project = makeProject({ "wrong.yaml": "name: wrong\nstages:\n  a: { uses: exec, with: { run: [true-ish], outputs: { t: { table: xls } } } }\n  b: { uses: exec, in: { t: \"${{ a.u }}\" }, with: { run: [cat] } }\n" })
    const { code, err } = project.reprise("plan", "wrong.yaml")
    expect(code).toBe(2)
    expect(err).toContain("wrong.yaml:3:")
    expect(err).toContain("has no output \"u\"")
  })
})
