/** Training on samples that stay in their file: the same batches as from memory. */
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { openSamples, readDataset, writeDataset } from "../../../src/table/dataset-file.ts"
import { miniBatches } from "../../../stages/train/lib/mini-batches.ts"
import { setAside } from "../../../stages/train/lib/split.ts"
import { temporaryFolder } from "../run-stage.ts"

const stream = (purpose: string) => randomStream(1, "test", purpose)

describe("samples of a file", () => {
  it.each([
    ["as they are", {}],
    ["changed at random", { crop: 2, flip: true, cutout: 3, mixup: 0.4 }]
  ])("make the same batches as samples in memory, %s", (_, changes) => {
    const path = join(temporaryFolder(), "data.arrow")
    // More than one record batch.
    writeDataset(path, { x: Float32Array.from({ length: 4000 * 600 }, (_, i) => Math.sin(i)), y: Float32Array.from({ length: 4000 }, (_, i) => i), shape: [2, 15, 20], metadata: {} })
    const inFile = openSamples(path)
    onTestFinished(inFile.close)
    const all = { crop: 0, flip: false, cutout: 0, mixup: 0, ...changes, random: (epoch: number) => stream(`images ${epoch}`) }
    const [memory, file] = [readDataset(path), inFile].map((data) => {
      const { aside, rest } = setAside(data, 0.1, stream("aside"))
      const { batch, perEpoch } = miniBatches(rest, 32, (epoch) => stream(`epoch ${epoch}`), all)
      return { perEpoch, batches: [0, 1, perEpoch - 1, perEpoch + 3].map(batch), aside: aside.range(5, 9), labels: aside.y }
    })
    expect(file).toEqual(memory)
    expect(memory?.perEpoch).toBe(112)
  })
})
