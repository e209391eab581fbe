import { describe, expect, it } from "vitest"
import { nextPlateau, type PlateauSettings, startPlateau, torchPlateau } from "../../../stages/train/lib/plateau.ts"

const rates = (losses: ReadonlyArray<number>, start = 1, settings: PlateauSettings = torchPlateau) => {
  let state = startPlateau(start)
  return losses.map((loss) => (state = nextPlateau(state, loss, settings)).rate)
}
const repeat = (loss: number, times: number) => Array.from({ length: times }, () => loss)

describe("the plateau schedule", () => {
  it("bears ten steps without a better loss and lowers the rate at the eleventh", () => {
    expect(rates([1, ...repeat(1, 10)])).toEqual(repeat(1, 11))
    expect(rates([1, ...repeat(1, 11)]).at(-1)).toBe(0.1)
  })

  it("starts counting anew at a better loss and after a reduction", () => {
    expect(rates([1, ...repeat(1, 10), 0.5, ...repeat(0.5, 10)]).at(-1)).toBe(1)
    expect(rates([1, ...repeat(1, 21)]).at(-1)).toBe(0.1)
    expect(rates([1, ...repeat(1, 22)]).at(-1)).toBeCloseTo(0.01, 15)
  })

  it("asks for a relative improvement of 1e-4", () => {
    expect(rates([1, ...repeat(0.99995, 11)]).at(-1)).toBe(0.1) // not better than 0.9999
    expect(rates([1, ...repeat(0.99985, 11)]).at(-1)).toBe(1) // better once, then ten bad steps
  })

  it("takes a slightly worse negative loss for a better one, as PyTorch does", () => {
    // The bound for best = -1 is -0.9999: a loss that creeps up by 5e-5 a step stays below it for ever.
    const creeping = Array.from({ length: 100 }, (_, step) => -1 + 5e-5 * step)
    expect(new Set(rates(creeping))).toEqual(new Set([1]))
    expect(rates([-1, ...repeat(-0.9998, 11)]).at(-1)).toBe(0.1)
  })

  it("makes no reduction that is as small as epsilon", () => {
    expect(rates([1, ...repeat(1, 11)], 1e-8).at(-1)).toBe(1e-8)
  })

  it("counts a NaN as a bad step", () => {
    expect(rates([1, ...repeat(Number.NaN, 11)]).at(-1)).toBe(0.1)
  })
})
