/**
 * The longer check of training-kill.test.ts: `node test/faults/training.long.ts [KILLS] [SEED]` kills each of the trainings KILLS (5) times at
 * random moments, and compares what they leave. Exits 1 when something differs.
 */
import { randomStream } from "../../src/stage/random.ts"
import { surviveKills, trainings } from "./training-kill.ts"

const kills = Number(process.argv[2] ?? 5)
const seed = Number(process.argv[3] ?? 1)

let failed = 0
for (const [name, training] of Object.entries(trainings)) {
  const random = randomStream(seed, "training-kill", name)
  try {
    console.log(`${name}: the same bytes; it went on from a saved state ${await surviveKills(training, kills, () => random.uniform())} times.`)
  } catch (error) {
    failed++
    console.log(`FAILED: ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
process.exit(failed === 0 ? 0 : 1)
