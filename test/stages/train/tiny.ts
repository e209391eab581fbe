/** Tiny trainings of the two-layer net, and the stage's run of them, to be compared with references step by step. */
import { expect } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { twoLayer } from "../../../stages/train/lib/two-layer.ts"
import twoLayerStage from "../../../stages/train/two-layer.ts"
import { given, type Ran, runStage } from "../run-stage.ts"
import type { Case, Trained } from "./transcription.ts"

export const random = (purpose: string) => randomStream(3, "test", purpose)
const rows = (values: ArrayLike<number>, size: number) =>
  Array.from({ length: values.length / size }, (_, row) => Array.from({ length: size }, (_, i) => values[row * size + i] ?? 0))

/** Eight samples in three dimensions. */
export const samples = {
  /** Labelled at random. */
  mixed: { x: random("x").fillNormal(new Float32Array(24)), y: Float32Array.of(1, -1, 1, 1, -1, -1, 1, 1), shape: [3], metadata: {} },
  /** Each sample twice, with both labels: nothing is to be learned, and the loss stops falling. */
  contradictory: {
    x: Float32Array.from({ length: 24 }, (_, i) => (random("x").fillNormal(new Float32Array(12))[i % 12] ?? 0)),
    y: Float32Array.of(1, 1, 1, 1, -1, -1, -1, -1),
    shape: [3],
    metadata: {}
  }
}
export interface Tiny extends Case {
  readonly data: keyof typeof samples
}
/** A tiny training, from the initial values that the stage draws. */
export const tiny = (settings: Pick<Tiny, "loss" | "gamma" | "rate" | "steps" | "data">): Tiny => {
  const { x, y } = samples[settings.data]
  const net = twoLayer({ inputs: 3, width: 5, slope: settings.gamma }, (purpose) => randomStream(0, "train/two-layer", `net/${purpose}`))
  const initial = (name: string) => net.parameters.find((parameter) => parameter.name === name)?.initial ?? []
  return { ...settings, x: rows(x, 3), y: [...y], W: rows(initial("W"), 3), b: [...initial("b")], a: [...initial("a")] }
}
export const cases = [
  tiny({ data: "mixed", loss: "identity", gamma: 0, rate: 1, steps: 60 }),
  tiny({ data: "mixed", loss: "logistic", gamma: 0.25, rate: 0.1, steps: 200 }),
  tiny({ data: "contradictory", loss: "logistic", gamma: 0, rate: 0.5, steps: 200 })
]

export const stageRun = ({ data, gamma, loss, rate, steps }: Tiny): Promise<Ran> =>
  runStage(twoLayerStage, { width: 5, slope: gamma, loss, rate, steps, seed: 0 }, { inputs: { data: given(samples[data]) } })

/** Losses and rates of the stage's curve agree with a reference's at the steps that the curve keeps. */
export const expectSame = (curve: ReadonlyArray<Readonly<Record<string, unknown>>>, rate: number, reference: Trained) => {
  for (const point of curve) {
    const at = Number(point["step"]) - 1
    const loss = reference.losses[at] ?? Number.NaN
    expect(Math.abs(Number(point["loss"]) - loss)).toBeLessThan(1e-4 * Math.abs(loss) + 1e-6)
    expect(Number(point["rate"])).toBeCloseTo(at === 0 ? rate : reference.rates[at - 1] ?? Number.NaN, 10)
  }
}

