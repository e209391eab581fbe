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
  const drawn = new Float32Array(size)
  const low = range.low ?? -Infinity
  const high = range.high ?? Infinity
  for (let row = 0; row < origin.length / size; row++) {
    const scale = drawStep(norm, drawn, eps, random.at(row))
    const shift = norm === "linf" ? -eps : 0
    for (let i = 0; i < size; i++) {
      const at = row * size + i
      start[at] = Math.min(Math.max((origin[at] ?? 0) + scale * (drawn[i] ?? 0) + shift, low), high)
    }
  }
  return start
}

/** Fills `drawn` with numbers of the norm's distribution, drawn in one go where there are so many; gives what they are to be multiplied by. */
const drawStep = (norm: Norm, drawn: Float32Array, eps: number, stream: RandomStream): number => {
  if (norm === "linf") {
    stream.fillUniform(drawn)
    return 2 * eps
  }
  let total = 0
  if (norm === "l2") {
    stream.fillNormal(drawn)
    for (const value of drawn) total += value * value
    return (eps * stream.uniform() ** (1 / drawn.length)) / Math.sqrt(total)
  }
  for (let i = 0; i < drawn.length; i++) {
    const size = -Math.log(1 - stream.uniform())
    drawn[i] = size * stream.sign()
    total += size
  }
  return eps / (total - Math.log(1 - stream.uniform()))
}
