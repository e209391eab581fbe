/** Which paths a pipeline may name, and which files a name stands for. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { contentDigests } from "../../src/run/content-digest.ts"
import { allowedFolders, pathGuard } from "../../src/run/project-paths.ts"
import { projectFiles } from "../../src/stage/project-files.ts"

let top: string
let project: string
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "reprise-paths-")))
  project = join(top, "project")
  mkdirSync(join(project, "src", "lib"), { recursive: true })
  mkdirSync(join(top, "data"))
  mkdirSync(join(top, "project-2"))
  for (const [name, text] of Object.entries({ "project/train.py": "a", "project/src/main.py": "b", "project/src/lib/help.py": "c", "project/src/.cache": "d", "data/x.csv": "e", "project-2/y": "f" })) writeFileSync(join(top, name), text)
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

describe("a path of a pipeline", () => {
  it("may not lead out of the project: neither by .., nor whole, nor by a link", () => {
    symlinkSync(join(top, "data"), join(project, "data"))
    symlinkSync(join(project, "src"), join(project, "same"))
    const guard = pathGuard(project, [])
    for (const path of ["train.py", "src", "src/../train.py", "./src/lib/help.py", "not/there.py", "same/main.py", join(project, "train.py"), "."]) assert.isUndefined(guard(path), path)
    for (const path of ["..", "../data/x.csv", join(top, "data/x.csv"), "/etc/passwd", "data/x.csv", "data/not-there.csv", "../project-2/y", "src/../../data"]) assert.isDefined(guard(path), path)
    assert.deepInclude(guard("data/x.csv"), { refused: `data/x.csv leads out of the project's folder, to ${join(top, "data/x.csv")}` })
    assert.include(guard("../data/x.csv")?.hint, `--allow ${join(top, "data")}`)
  })

  it("may lead into folders that the user allows, and no further", () => {
    symlinkSync(join(top, "data"), join(project, "data"))
    const guard = pathGuard(project, allowedFolders([join(top, "data")], { REPRISE_ALLOW: `${join(top, "nowhere")}:${join(top, "project-2")}` }))
    for (const path of ["data/x.csv", "../data", "../project-2/y"]) assert.isUndefined(guard(path), path)
    assert.isDefined(guard("../other"))
  })
})

describe("the files that a name stands for", () => {
  const names = (named: string) => projectFiles(project, named)?.map(({ name }) => name)
  it("are the file, or what is in the folder but for hidden files", () => {
    assert.deepStrictEqual(names("train.py"), [""])
    assert.deepStrictEqual(names("src"), ["lib/help.py", "main.py"])
    assert.isUndefined(names("nothing"))
  })

  it("are those that git tracks where the name says so", () => {
    assert.isUndefined(names("git:src"), "no checkout")
    const git = (...parameters: ReadonlyArray<string>) => execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...parameters], { cwd: project, stdio: "pipe" })
    git("init", "-q")
    git("add", "src/main.py", "src/.cache")
    assert.deepStrictEqual(names("git:src"), [".cache", "main.py"])
    assert.isUndefined(names("git:src/lib"), "nothing is tracked in it")
    rmSync(join(project, "src", ".cache"))
    assert.deepStrictEqual(names("git:src"), ["main.py"])
  })

  it("count with their content and their names", () => {
    const digestOf = (named: string) => contentDigests(join(top, "kept.json"), { project }).of(named)
    const before = digestOf("src")
    assert.match(before ?? "", /^[0-9a-f]{64}$/)
    writeFileSync(join(project, "src", ".cache"), "other")
    assert.strictEqual(digestOf("src"), before)
    writeFileSync(join(project, "src", "lib", "help.py"), "C")
    assert.notStrictEqual(digestOf("src"), before)
    assert.isUndefined(digestOf("git:src"))
  })

  it("are told where links in a folder lead to", () => {
    symlinkSync(join(top, "data"), join(project, "src", "data"))
    symlinkSync(join(project, "train.py"), join(project, "src", "inside.py"))
    const links: Array<readonly [string, string]> = []
    projectFiles(project, "src", (link, target) => links.push([link, target]))
    assert.deepStrictEqual(links.toSorted(), [[join(project, "src", "data"), join(top, "data")], [join(project, "src", "inside.py"), join(project, "train.py")]])
  })
})
