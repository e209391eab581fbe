import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import fashion from "../../../stages/data/fashion-mnist.ts"
import { idxBytes } from "./idx-bytes.ts"
import { attemptStage, runStage, temporaryFolder } from "../run-stage.ts"

const debian = "/usr/share/datasets/fashion-mnist"

describe.skipIf(!existsSync(debian))("data/fashion-mnist (Debian: dataset-fashion-mnist)", () => {
  it("has the published facts: sizes, as many of each class, mean and deviation", async () => {
    const { x, y } = (await runStage(fashion, { split: "test", mean: 0, layout: "image" })).dataset("data")
    expect([y.length, new Set([...Map.groupBy(y, (label) => label).values()].map((of) => of.length)), [...y.subarray(0, 5)]]).toEqual([10_000, new Set([1000]), [9, 2, 1, 1, 6]])
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length
    expect(mean).toBeCloseTo(0.2868, 3)
    expect(Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length)).toBeCloseTo(0.3525, 3)
  })

  it("reads a folder of unpacked files too, and names the classes that it keeps", async () => {
    const project = temporaryFolder()
    writeFileSync(join(project, "t10k-images-idx3-ubyte"), gunzipSync(readFileSync(join(debian, "t10k-images-idx3-ubyte.gz"))))
    copyFileSync(join(debian, "t10k-labels-idx1-ubyte.gz"), join(project, "t10k-labels-idx1-ubyte.gz"))
    const { metadata, y } = (await runStage(fashion, { folder: ".", split: "test", classes: [0, 9], labels: "signed", limit: 4 }, { project })).dataset("data")
    expect([[...y], metadata["class_names"]]).toEqual([[-1, 1, -1, 1], `["T-shirt/top","Ankle boot"]`])
  })
})

describe("data/fashion-mnist", () => {
  it("says which file is not there, and which one is another", async () => {
    const project = temporaryFolder()
    const absent = await attemptStage(fashion, { folder: "." }, { project })
    expect(absent.error?.message).toMatch(/Neither train-images-idx3-ubyte\.gz nor train-images-idx3-ubyte is in /)
    expect(absent.error?.hint).toMatch(/dataset-fashion-mnist/)
    writeFileSync(join(project, "train-images-idx3-ubyte.gz"), gzipSync(idxBytes([1, 1, 2], [1, 2])))
    const other = await attemptStage(fashion, { folder: "." }, { project })
    expect(other.error?.message).toMatch(/train-images-idx3-ubyte\.gz is not the file that was asked for: its SHA-256 is [0-9a-f]{64}, expected c59f468a/)
  })
})
