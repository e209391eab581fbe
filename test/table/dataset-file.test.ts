import { tableFromIPC } from "apache-arrow"
import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { readDataset, writeDataset } from "../../src/table/dataset-file.ts"
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
})
