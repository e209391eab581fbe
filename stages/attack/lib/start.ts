/** Where an attack starts: at the sample, or at a random point of the ball around it, drawn from the sample's own stream. */
import type { RandomStream } from "../../../src/stage.ts"
import type { Norm, Range } from "./geometry.ts"

/** x within the range of the data. */
export const clampTo = (value: number, { high = Infinity, low = -Infinity }: Range): number => Math.min(Math.max(value, low), high)

/**
 * A point of each sample's ball, uniform in it: each coordinate on its own (linf), a direction and a length u^(1/d) (l2), exponential
 * magnitudes with random signs, one of which stays unused so that the rest fills the ball (l1; Barthe et al. 2005).
 */
export const randomStart = (norm: Norm, origin: Float32Array, size: number, eps: number, range: Range, random: Pick<RandomStream, "at">): Float32Array => {
  const start = new Float32Array(origin.length)
  const step = new Float64Array(size)
  const { high = Infinity, low = -Infinity } = range
  for (let row = 0; row < origin.length / size; row++) {
    const stream = random.at(row)
    if (norm === "linf") {
      stream.fillUniform(step)
      for (let i = 0; i < size; i++) step[i] = (2 * (step[i] ?? 0) - 1) * eps
    } else {
      let total = 0
      for (let i = 0; i < size; i++) {
        const drawn = norm === "l2" ? stream.normal() : -Math.log(1 - stream.uniform()) * stream.sign()
        step[i] = drawn
        total += norm === "l2" ? drawn * drawn : Math.abs(drawn)
      }
      const scale = norm === "l2" ? (eps * stream.uniform() ** (1 / size)) / Math.sqrt(total) : eps / (total - Math.log(1 - stream.uniform()))
      for (let i = 0; i < size; i++) step[i] = (step[i] ?? 0) * scale
    }
    for (let i = 0; i < size; i++) start[row * size + i] = Math.min(Math.max((origin[row * size + i] ?? 0) + (step[i] ?? 0), low), high)
  }
  return start
}
