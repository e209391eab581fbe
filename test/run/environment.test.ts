import { assert, describe, it } from "vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { captureEnvironment } from "../../src/run/environment.ts"
import { recordedVariables } from "../../src/run/surroundings.ts"

const inFolder = async (use: (folder: string, git: (...args: ReadonlyArray<string>) => string) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-env-"))
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", ...args], { cwd: folder, encoding: "utf8" }).trim()
  try {
    await use(folder, git)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe("the recorded environment", () => {
  it("has the commit as git says it: on a branch, packed, detached, in a worktree, from a folder below", () =>
    inFolder(async (folder, git) => {
      git("init", "-q")
      git("commit", "-q", "--allow-empty", "-m", "one")
      const commit = git("rev-parse", "HEAD")
      const seen = (project = folder) => captureEnvironment({ project, versions: {} }).commit
      assert.strictEqual(seen(), commit)
      git("pack-refs", "--all")
      assert.strictEqual(seen(), commit)
      git("worktree", "add", "-q", "tree")
      assert.strictEqual(seen(join(folder, "tree")), commit)
      git("checkout", "-q", "--detach")
      assert.strictEqual(seen(), commit)
      mkdirSync(join(folder, "deep", "er"), { recursive: true })
      assert.strictEqual(seen(join(folder, "deep", "er")), commit)
    }))

  it("tells whether the checkout has changes", () =>
    inFolder(async (folder, git) => {
      assert.isFalse(await Effect.runPromise(captureEnvironment({ project: folder, versions: {} }).dirty), "no checkout at all")
      git("init", "-q")
      git("commit", "-q", "--allow-empty", "-m", "one")
      const dirty = () => Effect.runPromise(captureEnvironment({ project: folder, versions: {} }).dirty)
      assert.isFalse(await dirty())
      writeFileSync(join(folder, "new.ts"), "")
      assert.isTrue(await dirty())
    }))

  it("has versions and the lock file's digest, and of the variables only those on the list", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "lock"), "abc")
      process.env["MY_API_TOKEN"] = "secret"
      process.env["OMP_NUM_THREADS"] = "2"
      const { record } = captureEnvironment({ project: folder, versions: { duckdb: "1.5.6" }, lockFile: join(folder, "lock") })
      delete process.env["MY_API_TOKEN"]
      delete process.env["OMP_NUM_THREADS"]
      assert.deepInclude(record, {
        lockFile: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        versions: { node: process.versions.node, duckdb: "1.5.6" }
      })
      assert.notInclude(JSON.stringify(record), "secret")
      assert.include(JSON.stringify(record), `"OMP_NUM_THREADS":"2"`)
      assert.deepStrictEqual(recordedVariables.filter((name) => /TOKEN|KEY|SECRET|PASS/.test(name)), [])
    }))
})
