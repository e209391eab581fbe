/** Attacks against a straight PyTorch transcription on one trained network. */
import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { linear, relu } from "../../../src/tensor/ops.ts"
import autoattack from "../../../stages/attack/autoattack.ts"
import pgd from "../../../stages/attack/pgd.ts"
import { modelOf } from "../models.ts"
import { given, runStage } from "../run-stage.ts"
import { torchAnswers, whyNoTorch } from "../torch.ts"

const [n, size, width, classes] = [200, 16, 32, 4]
const balls = { linf: 0.08, l2: 0.25 }
const stream = randomStream(2, "torch attacks", "data")
const y = Float32Array.from({ length: n }, (_, i) => i % classes)
/** Noise around a bright quarter for each class. */
const x = stream.fillUniform(new Float32Array(n * size)).map((value, i) => 0.6 * value + (Math.floor((i % size) / 4) === Math.floor(i / size) % classes ? 0.3 : 0.1))

interface Answer {
  readonly clean: number
  readonly weights: ReadonlyArray<ReadonlyArray<number>>
  readonly linf: Result
  readonly l2: Result
}
interface Result {
  readonly pgd: number
  readonly apgd: number
  readonly x: ReadonlyArray<number>
}

describe.skipIf(whyNoTorch !== undefined)(`robust accuracy is PyTorch's${whyNoTorch === undefined ? "" : `: ${whyNoTorch}`}`, () => {
  const { attacks } = whyNoTorch === undefined
    ? torchAnswers<{ readonly attacks: Answer }>({ attacks: { x: [...x], y: [...y], size, width, classes, steps: 200, balls } }, new URL("torch_attacks.py", import.meta.url))
    : { attacks: undefined }
  const model = () => {
    const shapes = [[width, size], [width], [classes, width], [classes]]
    return modelOf({
      parameters: shapes.map((shape, i) => ({ name: `p${i}`, shape, initial: Float32Array.from(attacks?.weights[i] ?? []), trainable: true })),
      input: [size],
      outputs: classes,
      scores: (value, p) => linear(relu(linear(value, p("p0"), p("p1"))), p("p2"), p("p3"))
    })
  }
  const data = () => given({ x, y, shape: [size], metadata: {} })

  it.each(["linf", "l2"] as const)("under PGD-20 in %s, point by point", async (norm) => {
    const eps = balls[norm]
    const ran = await runStage(pgd, { norm, eps, steps: 20, keep: "last", random_start: false, low: 0, high: 1 }, { inputs: { model: model(), data: data() } })
    const [stat] = ran.rows("stat")
    expect(stat?.["clean_accuracy"]).toBeCloseTo(attacks?.clean ?? 0, 6)
    expect(Math.abs(Number(stat?.["robust_accuracy"]) - (attacks?.[norm].pgd ?? 0))).toBeLessThanOrEqual(0.01)
    expect(Number(stat?.["robust_accuracy"])).toBeLessThan(Number(stat?.["clean_accuracy"]) - 0.1)
    const apart = ran.dataset("data").x.filter((value, i) => Math.abs(value - (attacks?.[norm].x[i] ?? 0)) > 1e-4)
    expect(apart.length).toBeLessThan(0.01 * n * size)
  })

  it.each(["linf", "l2"] as const)("under APGD-CE in %s", async (norm) => {
    const ran = await runStage(autoattack, { norm, eps: balls[norm], attacks: ["apgd-ce"], low: 0, high: 1 }, { inputs: { model: model(), data: data() } })
    expect(Math.abs(Number(ran.rows("stat")[0]?.["robust_accuracy"]) - (attacks?.[norm].apgd ?? 0))).toBeLessThanOrEqual(0.01)
  })
})
