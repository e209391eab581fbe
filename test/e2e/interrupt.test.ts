/** Ctrl-C: the run ends at once, leaves no process behind and nothing half done; the same command goes on. */
import { once } from "node:events"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeProject, slowStage, toyProject } from "./project.ts"

/** Processes whose working folder or command line names this folder (Linux). */
const processesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((entry) => /^\d+$/.test(entry)).filter((pid) => {
    try {
      return readFileSync(join("/proc", pid, "environ"), "utf8").includes(`PWD=${folder}`) || readFileSync(join("/proc", pid, "cmdline"), "utf8").includes(folder)
    } catch {
      return false // it has just ended
    }
  })

const slowPipeline = `name: slow
stages:
  points: { uses: toy/points, with: { n: 3 } }
  quick: { uses: toy/mean, in: { points: "\${{ points.points }}" } }
  slow: { uses: toy/slow, matrix: { n: [1, 2] }, with: { seconds: "\${{ 60 + matrix.n }}" } }
`

describe.skipIf(process.platform !== "linux")("an interrupted run", () => {
  it("exits 130, leaves no process, keeps what was done, and goes on when it is started again", async () => {
    const project = makeProject({ ...toyProject, "stages/toy/slow.ts": slowStage, "slow.yaml": slowPipeline })
    const child = project.start("run", "slow.yaml", "--json", "--jobs", "3")
    let out = ""
    let told: () => void = () => undefined
    const underWay = new Promise<void>((resolve) => {
      told = resolve
    })
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString()
      const finished = out.match(/"type":"task-finished"/g)?.length ?? 0
      const sleeping = out.match(/"message":"sleeping"/g)?.length ?? 0
      if (finished === 2 && sleeping === 2) told()
    })
    await underWay
    const interruptedAt = performance.now()
    child.kill("SIGINT")
    const [code] = await once(child, "exit")
    expect(code).toBe(130)
    expect(performance.now() - interruptedAt).toBeLessThan(5000)
    expect(processesIn(project.folder)).toEqual([])
    expect(project.reprise("runs").out).toMatch(/interrupted +2 +0/)

    project.write("slow.yaml", slowPipeline.replace("60 + matrix.n", "0.01 * matrix.n"))
    const again = project.reprise("run", "slow.yaml")
    expect(again.err).toContain("2 ran")
    expect(again.err).toContain("2 cached")
  })

  it("leaves no worker behind when it is killed outright", async () => {
    const project = makeProject({ "stages/toy/slow.ts": slowStage, "slow.yaml": "name: slow\nstages:\n  slow: { uses: toy/slow, with: { seconds: 60 } }\n" })
    const child = project.start("run", "slow.yaml", "--json")
    let out = ""
    await new Promise<void>((resolve) => child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes("sleeping")) resolve()
    }))
    child.kill("SIGKILL")
    await once(child, "exit")
    await expect.poll(() => processesIn(project.folder), { timeout: 30_000 }).toEqual([])
  })
})
