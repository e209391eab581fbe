/**
 * The longer check of kill.test.ts: `node test/faults/random.long.ts [COUNT] [SEED]` kills or fills the disk at COUNT (200) random
 * points of random runs, two at a time, and checks after each that nothing was lost, repeated or left half done. Exits 1 when
 * something was.
 */
import { pointsOfARun, surviveKill, victims } from "./kill.ts"

const count = Number(process.argv[2] ?? 200)
const seed = Number(process.argv[3] ?? 1)

/** Mulberry32: enough to choose points with, and the same ones again for the same seed. */
const generator = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const points = await pointsOfARun()
const random = generator(seed)
const pick = <A>(items: ReadonlyArray<A>): A | undefined => items[Math.floor(random() * items.length)]
const cases = Array.from({ length: count }, () => ({ point: pick(points), victim: pick([...victims, "ENOSPC", "EPERM"]) }))

let failed = 0
const take = async (): Promise<void> => {
  for (let next = cases.pop(); next !== undefined; next = cases.pop()) {
    const { point, victim } = next
    if (point === undefined || victim === undefined) continue
    try {
      await surviveKill(point, victim)
    } catch (error) {
      failed++
      console.log(`FAILED: ${victim} at step ${point.step} of the ${point.role} (${point.name}): ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
await Promise.all([take(), take()])
console.log(`${count - failed} of ${count} points survived (of ${points.length} there are; seed ${seed}).`)
process.exit(failed === 0 ? 0 : 1)
