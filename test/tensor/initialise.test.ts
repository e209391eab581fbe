import { assert, describe, it } from "vitest"
import { type Filler, kaimingNormal, kaimingUniform, normal, uniform, xavierNormal, xavierUniform } from "../../src/tensor/initialise.ts"
import { type Tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { Dice } from "./cases.ts"

const stream = (): Filler => {
  const dice = new Dice(7)
  return {
    fillUniform: (out) => out.forEach((_, i) => (out[i] = dice.uniform())),
    fillNormal: (out) => out.forEach((_, i) => (out[i] = Math.sqrt(-2 * Math.log(1 - dice.uniform())) * Math.cos(2 * Math.PI * dice.uniform())))
  }
}
const deviation = (of: Tensor): number => Math.sqrt(toNumbers(of).reduce((sum, x) => sum + x * x, 0) / of.data.length)

describe("starting weights have the frameworks' variances", () => {
  const shape = [80, 20, 5, 5]
  const [fanIn, fanOut] = [500, 2000]
  it("normal", () => {
    assert.approximately(deviation(normal(stream(), [40000], 3)), 3, 0.05)
    assert.approximately(deviation(kaimingNormal(stream(), shape)), Math.sqrt(2 / fanIn), 1e-3)
    assert.approximately(deviation(kaimingNormal(stream(), shape, 0, "out")), Math.sqrt(2 / fanOut), 1e-3)
    assert.approximately(deviation(xavierNormal(stream(), shape)), Math.sqrt(2 / (fanIn + fanOut)), 1e-3)
  })
  it("uniform, within their bounds", () => {
    const within = (of: Tensor, bound: number) => assert.isTrue(toNumbers(of).every((x) => Math.abs(x) <= bound && Number.isFinite(x)))
    assert.isTrue(toNumbers(uniform(stream(), [1000], 2, 3)).every((x) => x >= 2 && x < 3))
    within(kaimingUniform(stream(), shape, Math.sqrt(5)), 1 / Math.sqrt(fanIn))
    assert.approximately(deviation(kaimingUniform(stream(), shape, Math.sqrt(5))), 1 / Math.sqrt(3 * fanIn), 1e-3)
    within(xavierUniform(stream(), shape), Math.sqrt(6 / (fanIn + fanOut)))
  })
})
