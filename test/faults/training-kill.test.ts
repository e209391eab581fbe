/** SIGKILL of trainings at random moments; training.long.ts does more of it. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../src/stage/random.ts"
import { everything, surviveKills } from "./training-kill.ts"

describe.skipIf(process.platform === "win32")("a training that is killed", () => {
  it("ends with the bytes of one that is not", async () => {
    const random = randomStream(1, "training-kill", "moments")
    expect(await surviveKills(everything, 2, () => random.uniform())).toBeGreaterThan(0)
  }, 120_000)
})
