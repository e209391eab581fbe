/**
 * Three epochs on few samples, step by step beside PyTorch: losses and all weights after every step to 1e-4 relative. The longer form is
 * training.long.ts.
 */
import { afterAll, describe, expect, it } from "vitest"
import { whyNoTorch } from "../../stages/torch.ts"
import { lockstep } from "./lockstep.ts"
import { TorchTrainer } from "./torch-trainer.ts"
import { works } from "./works.ts"

describe.skipIf(whyNoTorch !== undefined)(`training beside PyTorch${whyNoTorch === undefined ? "" : ` (${whyNoTorch})`}`, () => {
  const trainer = whyNoTorch === undefined ? new TorchTrainer() : undefined
  afterAll(() => trainer?.close())

  it.each(works.flatMap((work) => (work.short === undefined ? [] : [[work.title, work, work.short] as const])))("%s", async (_, work, short) => {
    if (trainer === undefined) throw new Error("PyTorch is not there.")
    const reports = await lockstep(work, trainer, short)
    expect(reports.length).toBe(short.epochs * Math.floor(short.samples / short.batch))
    const losses = reports.map(({ loss }) => loss)
    expect(Math.min(...losses)).toBeLessThan(losses[0] ?? -Infinity)
    // Two trainings part where a kink lies within rounding, which is rare; a wrong rule parts them at every step.
    expect(reports.filter(({ parted }) => parted).length).toBeLessThanOrEqual(1)
  }, 120_000)
})
