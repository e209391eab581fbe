/** Folders of image files as data sets. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import sharp from "sharp"
import { describe, expect, it } from "vitest"
import images from "../../../stages/data/images.ts"
import { attemptStage, runStage, temporaryFolder } from "../run-stage.ts"

/** An image of one colour. */
const plain = (columns: number, rows: number, background: string) => sharp({ create: { width: columns, height: rows, channels: 3, background } })
const png = (columns: number, rows: number, background: string) => plain(columns, rows, background).png().toBuffer()

const project = async (files: Readonly<Record<string, Promise<Uint8Array> | string>>) => {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), await content)
  }
  return folder
}
const red = () => png(4, 2, "#ff0000")
const green = () => png(4, 2, "#00ff00")
const two = () => project({ "pets/dog/b.png": red(), "pets/dog/deeper/a.JPG": plain(4, 2, "#ffffff").jpeg().toBuffer(), "pets/cat/1.webp": plain(4, 2, "#0000ff").webp({ lossless: true }).toBuffer(), "pets/cat/.hidden.png": "?", "pets/notes.txt": "?" })

describe("data/images", () => {
  it("takes a class from each subfolder, in order of their names", async () => {
    const ran = await runStage(images, { folder: "pets" }, { project: await two() })
    const { metadata, shape, x, y } = ran.dataset("data")
    expect([[...y], shape, metadata["class_names"]]).toEqual([[0, 1, 1], [3, 2, 4], `["cat","dog"]`])
    const colours = [0, 1, 2].map((sample) => [0, 1, 2].map((channel) => x[sample * 24 + channel * 8]))
    expect(colours).toEqual([[0, 0, 1], [1, 0, 0], [1, 1, 1]])
    expect(ran.rows("classes")).toEqual([{ label: 0n, name: "cat", n: 1n }, { label: 1n, name: "dog", n: 2n }])
    expect(ran.rows("files").map(({ file, rows, columns, sample }) => [file, rows, columns, sample])).toEqual([
      ["cat/1.webp", 2n, 4n, 0n], ["dog/b.png", 2n, 4n, 1n], ["dog/deeper/a.JPG", 2n, 4n, 2n]
    ])
  })

  it("takes a list of names and classes, and only the classes asked for, in their order", async () => {
    const at = await project({ "flat/1.png": red(), "flat/2.png": green(), "flat/3.png": red(), "labels.csv": "file,label\n3.png,10\n2.png,9\n1.png,10\n" })
    const labels = async (params: object) => [...(await runStage(images, { folder: "flat", labels: "labels.csv", ...params }, { project: at })).dataset("data").y]
    expect(await labels({})).toEqual([1, 0, 1]) // 9 before 10
    expect(await labels({ classes: ["10"] })).toEqual([0, 0])
    expect(await labels({ classes: ["10", "9"], each: 1 })).toEqual([0, 1])
  })

  it("scales and crops images of different sizes, to grey if asked", async () => {
    const at = await project({ "a/x/1.png": png(30, 20, "#808080"), "a/x/2.png": png(21, 50, "#808080") })
    const { shape, x } = (await runStage(images, { folder: "a", resize: 10, crop: [8, 6], colour: "grey" }, { project: at })).dataset("data")
    expect(shape).toEqual([1, 8, 6])
    expect(new Set(x)).toEqual(new Set([Math.fround(128 / 255)]))
    expect((await runStage(images, { folder: "a", resize: [3, 5] }, { project: at })).dataset("data").shape).toEqual([3, 3, 5])
  })

  it("names damaged files, or skips them and says so", async () => {
    const whole = await png(40, 40, "#123456")
    const noise = await sharp(Uint8Array.from({ length: 4800 }, (_, i) => (i * 7919) % 251), { raw: { width: 40, height: 40, channels: 3 } }).jpeg().toBuffer()
    const at = await project({
      "a/x/good.png": Promise.resolve(whole), "a/x/half.jpg": Promise.resolve(noise.subarray(0, noise.length >> 1)), "a/y/text.png": "no image", "a/y/ok.png": Promise.resolve(whole)
    })
    const { error } = await attemptStage(images, { folder: "a" }, { project: at })
    expect(error?.message).toMatch(/\/a, 2 images cannot be used: x\/half\.jpg \(.+\); y\/text\.png \(.+\)\.$/)
    expect(error?.hint).toMatch(/unusable: skip/)
    const ran = await runStage(images, { folder: "a", unusable: "skip" }, { project: at })
    expect([...ran.dataset("data").y]).toEqual([0, 1])
    expect(ran.rows("files").map(({ file, sample, used }) => [file, sample, used])).toEqual([["x/good.png", 0n, true], ["x/half.jpg", null, false], ["y/ok.png", 1n, true], ["y/text.png", null, false]])
    const none = await attemptStage(images, { folder: "a", crop: 41, unusable: "skip" }, { project: at })
    expect(none.error?.message).toMatch(/None of the 4 images .* can be used/)
  })

  it.each<[string, Readonly<Record<string, Promise<Uint8Array> | string>>, object, RegExp]>([
    ["no folder", { "b/x": "" }, {}, /There is no folder .*\/a\./],
    ["an empty folder", { "a/cat/notes.txt": "" }, {}, /There is no image in .*\/a\./],
    ["images of no class", { "a/1.png": "" }, {}, /Of 1 images, 1 lie in .*\/a itself, in the folder of no class: 1\.png/],
    ["a class without images", { "a/cat/1.png": "" }, { classes: ["cat", "dgo"] }, /No image is of the class dgo; there are cat\./],
    ["images of two sizes", { "a/x/1.png": red(), "a/x/2.png": png(5, 5, "#000") }, {}, /x\/2\.png has 5 x 5 pixels, but x\/1\.png 2 x 4/],
    ["too small an image", { "a/x/1.png": red() }, { crop: 3 }, /x\/1\.png \(2 x 4 pixels are too few for a crop of 3 x 3\)/],
    ["a list of files that are not there", { "a/1.png": "", "l.csv": "file,label\n2.png,a\n" }, { labels: "l.csv" }, /1 of the 1 images that l\.csv names are not in .*: 2\.png/],
    ["a list without a column", { "a/1.png": "", "l.csv": "name,label\n2.png,a\n" }, { labels: "l.csv" }, /l\.csv:1: there is no column file/],
    ["a list with a hole", { "a/1.png": "", "l.csv": "file,label\n1.png,\n" }, { labels: "l.csv" }, /l\.csv: image 1 has no label/],
    ["a list that leads elsewhere", { "a/1.png": "", "b/2.png": "", "l.csv": "file,label\n../b/2.png,a\n" }, { labels: "l.csv" }, /l\.csv names files outside of .*\/a, or hidden ones: \.\.\/b\/2\.png/],
    ["no list", { "a/1.png": "" }, { labels: "l.csv" }, /no readable file at .*l\.csv/]
  ])("says what is wrong with %s", async (_, files, params, message) => {
    const { error } = await attemptStage(images, { folder: "a", ...params }, { project: await project(files) })
    expect(error?.message).toMatch(message)
  })
})
