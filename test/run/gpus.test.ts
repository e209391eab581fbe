import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { findGpus, makeGpuPool, parseGpus } from "../../src/run/gpus.ts"
import { storePaths } from "../../src/store/paths.ts"
import { readRun, readRunTasks } from "../../src/store/runs.ts"
import { makeLaboratory, of, planOf, runIn, textOf, type Laboratory } from "./support.ts"

describe("graphics cards", () => {
  it("are those that the environment names, or else those of a driver for computing", () => {
    const none = { entries: () => [], text: () => "" }
    const nvidia = { entries: (folder: string) => (folder === "/proc/driver/nvidia/gpus" ? ["0000:07:00.0", "0000:0a:00.0"] : []), text: () => "" }
    /** Node 0 is the processor. */
    const amd = { entries: (folder: string) => (folder.endsWith("kfd/topology/nodes") ? ["0", "1", "2"] : []), text: (path: string) => (path.includes("/0/") ? "0\n" : "12345\n") }
    assert.deepStrictEqual(findGpus({ CUDA_VISIBLE_DEVICES: "1,3" }, nvidia), ["1", "3"])
    assert.deepStrictEqual(findGpus({ CUDA_VISIBLE_DEVICES: "" }, nvidia), [])
    assert.deepStrictEqual(findGpus({ CUDA_VISIBLE_DEVICES: "GPU-8932f937" }, none), ["GPU-8932f937"])
    assert.deepStrictEqual([nvidia, amd, none].map((devices) => findGpus({}, devices)), [["0", "1"], ["0", "1"], []])
  })

  it("are named by how many or which", () => {
    assert.deepStrictEqual(["3", "0,2", "2,", "0", "GPU-a,GPU-b"].map(parseGpus), [["0", "1", "2"], ["0", "2"], ["2"], [], ["GPU-a", "GPU-b"]])
    assert.deepStrictEqual(["", "two", "1,1", "0;rm", "99999"].map(parseGpus), Array.from({ length: 5 }, () => undefined))
  })

  it("are never two tasks' at once, and all there again in the end", () => {
    const pool = makeGpuPool(["0", "1", "2"])
    const [a, b] = [pool.take(1), pool.take(2)]
    assert.deepStrictEqual([a, b, pool.take(1)], [["0"], ["1", "2"], []])
    pool.giveBack(a)
    assert.deepStrictEqual(pool.take(1), ["0"])
    pool.giveBack(a)
    pool.giveBack(b)
    assert.deepStrictEqual(pool.take(3), ["0", "1", "2"])
  })
})

describe("tasks that ask for graphics cards", () => {
  let laboratory: Laboratory
  beforeEach(() => {
    laboratory = makeLaboratory()
    // Notes the cards that it sees when it starts and when it ends.
    laboratory.stage("t/gpu", `
      const seen = process.env.CUDA_VISIBLE_DEVICES
      appendFileSync(task.project + "/seen", "+" + seen + " ")
      await sleep(30)
      appendFileSync(task.project + "/seen", "-" + seen + " ")
      write([seen, process.env.HIP_VISIBLE_DEVICES, task.gpus].join(" "))`)
    laboratory.stage("t/plain", `write(String(process.env.CUDA_VISIBLE_DEVICES) + " " + String(task.gpus))`)
  })
  afterEach(() => laboratory.remove())

  it.live("see cards of their own and no others, also where a process runs several", () => Effect.gen(function*() {
    const plan = planOf(...[1, 2, 3, 4, 5, 6].map((n) => ({ id: `gpu-${n}`, uses: "t/gpu", params: { n }, gpus: 1 })))
    const run = yield* runIn(laboratory, plan, { jobs: 4, gpus: ["0", "2"] })
    assert.strictEqual(run.status, "succeeded")
    const held = new Set<string>()
    for (const note of readFileSync(join(laboratory.folder, "seen"), "utf8").trim().split(" ")) {
      const card = note.slice(1)
      assert.include(["0", "2"], card)
      if (note.startsWith("+")) {
        assert.isFalse(held.has(card), `two tasks had card ${card} at once`)
        held.add(card)
      } else held.delete(card)
    }
    assert.deepStrictEqual(new Set(of(run, "task-started").map(({ gpus }) => gpus?.join())), new Set(["0", "2"]))
    const [first] = of(run, "task-started")
    assert.strictEqual(textOf(laboratory, run, first?.task ?? ""), [first?.gpus, first?.gpus, first?.gpus].join(" "))
  }))

  it.live("are noted in the record; others see what the machine shows", () => Effect.gen(function*() {
    const before = process.env["CUDA_VISIBLE_DEVICES"]
    const run = yield* runIn(laboratory, planOf({ id: "gpu-1", uses: "t/gpu", gpus: 2 }, { id: "plain-1", uses: "t/plain" }), { gpus: ["0", "1", "5"] })
    const paths = storePaths(laboratory.store)
    assert.deepStrictEqual(readRunTasks(paths, run.run).find(({ task }) => task === "gpu-1")?.gpus, ["0", "1"])
    assert.deepStrictEqual(readRun(paths, run.run)?.environment["gpus"], ["0", "1", "5"])
    assert.strictEqual(textOf(laboratory, run, "plain-1"), `${String(before)} undefined`)
  }))

  it.live("run one at a time, with a warning, where there is none", () => Effect.gen(function*() {
    const plan = planOf({ id: "gpu-1", uses: "t/gpu", params: { n: 1 }, gpus: 1 }, { id: "gpu-2", uses: "t/gpu", params: { n: 2 }, gpus: 1 })
    const run = yield* runIn(laboratory, plan, { jobs: 2, gpus: [] })
    assert.strictEqual(run.status, "succeeded")
    const notes = readFileSync(join(laboratory.folder, "seen"), "utf8").trim().split(" ").map((note) => note[0])
    assert.deepStrictEqual(notes, ["+", "-", "+", "-"])
    const warnings = of(run, "task-event").map(({ event }) => (event.type === "log" ? event.message : ""))
    assert.lengthOf(warnings.filter((text) => text.includes("none was found")), 2)
    assert.isTrue(existsSync(run.folder))
  }))
})
