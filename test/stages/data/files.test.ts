/** Reading what NumPy, pickle and the CIFAR archives write. */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import cifar from "../../../stages/data/cifar.ts"
import { parseBinary, parsePython } from "../../../stages/data/lib/cifar.ts"
import { openNpy, parseNpz } from "../../../stages/data/lib/npy.ts"
import { parseTar } from "../../../stages/data/lib/tar.ts"
import npy from "../../../stages/data/npy.ts"
import { bytesSource } from "../../../src/table/byte-source.ts"
import { attemptStage, runStage, temporaryFolder } from "../run-stage.ts"

const noNumpy = spawnSync("/usr/bin/python3", ["-c", "import numpy"]).status !== 0
let once: string | undefined
afterAll(() => rmSync(once ?? "", { recursive: true, force: true }))
/** A folder with all the files, for a test's own. */
const written = () => {
  if (once === undefined) {
    once = mkdtempSync(join(tmpdir(), "reprise-numpy-"))
    execFileSync("/usr/bin/python3", [join(import.meta.dirname, "numpy_files.py"), once])
  }
  const folder = temporaryFolder()
  cpSync(once, folder, { recursive: true })
  return folder
}
const numbers = (n: number, times = 1) => Array.from({ length: n }, (_, i) => i * times)

describe.skipIf(noNumpy)("what NumPy writes", () => {
  it("is read from archives, stored or deflated, and from single files", async () => {
    const project = written()
    const plain = (await runStage(npy, { file: "plain.npz" }, { project })).dataset("data")
    expect([[...plain.x], [...plain.y], plain.shape]).toEqual([numbers(24), [1, -1], [3, 4]])
    const packed = (await runStage(npy, { file: "packed.npz", x: "images", y: "labels", channels: "none", scale: 2, limit: 1 }, { project })).dataset("data")
    expect([[...packed.x], [...packed.y], packed.shape]).toEqual([numbers(12, 2), [3], [1, 3, 4]])
    const single = (await runStage(npy, { file: "x.npy", label_file: "y.npy", channels: "last" }, { project })).dataset("data")
    expect(single.shape).toEqual([2, 2, 3])
    expect([...single.x].slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5])
    expect([...single.x].slice(6, 12)).toEqual([0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
  })

  it("is refused with a reason where it cannot be read", async () => {
    const project = written()
    const problem = (name: string, bytes = Infinity) => openNpy(bytesSource(name, Uint8Array.from(readFileSync(join(project, name)).subarray(0, bytes))))
    expect(problem("fortran.npy")).toMatch(/Fortran order/)
    expect(problem("complex.npy")).toMatch(/type <c8/)
    expect(problem("y.npy", 130)).toMatch(/ends before/)
    const { error } = await attemptStage(npy, { file: "plain.npz", x: "pictures" }, { project })
    expect(error?.message).toMatch(/The array pictures of plain.npz; the archive has x, y cannot be read: it is not there/)
    const twoFiles = await attemptStage(npy, { file: "x.npy", label_file: "x.npy" }, { project })
    expect(twoFiles.error?.message).toMatch(/do not belong together/)
  })

  it("is read in pieces where it is large", async () => {
    const { shape, x, y } = (await runStage(npy, { file: "large.npy", label_file: "large_y.npy", channels: "none" }, { project: written() })).dataset("data")
    expect([shape, y.length, x.length]).toEqual([[1, 60, 60], 700, 2_520_000])
    expect(x.every((value, i) => value === i % 65_536)).toBe(true)
  })

  it.each(["tar.gz", "tar"])("is read from CIFAR's archive as it is published, a %s, with either kind of label", async (form) => {
    const project = written()
    const params = { set: "cifar-100", archive: `cifar-100-python.${form}`, check: false }
    expect([...(await runStage(cifar, params, { project })).dataset("data").y]).toEqual([99, 0])
    expect([...(await runStage(cifar, { ...params, labels: "coarse", split: "test" }, { project })).dataset("data").y]).toEqual([19, 4])
    const other = await attemptStage(cifar, { ...params, check: true }, { project })
    expect(other.error?.message).toMatch(/is not the published file: its MD5 is [0-9a-f]{32}, expected eb9058c3a382ffc7106e4002c42a8d85 or /)
    const wrong = await attemptStage(cifar, { ...params, set: "cifar-10" }, { project })
    expect(wrong.error?.message).toMatch(/it has no file data_batch_1, only train, test/)
  })

  it.each(["plain.npz", "packed.npz", "x.npy", "fine.2", "fine.4", "cifar-100-python.tar.gz", "cifar-100-python.tar"])("is refused with a reason where %s was cut short, wherever that was", (name) => {
    const bytes = Uint8Array.from(readFileSync(join(written(), name)))
    const read = (part: Uint8Array<ArrayBuffer>): unknown =>
      name.endsWith("npz") ? parseNpz(part) : name.endsWith("npy") ? openNpy(bytesSource(name, part)) : name.includes("tar") ? parseTar(part) : parsePython(part)
    expect(read(bytes)).not.toBeTypeOf("string")
    for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 150)) {
      const found = read(bytes.slice(0, length))
      // An archive may end after any of its files.
      if (!(found instanceof Map)) expect(found).toMatch(/\w/)
      else expect(found.size).toBeLessThan(3)
    }
  })

  it.each([2, 4])("as CIFAR's batches, by pickle's protocol %i", async (protocol) => {
    const project = written()
    const folder = join(project, "cifar")
    mkdirSync(folder)
    for (const name of ["test_batch", ...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}`)]) renameSync(join(project, `${name}.${protocol}`), join(folder, name))
    const data = (await runStage(cifar, { folder: "cifar", check: false, limit: 9 }, { project })).dataset("data")
    expect([...data.y]).toEqual([6, 9, 6, 9, 6, 9, 6, 9, 6])
    expect(data.shape).toEqual([3, 32, 32])
    expect([data.x[0], data.x[1], data.x[250], data.x[251]]).toEqual([0, 1 / 255, 250 / 255, 0].map(Math.fround))
    const fine = parsePython(readFileSync(join(project, `fine.${protocol}`)))
    expect(typeof fine === "string" ? fine : fine.labels).toEqual([99, 300])
    const { error } = await attemptStage(cifar, { folder: "cifar" }, { project })
    expect(error?.message).toMatch(/data_batch_1 is not the published file: its MD5 is [0-9a-f]{32}, expected c99cafc152244af753f735de768cd75f/)
  })
})

describe("CIFAR's binary files", () => {
  it("have a label, or a coarse and a fine one, before each image", async () => {
    const record = (...labels: ReadonlyArray<number>) => Uint8Array.from([...labels, ...numbers(3072).map((i) => (i + (labels[0] ?? 0)) % 256)])
    const ten = parseBinary(Uint8Array.from([...record(3), ...record(8)]), "cifar-10")
    expect(typeof ten === "string" ? ten : [ten.labels, ten.pixels.length, ten.pixels[0], ten.pixels[3072]]).toEqual([[3, 8], 6144, 3, 8])
    const hundred = parseBinary(record(1, 77), "cifar-100")
    expect(typeof hundred === "string" ? hundred : hundred.labels).toEqual([77])
    expect(parseBinary(new Uint8Array(100), "cifar-10")).toMatch(/no whole number of images/)
    const project = temporaryFolder()
    writeFileSync(join(project, "test_batch.bin"), record(5))
    expect([...(await runStage(cifar, { folder: ".", split: "test" }, { project })).dataset("data").y]).toEqual([5])
  })

  it("are asked for by their place", async () => {
    const { error } = await attemptStage(cifar, {}, { project: temporaryFolder() })
    expect(error?.message).toBe("Either `archive` or `folder` says where the set is.")
  })

  it("are named when they are not there", async () => {
    const { error } = await attemptStage(cifar, { folder: "nowhere" }, { project: temporaryFolder() })
    expect(error?.message).toMatch(/No file at .*nowhere\/data_batch_1/)
  })
})

describe("a damaged pickle", () => {
  it("is named, and calls nothing", () => {
    expect(parsePython(Uint8Array.of(0x80, 2, 0xff))).toMatch(/opcode 0xff at byte 2/)
    expect(parsePython(new TextEncoder().encode("cos\nsystem\n(U\x02lstR."))).toMatch(/no dictionary/)
  })
})
