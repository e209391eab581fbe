import { describe, expect, it } from "vitest"
import { nextPlateau, startPlateau, torchPlateau } from "../../../stages/train/lib/plateau.ts"
import { torchAnswers, whyNoTorch } from "../torch.ts"
import { cases, expectSame, stageRun } from "./tiny.ts"
import type { Trained } from "./transcription.ts"

/** Losses around a level, with their schedules: the defaults, and settings that use the rest of it. */
const plateaus = [-5, 0, 5].flatMap((level) =>
  [torchPlateau, { ...torchPlateau, patience: 3, cooldown: 4, threshold: 0.1, factor: 0.5, minimumRate: 0.01 }].map((settings) => ({
    settings,
    losses: Array.from({ length: 300 }, (_, step) => level + Math.sin(step / 3) / (1 + step / 20))
  }))
)

describe.skipIf(whyNoTorch !== undefined)(`beside PyTorch${whyNoTorch === undefined ? "" : ` (${whyNoTorch})`}`, () => {
  const answers = whyNoTorch === undefined
    ? torchAnswers<{ plateau: ReadonlyArray<ReadonlyArray<number>>; two_layer: ReadonlyArray<Trained> }>({ plateau: plateaus, two_layer: cases })
    : { plateau: [], two_layer: [] }

  it("lowers the rate when ReduceLROnPlateau does", () => {
    const lowered = plateaus.map(({ losses, settings }, at) => {
      let state = startPlateau(1)
      losses.forEach((loss, step) => {
        state = nextPlateau(state, loss, settings)
        expect(state.rate).toBeCloseTo(answers.plateau[at]?.[step] ?? Number.NaN, 12)
      })
      return state.reductions
    })
    expect(lowered.filter((reductions) => reductions > 1).length).toBeGreaterThan(2)
  })

  it.each([...cases.keys()])("takes the same steps as its SGD with that schedule (case %i)", async (at) => {
    const [ours, theirs] = [cases[at], answers.two_layer[at]]
    if (ours === undefined || theirs === undefined) throw new Error("PyTorch gave fewer answers than it was asked for.")
    expectSame((await stageRun(ours)).rows("curve"), ours.rate, theirs)
  })
})
