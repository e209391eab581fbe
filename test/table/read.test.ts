import { assert, describe, it } from "vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { Dictionary, Int8, Int32, Struct, Table, tableFromArrays, tableToIPC, Utf8, vectorFromArray } from "apache-arrow"
import { TableError } from "../../src/table/error.ts"
import { readTable } from "../../src/table/read.ts"
import { openTableWriter } from "../../src/table/write.ts"
import { temporaryFolder } from "./folder.ts"

describe("reading a table", () => {
  const at = temporaryFolder()
  const attempt = (path: string): unknown => {
    try {
      return readTable(path)
    } catch (error) {
      return error
    }
  }

  it("says what is wrong with a file that is none", () => {
    writeFileSync(at("text.csv"), "a,b\n1,2\n")
    assert.throws(() => readTable(at("text.csv")), TableError, "this is not an Arrow IPC file (or it was cut short)")
    assert.throws(() => readTable(at("none.arrow")), TableError, "ENOENT")
    writeFileSync(at("empty"), "")
    assert.throws(() => readTable(at("empty")), TableError, "not an Arrow IPC file")
  })

  it("names the column of a type that our tables do not have", () => {
    const table = new Table({ fine: vectorFromArray([1], new Int32()), odd: vectorFromArray([{ a: 1 }], new Struct([])) })
    writeFileSync(at("struct.arrow"), tableToIPC(table, "file"))
    assert.throws(() => readTable(at("struct.arrow")), TableError, 'column "odd" cannot be read: its type is Arrow\'s Struct')
    writeFileSync(at("int8.arrow"), tableToIPC(tableFromArrays({ x: Int8Array.from([1]) }), "file"))
    assert.throws(() => readTable(at("int8.arrow")), TableError, 'column "x" cannot be read: its type is Arrow\'s Int8')
  })

  it("takes dictionaries with narrow indices, as other tools write them", () => {
    const kind = vectorFromArray(["a", "b", null, "a"], new Dictionary(new Utf8(), new Int8()))
    writeFileSync(at("dictionary.arrow"), tableToIPC(new Table({ kind }), "file"))
    assert.deepEqual(readTable(at("dictionary.arrow")).columns["kind"], ["a", "b", null, "a"])
  })

  it("survives any damage: it is read or refused, never more", () => {
    const writer = openTableWriter(at("whole.arrow"), {
      x: { type: "float64" }, s: { type: "utf8", nullable: true }, k: { type: "category" }, l: { type: "list", item: { type: "int32" } }, f: { type: "fixedList", item: { type: "bool" }, size: 3 }
    })
    writer.append([{ x: 1, s: "one", k: "a", l: [1, 2], f: [true, false, true] }, { x: 2, s: null, k: "b", l: [], f: [true, true, true] }])
    writer.close()
    const whole = readFileSync(at("whole.arrow"))
    let refused = 0
    const judge = (bytes: Uint8Array, what: string): void => {
      writeFileSync(at("damaged.arrow"), bytes)
      const outcome = attempt(at("damaged.arrow"))
      if (outcome instanceof Error) {
        assert.instanceOf(outcome, TableError, `${what}: ${outcome.stack ?? ""}`)
        refused++
      }
    }
    for (let length = 0; length < whole.length; length += 31) judge(whole.subarray(0, length), `cut at ${length}`)
    assert.strictEqual(refused, Math.ceil(whole.length / 31), "no file that was cut short is taken")
    for (let i = 0; i < whole.length; i += 3) {
      const bytes = Uint8Array.from(whole)
      bytes[i] = [0, 255, (whole[i] ?? 0) ^ 0x40][(i / 3) % 3] ?? 0
      judge(bytes, `byte ${i} = ${bytes[i]}`)
    }
  })
})
