/** Runs leave one store in an archive and arrive whole in another, or not at all. */
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { createHash } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"
import { type Outgoing, readContainer, writeContainer } from "../../src/store/archive/container.ts"
import { contentsOf, textFile } from "../../src/store/archive/contents.ts"
import { manifestText } from "../../src/store/archive/manifest.ts"
import { headerFile, manifestFile, placeOf } from "../../src/store/archive/places.ts"
import { readArchive, type Imported } from "../../src/store/archive/read.ts"
import { writeArchive } from "../../src/store/archive/write.ts"
import { storePaths } from "../../src/store/paths.ts"
import { readRun } from "../../src/store/runs.ts"
import { Store } from "../../src/store/store.ts"
import { verifyStore } from "../../src/store/verify.ts"
import { makeRun } from "./made-run.ts"
import { sha256 } from "./support.ts"

let folder: string
let from: string
let run: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "reprise-archive-"))
  from = join(folder, "from")
  run = await makeRun(from)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const exportTo = (output: string, options: { readonly mostBytes?: number; readonly overwrite?: boolean; readonly store?: string } = {}) => {
  const paths = storePaths(options.store ?? from)
  const record = readRun(paths, run)
  if (record === undefined) throw new Error("the run is gone")
  const project = join(folder, "project")
  mkdirSync(join(project, "stages", "made"), { recursive: true })
  writeFileSync(join(project, "stages", "made", "make.ts"), "export default 1\n")
  return Effect.runPromise(Effect.suspend(() => writeArchive(contentsOf(paths, record, { mostBytes: options.mostBytes ?? Infinity }), {
    project: { folder: project, files: ["stages/made/make.ts"] },
    output: join(folder, output),
    overwrite: options.overwrite ?? false,
    reprise: "1.2.3",
    license: "https://creativecommons.org/licenses/by/4.0/",
    created: new Date("2026-11-22T00:00:00Z")
  })))
}

const importFrom = (archive: string, options: { readonly into?: string; readonly unpack?: string } = {}): Promise<Imported> =>
  Effect.runPromise(readArchive({ archive: join(folder, archive), unpack: options.unpack === undefined ? undefined : join(folder, options.unpack) }).pipe(
    Effect.provide(Store.layer(join(folder, options.into ?? "into")))
  ))

/** Every file under a folder with its bytes, by its path in it. */
const snapshot = (root: string): Readonly<Record<string, string>> =>
  existsSync(root) ? Object.fromEntries(readdirSync(root, { recursive: true, encoding: "utf8" }).sort().flatMap((name) =>
    statSync(join(root, name)).isFile() ? [[name, readFileSync(join(root, name), "hex")]] : [])) : {}

/** The files of an archive, in order. */
const filesOf = async (archive: string): Promise<ReadonlyArray<Outgoing>> => {
  const files: Array<Outgoing> = []
  await Effect.runPromise(readContainer(join(folder, archive), (file) =>
    Effect.gen(function*() {
      const chunks: Array<Uint8Array> = []
      yield* file.each((chunk) => void chunks.push(chunk.slice()))
      files.push({ path: file.path, bytes: file.bytes, digest: "", content: { data: Buffer.concat(chunks) } })
    })))
  return files
}
const dataOf = ({ content }: Outgoing): Buffer => Buffer.from("data" in content ? content.data : [])

const write = (archive: string, files: Iterable<Outgoing>) =>
  Effect.runPromise(writeContainer(join(folder, archive), archive, files, new Date(0)))

/** An archive as it would be if the change had been there from the start: header and manifest fit it. */
const forge = async (change: (files: ReadonlyArray<Outgoing>) => ReadonlyArray<Outgoing>): Promise<void> => {
  await exportTo("honest.tar", { overwrite: true })
  const [header, , ...rest] = await filesOf("honest.tar")
  const changed = change(rest).map((file) => ({ ...file, digest: createHash("sha256").update(dataOf(file)).digest("hex") }))
  const told: Record<string, unknown> = header === undefined ? {} : JSON.parse(dataOf(header).toString("utf8"))
  const first = textFile(headerFile, JSON.stringify({ ...told, files: changed.length + 1, bytes: changed.reduce((sum, { bytes }) => sum + bytes, 100_000) }))
  await write("forged.tar", [first, textFile(manifestFile, manifestText([first, ...changed])), ...changed])
}

