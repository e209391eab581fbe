import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import idx from "../../../stages/data/idx.ts"
import mnist from "../../../stages/data/mnist.ts"
import { idxBytes } from "./idx-bytes.ts"
import { attemptStage, runStage, temporaryFolder } from "../run-stage.ts"

const counts = (labels: Float32Array, classes: number) => {
  const found = Array.from({ length: classes }, () => 0)
  for (const label of labels) found[label] = (found[label] ?? 0) + 1
  return found
}

describe("data/mnist", () => {
  it("has the published facts: sizes, class counts, first test labels, mean and deviation", async () => {
    const train = (await runStage(mnist, { split: "train", mean: 0 })).dataset("data")
    const test = (await runStage(mnist, { split: "test" })).dataset("data")
    expect([train.y.length, test.y.length, train.shape]).toEqual([60_000, 10_000, [784]])
    expect(counts(train.y, 10)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect([...test.y.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    let sum = 0
    let squares = 0
    for (const pixel of train.x) {
      sum += pixel
      squares += pixel * pixel
    }
    const mean = sum / train.x.length
    expect(mean).toBeCloseTo(0.1307, 4)
    expect(Math.sqrt(squares / train.x.length - mean * mean)).toBeCloseTo(0.3081, 4)
  })

  it("keeps two classes as +1 and -1 and subtracts the mean only", async () => {
    const { metadata, x, y } = (await runStage(mnist, { split: "train", classes: [1, 2], labels: "signed" })).dataset("data")
    expect(y.length).toBe(6742 + 5958)
    expect(y.filter((label) => label === 1).length).toBe(6742)
    expect(x.reduce((least, value) => Math.min(least, value), 9)).toBe(Math.fround(-0.1307))
    expect(x.reduce((most, value) => Math.max(most, value), -9)).toBe(Math.fround(1 - 0.1307))
    expect(metadata["source"]).toBe("MNIST train")
  })
})

describe("data/idx", () => {
  /** Three images of 1 x 2 pixels, of the classes 7, 3 and 7, the images packed. */
  const project = () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "images.gz"), gzipSync(idxBytes([3, 1, 2], [0, 255, 51, 102, 255, 0])))
    writeFileSync(join(folder, "labels"), idxBytes([3], [7, 3, 7]))
    return folder
  }
  const files = { image_file: "images.gz", label_file: "labels" }

  it("reads a pair of files of the project, packed or not", async () => {
    const data = (await runStage(idx, { ...files, layout: "image" }, { project: project() })).dataset("data")
    expect([...data.y]).toEqual([7, 3, 7])
    expect(data.shape).toEqual([1, 1, 2])
    expect(Array.from(data.x, (value) => Number(value.toFixed(6)))).toEqual([0, 1, 0.2, 0.4, 1, 0])
  })

  it("keeps classes in the order asked for", async () => {
    const labels = async (params: object) => [...(await runStage(idx, { ...files, ...params }, { project: project() })).dataset("data").y]
    expect(await labels({ classes: [3, 7] })).toEqual([1, 0, 1])
    expect(await labels({ classes: [7, 3], labels: "signed" })).toEqual([1, -1, 1])
    expect(await labels({ classes: [7], limit: 1 })).toEqual([0])
  })

  it.each([
    [{ image_file: "pictures" }, /No file at .*\/pictures\./],
    [{ image_sha256: "0".repeat(64) }, /images.gz is not the file that was asked for/],
    [{ image_file: "labels" }, /the images have 1 dimensions, not 3/],
    [{ label_file: "images.gz" }, /the labels have 3 dimensions, not 1/],
    [{ labels: "signed" }, /signed labels need exactly two classes/],
    [{ classes: [1, 2] }, /no image has one of the classes 1, 2/]
  ])("says what is wrong with %j", async (params, message) => {
    const { error } = await attemptStage(idx, { ...files, ...params }, { project: project() })
    expect(error?.message).toMatch(message)
  })
})
