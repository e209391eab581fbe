/** Images as Pillow decodes, resizes and crops them. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Effect, Schema } from "../../../src/stage.ts"
import { centreCrop, type Image, planes, resize, shorterSide, withChannels } from "../../../stages/data/lib/image.ts"
import { decodeImage } from "../../../stages/data/lib/image-decode.ts"

const Bytes = Schema.Array(Schema.Int)
const Expected = Schema.Struct({
  forms: Schema.Record(Schema.String, Schema.Struct({ rgb: Bytes, grey: Bytes })),
  original: Bytes,
  resized: Schema.Array(Schema.Struct({ size: Schema.Tuple([Schema.Int, Schema.Int]), filter: Schema.Literals(["bilinear", "bicubic"]), pixels: Bytes }))
})
const noPillow = spawnSync("/usr/bin/python3", ["-c", "import PIL"]).status !== 0
const largest = (found: ArrayLike<number>, asked: ReadonlyArray<number>) =>
  found.length === asked.length ? asked.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? 0))), 0) : Infinity

describe.skipIf(noPillow)("images, beside Pillow (Debian: python3-pil)", () => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-images-"))
  let expected: typeof Expected.Type = { forms: {}, original: [], resized: [] }
  beforeAll(() => {
    execFileSync("/usr/bin/python3", [join(import.meta.dirname, "image_files.py"), folder])
    expected = Schema.decodeUnknownSync(Expected)(JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("have the same pixels: PNG and lossless WebP all, JPEG and lossy WebP within a level", async () => {
    const differences: Record<string, number> = {}
    for (const [name, { grey, rgb }] of Object.entries(expected.forms)) {
      const image = await Effect.runPromise(decodeImage(readFileSync(join(folder, name))))
      expect([name, image.rows, image.columns]).toEqual([name, 47, 61])
      differences[name] = Math.max(largest(withChannels(image, 3).data, rgb), largest(withChannels(image, 1).data, grey))
    }
    expect(Object.keys(differences)).toHaveLength(13)
    for (const [name, difference] of Object.entries(differences)) expect([name, difference <= (/\.jpe?g$|lossy/.test(name) ? 1 : 0)]).toEqual([name, true])
  })

  it("have the same pixels in any other size, larger and smaller", () => {
    const original: Image = { data: Uint8Array.from(expected.original), rows: 47, columns: 61, channels: 3 }
    expect(expected.resized).toHaveLength(12)
    for (const { filter, pixels, size } of expected.resized) {
      expect([filter, size, largest(resize(original, size, filter).data, pixels)]).toEqual([filter, size, 0])
    }
  })
})

describe("an image", () => {
  const image = (rows: number, columns: number): Image => ({ data: Uint8Array.from({ length: rows * columns }, (_, i) => i), rows, columns, channels: 1 })

  it("keeps its proportions when its shorter side is set", () => {
    expect(shorterSide(image(47, 61), 20)).toEqual([20, 25])
    expect(shorterSide(image(61, 47), 20)).toEqual([25, 20])
    expect(shorterSide(image(5, 5), 7)).toEqual([7, 7])
  })

  it("is cropped in the middle; a margin that is not even is smaller before it at 1, larger at 3 pixels, as in torchvision", () => {
    expect([...centreCrop(image(3, 3), [1, 1])?.data ?? []]).toEqual([4])
    expect([...centreCrop(image(1, 4), [1, 3])?.data ?? []]).toEqual([0, 1, 2])
    expect([...centreCrop(image(1, 6), [1, 3])?.data ?? []]).toEqual([2, 3, 4])
    expect(centreCrop(image(3, 3), [4, 3])).toBeUndefined()
  })

  it("becomes planes of values from 0 to 1", () => {
    const into = new Float32Array(6)
    planes({ data: Uint8Array.of(0, 51, 102, 255, 204, 153), rows: 1, columns: 2, channels: 3 }, into)
    expect([...into]).toEqual([0, 1, 0.2, 0.8, 0.4, 0.6].map(Math.fround))
  })

  it.each([
    ["nothing", new Uint8Array(0)],
    ["text", new TextEncoder().encode("not an image")],
    ["the beginning of a PNG", Uint8Array.of(0x89, 80, 78, 71, 13, 10, 26, 10, 0, 0)]
  ])("is refused where there is %s", async (_, bytes) => {
    expect(await Effect.runPromise(Effect.flip(decodeImage(bytes)))).toMatch(/\w/)
  })
})
