/** Parquet, CSV and Arrow files as data sets. */
import { truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { DuckDBInstance } from "@duckdb/node-api"
import { Bool, FixedSizeList, Field, Float32, Schema as ArrowSchema, Table, tableFromArrays, tableToIPC, vectorFromArray } from "apache-arrow"
import sharp from "sharp"
import { describe, expect, it } from "vitest"
import columns from "../../../stages/data/columns.ts"
import { attemptStage, runStage, temporaryFolder } from "../run-stage.ts"

const sql = async (text: string) => {
  const database = await DuckDBInstance.create(":memory:")
  const connection = await database.connect()
  await connection.run(text)
  connection.closeSync()
  database.closeSync()
}
const read = async (project: string, params: object) => {
  const { metadata, shape, x, y } = (await runStage(columns, { ...params }, { project })).dataset("data")
  return { x: [...x], y: [...y], shape, names: metadata["class_names"] }
}
const refusal = async (project: string, params: object) => (await attemptStage(columns, { ...params }, { project })).error?.message

describe("data/columns", () => {
  it("reads CSV: numbers in the order of their columns, text as classes", async () => {
    const project = temporaryFolder()
    writeFileSync(join(project, "iris.csv"), "width,kind,length\n1,setosa,0.5\n2,virginica,1.5\n3,setosa,2.5\n")
    expect(await read(project, { file: "iris.csv", y: "kind" })).toEqual({ x: [1, 0.5, 2, 1.5, 3, 2.5], y: [0, 1, 0], shape: [2], names: `["setosa","virginica"]` })
    writeFileSync(join(project, "iris.csv.gz"), gzipSync("width,kind,length\n4,other,0.5\n2,virginica,1.5\n"))
    expect(await read(project, { file: "iris.csv.gz", x: ["length", "width"], y: "kind", classes: ["virginica"], unknown: "drop", scale: 2 })).toMatchObject({ x: [3, 4], y: [0] })
    expect(await refusal(project, { file: "iris.csv.gz", y: "kind", classes: ["virginica"] })).toMatch(/iris\.csv\.gz, row 1, column kind: "other" is not among `classes`/)
  })

  it("reads Parquet: lists of any depth, decimals, several files, in order and in pieces", async () => {
    const project = temporaryFolder()
    await sql(`copy (select range % 3 = 0 as label, [[range, range + 1], [range + 2, range + 3]] as x, (range / 4)::decimal(10, 2) as d from range(5000)) to '${join(project, "a.parquet")}'`)
    await sql(`copy (select true as label, [[-1, -2], [-3, -4]] as x, 0::decimal(10, 2) as d) to '${join(project, "b.parquet")}'`)
    const { shape, x, y } = await read(project, { file: ["a.parquet", "b.parquet"], x: "x", shape: [1, 2, 2] })
    expect([y.length, y.slice(0, 4), shape, x.slice(-8), x.slice(4 * 4321, 4 * 4321 + 2)]).toEqual([5001, [1, 0, 0, 1], [1, 2, 2], [4999, 5000, 5001, 5002, -1, -2, -3, -4], [4321, 4322]])
    expect((await read(project, { file: "a.parquet", x: ["d"] })).x.slice(0, 3)).toEqual([0, 0.25, 0.5])
  })

  it("reads Arrow files of other programs", async () => {
    const project = temporaryFolder()
    writeFileSync(join(project, "t.arrow"), tableToIPC(tableFromArrays({ a: Float32Array.of(1, 2, 3), b: Int32Array.of(4, 5, 6), label: ["x", "y", "x"] }), "file"))
    expect(await read(project, { file: "t.arrow" })).toMatchObject({ x: [1, 4, 2, 5, 3, 6], y: [0, 1, 0] })
    const lists = vectorFromArray([[1, 2], [3, 4]], new FixedSizeList(2, new Field("item", new Float32())))
    const table = new Table(new ArrowSchema([new Field("v", lists.type), new Field("label", new Bool())]), { v: lists, label: vectorFromArray([true, false], new Bool()) })
    writeFileSync(join(project, "u.arrow"), tableToIPC(table, "file"))
    expect(await read(project, { file: "u.arrow" })).toMatchObject({ x: [1, 2, 3, 4], y: [1, 0], shape: [2] })
  })

  it("reads images in Parquet, as blobs or in structs", async () => {
    const project = temporaryFolder()
    const hex = async (background: string) => (await sharp({ create: { width: 3, height: 2, channels: 3, background } }).png().toBuffer()).toString("hex")
    const [red, white] = [await hex("#ff0000"), await hex("#ffffff")]
    await sql(`copy (select * from (values (unhex('${red}'), 1), (unhex('${white}'), 0)) t(image, label)) to '${join(project, "blob.parquet")}'`)
    await sql(`copy (select {bytes: image, path: 'a.png'} as image, label from '${join(project, "blob.parquet")}') to '${join(project, "struct.parquet")}'`)
    const expected = { x: [1, 1, 1, 1, 1, 1, ...Array.from({ length: 12 }, () => 0), ...Array.from({ length: 18 }, () => 1)], y: [1, 0], shape: [3, 2, 3] }
    expect(await read(project, { file: "blob.parquet", x: "image" })).toMatchObject(expected)
    expect(await read(project, { file: "struct.parquet" })).toMatchObject(expected)
    expect((await read(project, { file: "struct.parquet", colour: "grey", crop: 1 })).shape).toEqual([1, 1, 1])
    await sql(`copy (select 'no image'::blob as image, 1 as label) to '${join(project, "bad.parquet")}'`)
    expect(await refusal(project, { file: "bad.parquet" })).toMatch(/bad\.parquet, row 1: .+/)
  })

  it.each<[string, string, object, RegExp]>([
    ["a column that is not there", "a,b\n1,2\n", {}, /t\.csv has no column label; there are a, b\./],
    ["a sample column that is not there", "a,label\n1,2\n", { x: ["b"] }, /has no column b; there are a, label/],
    ["nothing but labels", "label\n1\n", {}, /no column but the labels/],
    ["a cell that is no number", "a,label\n1,2\nx,3\n", {}, /row 1, column a: "1" is no number/],
    ["an empty cell", "a,label\n1,2\n,3\n", {}, /row 2, column a: null is no number/],
    ["an empty label", "a,label\n1,2\n3,\n", {}, /row 2, column label: null is no label/],
    ["a shape that does not fit", "a,b,label\n1,2,3\n", { shape: [3] }, /row 1: 2 values, but the shape asks for 3/],
    ["no rows", "a,label\n", {}, /t\.csv has no sample/]
  ])("says what is wrong with %s", async (_, text, params, message) => {
    const project = temporaryFolder()
    writeFileSync(join(project, "t.csv"), text)
    expect(await refusal(project, { file: "t.csv", ...params })).toMatch(message)
  })

  it("names files that cannot be read", async () => {
    const project = temporaryFolder()
    await sql(`copy (select range as a, 0 as label from range(1000)) to '${join(project, "cut.parquet")}'`)
    truncateSync(join(project, "cut.parquet"), 500)
    expect(await refusal(project, { file: "cut.parquet" })).toMatch(/cut\.parquet cannot be read: /)
    writeFileSync(join(project, "cut.arrow"), "ARROW1 and no more")
    expect(await refusal(project, { file: "cut.arrow" })).toMatch(/cut\.arrow cannot be read: .*not an Arrow IPC file/)
    expect(await refusal(project, { file: "there.csv" })).toMatch(/there\.csv cannot be read: .*No files found/)
    expect(await refusal(project, { file: "a.xlsx" })).toMatch(/a\.xlsx is of no known kind/)
    expect(await refusal(project, { file: ["cut.arrow", "cut.parquet"] })).toMatch(/are of different kinds/)
  })
})
