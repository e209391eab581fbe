/** A defence that draws at random: Gaussian noise on every sample, anew each time that it is asked (Cohen et al. 2019 smooth over such noise). */
import { Effect, type RandomStream } from "../../../src/stage.ts"
import type { Victim } from "./victim.ts"

/** The victim behind noise of a standard deviation; the same calls in the same order meet the same noise. Sessions opened on it see none. */
export const randomised = (victim: Victim, deviation: number, random: (purpose: string) => Pick<RandomStream, "fillNormal">): Victim => {
  let asked = 0
  const noisy = (x: Float32Array): Float32Array => {
    const noise = random(`noise ${asked++}`).fillNormal(new Float32Array(x.length))
    return x.map((value, i) => value + deviation * (noise[i] ?? 0))
  }
  return {
    ...victim,
    scores: (x) => Effect.suspend(() => victim.scores(noisy(x))),
    evaluate: (objective, asked) => Effect.suspend(() => victim.evaluate(objective, { ...asked, x: noisy(asked.x) }))
  }
}