/** That an import fails with these words and leaves nothing: no run, no object, nothing beside the store. */
const refused = async (archive: string, words: RegExp) => {
  const before = readdirSync(folder).sort()
  const error: unknown = await importFrom(archive, { unpack: "unpacked" }).then(() => undefined, (cause: unknown) => cause)
  assert.instanceOf(error, Error, "it was taken")
  if (error instanceof Error) assert.match(error.message, words)
  assert.deepStrictEqual(Object.keys(snapshot(join(folder, "into"))).filter((name) => name !== "store.json"), [])
  rmSync(join(folder, "into"), { recursive: true, force: true })
  assert.deepStrictEqual(readdirSync(folder).sort(), before)
}

describe("an archive", () => {
  it.each(["run.tar.gz", "run.tar.zst", "run.tar"])("carries a run whole: %s", async (archive) => {
    const written = await exportTo(archive)
    assert.deepInclude(written, { objects: 3, leftOut: 0, projectFiles: 2 })
    const imported = await importFrom(archive)
    assert.deepInclude(imported, { known: false, objects: 3, newObjects: 3, actions: 2, newActions: 2, withoutResults: 0 })
    const [there, here] = [snapshot(from), snapshot(join(folder, "into"))]
    assert.deepStrictEqual(here, there)
    assert.deepStrictEqual(verifyStore(storePaths(join(folder, "into"))).damages, [])
  })

  it("is the same for the same run, so that it can be compared", async () => {
    await exportTo("a.tar.gz")
    await exportTo("b.tar.gz")
    assert.isTrue(readFileSync(join(folder, "a.tar.gz")).equals(readFileSync(join(folder, "b.tar.gz"))))
  })

  it("is not written over a file that is there unless told to, and leaves no half one", async () => {
    writeFileSync(join(folder, "run.tar"), "mine")
    await exportTo("run.tar").then(() => assert.fail("it was overwritten"), (error: unknown) => assert.match(String(error), /is there already/))
    assert.strictEqual(readFileSync(join(folder, "run.tar"), "utf8"), "mine")
    await exportTo("run.tar", { overwrite: true })
    assert.strictEqual((await importFrom("run.tar")).run.id, run)
    assert.deepStrictEqual(readdirSync(folder).filter((name) => name.includes(".part")), [])
  })

  it("is not made of a store that is damaged", async () => {
    const paths = storePaths(from)
    const object = paths.object(sha256("the left text"))
    chmodSync(object, 0o644)
    writeFileSync(object, "the LEFT text")
    await exportTo("run.tar").then(() => assert.fail("it was written"), (error: unknown) => assert.match(String(error), /damaged/))
    rmSync(object)
    await exportTo("run.tar").then(() => assert.fail("it was written"), (error: unknown) => assert.match(String(error), /is not there/))
    assert.isFalse(existsSync(join(folder, "run.tar")))
  })

  it("brings back what a store has lost, and leaves alone what it has", async () => {
    await exportTo("run.tar.gz")
    await importFrom("run.tar.gz")
    const paths = storePaths(join(folder, "into"))
    const before = snapshot(join(folder, "into"))
    rmSync(paths.object(sha256("the left text")))
    const again = await importFrom("run.tar.gz")
    assert.deepInclude(again, { known: true, newObjects: 1, newActions: 0 })
    assert.deepStrictEqual(snapshot(join(folder, "into")), before)
  })

  it("may leave out large results: their tasks count as not run, and nothing is damaged", async () => {
    const written = await exportTo("small.tar.gz", { mostBytes: 13 })
    assert.deepInclude(written, { objects: 1, leftOut: 2 })
    const imported = await importFrom("small.tar.gz")
    assert.deepInclude(imported, { newObjects: 1, newActions: 0, withoutResults: 2 })
    assert.deepStrictEqual(verifyStore(storePaths(join(folder, "into"))).damages, [])
    await exportTo("none.tar.gz", { mostBytes: -1 })
    assert.deepInclude(await importFrom("none.tar.gz", { into: "none" }), { newObjects: 0, withoutResults: 2 })
  })

  it("gives the project's files into a new folder, and into no other", async () => {
    await exportTo("run.tar.gz")
    await importFrom("run.tar.gz", { unpack: "review" })
    assert.deepStrictEqual(Object.keys(snapshot(join(folder, "review"))), ["pipelines/made.yaml", "stages/made/make.ts"])
    assert.match(readFileSync(join(folder, "review", "pipelines", "made.yaml"), "utf8"), /^name: made/)
    await importFrom("run.tar.gz", { unpack: "review" }).then(() => assert.fail("it was overwritten"), (error: unknown) => assert.match(String(error), /not empty/))
  })
})

