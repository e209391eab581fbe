import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readRunHeads } from "../../src/query/run-heads.ts"
import { madeStore } from "./made-store.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reprise-heads-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const idOf = (number: number) => `20260101-${String(number).padStart(6, "0")}-p-0000`

describe("heads of runs", () => {
  it("come from the index where there are many, and say the same as the records", () => {
    const store = madeStore(folder)
    const index = join(folder, "index", "runs.json")
    for (let number = 0; number < 3; number++) store.run({ id: idOf(number), startedAt: number, tasks: [] })
    const few = readRunHeads(store.paths)
    assert.deepStrictEqual(few, [0, 1, 2].map((number) => ({ id: idOf(number), pipeline: "p", startedAt: number, finished: true })))
    assert.isFalse(existsSync(index), "three are read as fast")

    for (let number = 3; number < 250; number++) store.run({ id: idOf(number), startedAt: number, tasks: [] })
    store.run({ id: idOf(250), startedAt: 250, status: "running", tasks: [] })
    const read = readRunHeads(store.paths)
    assert.lengthOf(read, 251)
    assert.isTrue(existsSync(index))
    assert.deepStrictEqual(readRunHeads(store.paths), read)

    // A run that has ended since, one that is gone, one that is new.
    store.run({ id: idOf(250), startedAt: 250, tasks: [] })
    rmSync(store.paths.run(idOf(0)).folder, { recursive: true })
    store.run({ id: idOf(251), startedAt: 251, pipeline: "q", tasks: [] })
    const later = readRunHeads(store.paths)
    assert.deepStrictEqual(later.map(({ id }) => id), Array.from({ length: 251 }, (_, at) => idOf(at + 1)))
    assert.deepStrictEqual(later.at(-2), { id: idOf(250), pipeline: "p", startedAt: 250, finished: true })
    rmSync(join(folder, "index"), { recursive: true })
    assert.deepStrictEqual(readRunHeads(store.paths), later, "with the index or without")
  })

  it("do without an index that is damaged, and without one that cannot be written", () => {
    const store = madeStore(folder)
    for (let number = 0; number < 210; number++) store.run({ id: idOf(number), startedAt: number, tasks: [] })
    const right = readRunHeads(store.paths)
    for (const text of ["{", "{\"version\":1,\"runs\":[[1,2,3]]}"]) {
      writeFileSync(join(folder, "index", "runs.json"), text)
      assert.deepStrictEqual(readRunHeads(store.paths), right)
    }
    rmSync(join(folder, "index"), { recursive: true })
    writeFileSync(join(folder, "index"), "a file")
    assert.deepStrictEqual(readRunHeads(store.paths), right)
  })
})
