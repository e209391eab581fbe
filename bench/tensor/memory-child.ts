/**
 * Our side of a memory measurement, in a process of its own: `peak KEY` takes a few training steps of a network and says the most memory it
 * had resident, `growth KEY STEPS` takes many of a small one and says what was resident along the way. Prints one JSON value, in MiB.
 */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { openTrainingLoop } from "../../src/tensor/training.ts"
import { THREADS } from "./compare.ts"
import { remembered, small, trainingWork } from "./networks.ts"
import { feedsOf } from "./works.ts"

const [measure, key, steps = "5"] = process.argv.slice(2)
const make = [...remembered, ...small].find((candidate) => candidate().key === key)
if (make === undefined) throw new Error(`no network ${key}`)

/** One of the kernel's figures of this process, in MiB. */
const status = (field: "VmHWM" | "VmRSS"): number => Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024

const work = trainingWork(make())
const found = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const loop = yield* openTrainingLoop(work.step, work.parameters, { threads: THREADS })
  return yield* Effect.promise(async () => {
    const feeds = feedsOf(work)
    const resident: Array<number> = []
    const every = Math.max(1, Math.round(Number(steps) / 100))
    for (let step = 1; step <= Number(steps); step++) {
      await loop.step(feeds)
      if (measure !== "growth" || step % every !== 0) continue
      // What JavaScript has not collected yet is no growth.
      globalThis.gc?.()
      resident.push(status("VmRSS"))
    }
    return measure === "growth" ? resident : status("VmHWM")
  })
})))
process.stdout.write(JSON.stringify(found))
