/** A disk that is full and a folder that may not be written: the run says so, loses nothing, and goes on when there is room again. */
import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onePointOfEachKind, pointsOfARun } from "./kill.ts"
import { assertNothingPartial, assertRerunFinishes, ended, makeScene, start, type Scene } from "./scene.ts"

const inScene = async (use: (scene: Scene) => Promise<void>, parent?: string): Promise<void> => {
  const scene = makeScene(parent)
  try {
    await use(scene)
  } finally {
    scene.remove()
  }
}

/** What fails on a full disk: folders and files that are to grow. What is renamed or unlinked is not made. */
const points = onePointOfEachKind(await pointsOfARun())
  .filter(({ name, role }) => role === "orchestrator" ? /^(open|write|flush|make folder)/.test(name) : name.endsWith("out"))

describe("a store that can no longer be written", () => {
  for (const point of points) {
    const code = point.step % 2 === 0 ? "ENOSPC" : "EPERM"
    it.concurrent(`because of ${code} when the ${point.role} is about to ${point.name}`, () => inScene(async (scene) => {
      const run = await ended(start(scene, { at: point, victim: code }))
      assert.notInclude(run.err, "defect", "a full disk is no defect of ours")
      if (run.code !== 0) assert.match(run.err, code === "ENOSPC" ? /disk is full|ENOSPC/ : /not permitted|EPERM/)
      await assertRerunFinishes(scene, assertNothingPartial(scene.store))
    }))
  }
})

/** A file system of 256 KiB in memory; undefined where this process may not mount one. */
const mountSmall = (): string | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-small-"))
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]).status === 0) return folder
  rmSync(folder, { recursive: true })
  return undefined
}

const small = mountSmall()
describe.skipIf(small === undefined)("a disk that really is full (skipped where no file system may be mounted)", () => {
  it("fails the run with what to do, and the same command goes on once there is room", async () => {
    if (small === undefined) return
    try {
      await inScene(async (scene) => {
        const ballast = join(small, "ballast")
        const file = openSync(ballast, "w")
        try {
          for (const block = Buffer.alloc(4096);;) writeSync(file, block)
        } catch {
          // Full to the last block.
        } finally {
          closeSync(file)
        }
        const run = await ended(start(scene))
        assert.strictEqual(run.code, 1)
        assert.match(run.err, /the disk is full/)
        rmSync(ballast)
        await assertRerunFinishes(scene, assertNothingPartial(scene.store))
      }, small)
    } finally {
      spawnSync("umount", [small])
      rmSync(small, { recursive: true, force: true })
    }
  })
})