describe("an archive is refused", () => {
  const hostile = [
    "../evil", "/tmp/evil", "results/objects/../../../evil", "results/runs/../evil/run.json", "C:\\evil", "project/a\\..\\b", "project/../../evil",
    "project/.git/hooks/post-checkout", "project/con", "results/store.json/x", "evil", "results/runs/latest/run.json", "project/a\u0007b", "project//a"
  ]
  it("that has a file where none belongs", async () => {
    assert.deepStrictEqual(hostile.map(placeOf).filter((place) => place !== undefined), [])
    for (const path of hostile.slice(0, 4)) {
      await forge((files) => [...files, textFile(path, "evil")])
      await refused("forged.tar", /no archive of a run/)
    }
  })

  it("that has links or devices", async () => {
    await exportTo("honest.tar")
    const files = await filesOf("honest.tar")
    for (const extra of [Tar.symlink("project/a", "../../.."), Tar.hardlink("project/a", "/etc/passwd"), { ...Tar.directory("project/a"), header: { ...Tar.directory("project/a").header, path: "project/a", type: "Fifo" as const } }]) {
      const entries = [...files.map((file): Tar.Entry => Tar.file(file.path, dataOf(file))), extra]
      const chunks = await Effect.runPromise(Stream.fromIterable(entries).pipe(Stream.pipeThroughChannel(Tar.encode()), Stream.runCollect))
      writeFileSync(join(folder, "forged.tar"), Buffer.concat(chunks))
      await refused("forged.tar", /link or a device/)
    }
  })

  it("that has a file twice", async () => {
    await exportTo("honest.tar")
    const files = await filesOf("honest.tar")
    const last = files.at(-1)
    await write("forged.tar", last === undefined ? files : [...files, last])
    await refused("forged.tar", /twice|more in it/)
  })

  it("that has more bytes than it says, before they are read", async () => {
    await exportTo("honest.tar")
    const files = await filesOf("honest.tar")
    const bomb = { path: "project/zeros", bytes: 1 << 24, digest: "", content: { data: new Uint8Array(1 << 24) } }
    await write("bomb.tar.gz", [...files, bomb])
    assert.isBelow(statSync(join(folder, "bomb.tar.gz")).size, 1 << 18)
    await refused("bomb.tar.gz", /more in it than it says/)
  })

  it("that would not fit on the disk", async () => {
    await exportTo("honest.tar")
    const [header, ...rest] = await filesOf("honest.tar")
    const told: Record<string, unknown> = header === undefined ? {} : JSON.parse(dataOf(header).toString("utf8"))
    await write("forged.tar", [textFile(headerFile, JSON.stringify({ ...told, bytes: 2 ** 52 })), ...rest])
    await refused("forged.tar", /has room for/)
  })

  it("that is cut off, wherever that is", async () => {
    for (const archive of ["run.tar", "run.tar.gz", "run.tar.zst"]) {
      await exportTo(archive)
      const bytes = readFileSync(join(folder, archive))
      // A tar file ends in blocks of zeros, of which programs need none.
      const end = archive === "run.tar" ? bytes.length - 1024 : bytes.length
      for (let cut = 0; cut < end; cut += Math.ceil(end / 5)) {
        writeFileSync(join(folder, "cut.tar"), bytes.subarray(0, cut))
        await refused("cut.tar", /damaged|not whole|ends too early/)
      }
    }
  })

  it("that has a flipped bit, unless the bit says nothing", async () => {
    await exportTo("run.tar")
    const bytes = readFileSync(join(folder, "run.tar"))
    const whole = snapshot(from)
    let kept = 0
    const step = 2503
    for (let at = 0; at < bytes.length; at += step) {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8((flipped[at] ?? 0) ^ 0x10, at)
      writeFileSync(join(folder, "flipped.tar"), flipped)
      const taken = await importFrom("flipped.tar").then(() => true, () => false)
      const here = snapshot(join(folder, "into"))
      if (taken) {
        assert.deepStrictEqual(here, whole, `byte ${at}`)
        kept++
      } else assert.deepStrictEqual(Object.keys(here).filter((name) => name !== "store.json"), [], `byte ${at}`)
      rmSync(join(folder, "into"), { recursive: true, force: true })
    }
    assert.isBelow(kept, bytes.length / step, "padding says nothing, the rest does")
  })

  it("whose files are not those of the manifest", async () => {
    await exportTo("honest.tar")
    const files = await filesOf("honest.tar")
    await write("forged.tar", files.filter(({ path }) => !path.endsWith("plan.json")))
    await refused("forged.tar", /not whole: .*plan.json/)
    await write("forged.tar", [...files.slice(0, -1), textFile("project/more.txt", ""), ...files.slice(-1)])
    await refused("forged.tar", /does not list|more in it/)
    await write("forged.tar", files.filter(({ path }) => path !== manifestFile))
    await refused("forged.tar", /has to come before/)
  })

  it("whose records say other than they may", async () => {
    const edit = (name: RegExp, change: (text: string) => string) =>
      forge((files) => files.map((file) => (name.test(file.path) ? textFile(file.path, change(dataOf(file).toString("utf8"))) : file)))
    await edit(/actions\//, (text) => text.replace("\"stage\":\"made/make\"", "\"stage\":\"made/other\""))
    await refused("forged.tar", /not the record of the task/)
    await edit(/tasks\.ndjson/, (text) => text.replace(sha256("the left text"), "../../../../etc/passwd"))
    await refused("forged.tar", /tasks.ndjson/)
    await edit(/tasks\.ndjson/, (text) => text.replace("\"use-2\"", "\"../../use-2\""))
    await refused("forged.tar", /tasks.ndjson/)
    await edit(/run\.json/, (text) => text.replace("\"failed\"", "\"running\""))
    await refused("forged.tar", /no whole record/)
    await edit(/run\.json/, (text) => text.replace(run, "20200101-000000-other-0000"))
    await refused("forged.tar", /no whole record/)
  })

  it("that is of a later format, or nothing of the kind", async () => {
    await write("later.tar", [textFile(headerFile, JSON.stringify({ format: 2 }))])
    await refused("later.tar", /format 2/)
    writeFileSync(join(folder, "text.tar.gz"), "hello")
    await refused("text.tar.gz", /no archive|damaged/)
    await refused("absent.tar.gz", /There is no file/)
    await refused("from", /is a folder/)
  })

  it("when the store has another run of that name", async () => {
    await exportTo("run.tar")
    await importFrom("run.tar")
    const record = storePaths(join(folder, "into")).run(run).record
    writeFileSync(record, readFileSync(record, "utf8").replace("\"n=7\"", "\"n=8\""))
    const before = snapshot(join(folder, "into"))
    await importFrom("run.tar").then(() => assert.fail("it was merged"), (error: unknown) => assert.match(String(error), /another run/))
    assert.deepStrictEqual(snapshot(join(folder, "into")), before)
  })
})
