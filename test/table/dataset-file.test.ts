import { tableFromIPC } from "apache-arrow"
import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { inMemory, partOf, type Samples, slice } from "../../src/table/dataset.ts"
import { openDatasetWriter, openSamples, readDataset, writeDataset } from "../../src/table/dataset-file.ts"
import { TableError } from "../../src/table/error.ts"
import { openTableWriter } from "../../src/table/write.ts"
import { temporaryFolder } from "./folder.ts"

describe("a data set's file", () => {
  const at = temporaryFolder()

  it("gives back samples, targets, shape and metadata", () => {
    const data = { x: Float32Array.from({ length: 3 * 12 }, (_, i) => i / 7), y: Float32Array.from([1, -1, 1]), shape: [1, 3, 4], metadata: { classes: "1,2" } }
    assert.strictEqual(writeDataset(at("d.arrow"), data), 3)
    assert.deepEqual(readDataset(at("d.arrow")), data)
  })

  it("is one of many record batches when it is large", () => {
    const data = { x: Float32Array.from({ length: 5000 * 784 }, (_, i) => i % 1000), y: Float32Array.from({ length: 5000 }, (_, i) => i % 10), shape: [1, 28, 28], metadata: {} }
    writeDataset(at("d.arrow"), data)
    const read = readDataset(at("d.arrow"))
    assert.isTrue(Buffer.from(read.x.buffer).equals(Buffer.from(data.x.buffer)))
    assert.deepEqual(read.y, data.y)
    assert.strictEqual(tableFromIPC(readFileSync(at("d.arrow"))).batches.length, 2)
  })

  it("tells other tools its shape", () => {
    writeDataset(at("d.arrow"), { x: new Float32Array(8), y: new Float32Array(2), shape: [2, 2], metadata: {} })
    const field = tableFromIPC(readFileSync(at("d.arrow"))).schema.fields[0]
    assert.strictEqual(field?.metadata.get("ARROW:extension:name"), "arrow.fixed_shape_tensor")
    assert.deepEqual(JSON.parse(field?.metadata.get("ARROW:extension:metadata") ?? ""), { shape: [2, 2] })
  })

  it("takes a table with these columns for one: a flat sample, targets of any number type", () => {
    const writer = openTableWriter(at("t.arrow"), { y: { type: "int64" }, x: { type: "fixedList", item: { type: "float32" }, size: 2 }, more: { type: "utf8" } })
    writer.append([{ y: 3, x: [1, 2], more: "" }, { y: 4n, x: [3, 4], more: "" }])
    writer.close()
    assert.deepEqual(readDataset(at("t.arrow")), { x: Float32Array.from([1, 2, 3, 4]), y: Float32Array.from([3, 4]), shape: [2], metadata: {} })
  })

  it("says what a data set lacks", () => {
    assert.throws(() => writeDataset(at("d.arrow"), { x: new Float32Array(5), y: new Float32Array(2), shape: [2], metadata: {} }), TableError, "x has 5 values, but 2 samples of shape [2] have 4")
    openTableWriter(at("t.arrow"), { x: { type: "float32" } }).close()
    assert.throws(() => readDataset(at("t.arrow")), TableError, 'a data set needs a column "x" of fixed-size lists of float32')
    const writer = openTableWriter(at("u.arrow"), { x: { type: "fixedList", item: { type: "float32" }, size: 1 }, y: { type: "float32", nullable: true } })
    writer.append([{ x: [1], y: null }])
    writer.close()
    assert.throws(() => readDataset(at("u.arrow")), TableError, 'column "y", row 0: null is not a number')
  })

  it("is the same file written in parts", () => {
    const data = { x: Float32Array.from({ length: 40 }, (_, i) => i), y: Float32Array.from({ length: 20 }, (_, i) => i), shape: [2], metadata: { source: "test" } }
    writeDataset(at("whole.arrow"), data)
    const writer = openDatasetWriter(at("parts.arrow"), [2], data.metadata)
    for (const [from, to] of [[0, 3], [3, 3], [3, 20]] as const) writer.append(slice(inMemory(data), from, to))
    assert.strictEqual(writer.close(), 20)
    assert.isTrue(readFileSync(at("parts.arrow")).equals(readFileSync(at("whole.arrow"))))
    assert.throws(() => openDatasetWriter(at("bad.arrow"), [3], {}).append(data), TableError, "x has 40 values, but 20 samples of shape [3] have 60")
  })
})

describe("samples of a file", () => {
  const at = temporaryFolder()
  // Rows of 256 values: two record batches, of 8161 and 839 rows.
  const data = { x: Float32Array.from({ length: 9000 * 256 }, (_, i) => i % 65_536), y: Float32Array.from({ length: 9000 }, (_, i) => i), shape: [16, 16], metadata: { source: "test" } }
  const asked = [0, 8999, 8158, 8159, 8160, 8161, 8162, 8163, 8164, 5, 4, 4]
  const read = (samples: Samples, which: ArrayLike<number>) => {
    const x = new Float32Array(which.length * 256)
    samples.copy(which, x)
    return Array.from(which, (_, i) => x[i * 256])
  }

  it.each([0, 2 ** 30])("come in any order, across record batches, with %i bytes of memory", (memory) => {
    writeDataset(at("d.arrow"), data)
    const samples = openSamples(at("d.arrow"), memory)
    assert.deepEqual(read(samples, asked), asked.map((sample) => (sample * 256) % 65_536))
    assert.deepEqual([samples.y.length, samples.shape, samples.metadata], [9000, [16, 16], { source: "test" }])
    const part = partOf(samples, [8999, 7, 3])
    assert.deepEqual([...part.y], [8999, 7, 3])
    assert.deepEqual(read(part, [2, 0]), [3 * 256, (8999 * 256) % 65_536])
    assert.deepEqual(slice(part, 1, 3).x, Float32Array.from([...data.x.subarray(7 * 256, 8 * 256), ...data.x.subarray(3 * 256, 4 * 256)]))
    samples.close()
  })

  it("stay in a large file until they are asked for", () => {
    const write = (value: number) => writeDataset(at("l.arrow"), { x: new Float32Array(300_000).fill(value), y: new Float32Array(300), shape: [1000], metadata: {} })
    write(1)
    const [fromFile, fromMemory] = [openSamples(at("l.arrow"), 1_199_999), openSamples(at("l.arrow"), 1_200_000)]
    write(2) // in place of the first, as nobody should do
    assert.deepEqual([fromFile, fromMemory].map((samples) => samples.range(7, 8)[0]), [2, 1])
    fromFile.close()
    fromMemory.close()
  })

  it("are refused where there are none, and where the file is no data set", () => {
    writeDataset(at("e.arrow"), data)
    const samples = openSamples(at("e.arrow"))
    assert.throws(() => read(samples, [9000]), TableError)
    samples.close()
    openTableWriter(at("f.arrow"), { x: { type: "float32" } }).close()
    assert.throws(() => openSamples(at("f.arrow")), TableError, 'a data set needs a column "x"')
  })
})
