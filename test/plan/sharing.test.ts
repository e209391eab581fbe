import { describe, expect, it } from "vitest"
import { sharingByStage, sharingByUse } from "../../src/plan/sharing.ts"
import { plan } from "./support.ts"

describe("sharing", () => {
  // Two panels of a figure over one pair of nets: f depends on lr only, g on both rates.
  const made = plan({
    params: { seed: 0, lr: 0.1, lr2: 0.1 },
    sweeps: { rates: { grid: { lr: [1, 0.1], lr2: [1, 0.1], seed: [0, 1] } }, again: { grid: { lr2: [1, 0.1] } } },
    stages: {
      data: { uses: "data/make", with: { seed: "${{ params.seed }}" } },
      f: { uses: "train/fit", in: { train: "data.out" }, with: { lr: "${{ params.lr }}" } },
      g: { uses: "train/fit", in: { train: "data.out" }, with: { lr: "${{ params.lr2 }}", of: "${{ params.lr }}" } }
    }
  })

  it("counts what the file asks for and what is distinct, stage by stage", () => {
    expect(sharingByStage(made)).toEqual([
      { name: "data", asked: 10, distinct: 2 },
      { name: "f", asked: 10, distinct: 4 },
      { name: "g", asked: 10, distinct: 8 }
    ])
  })

  it("counts all trainings of a file together", () => {
    expect(sharingByUse(made)).toEqual([{ name: "data/make", asked: 10, distinct: 2 }, { name: "train/fit", asked: 20, distinct: 12 }])
  })
})
