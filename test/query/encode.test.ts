import { assert, describe, it } from "@effect/vitest"
import { DuckDBInstance } from "@duckdb/node-api"
import { tableFromIPC } from "apache-arrow"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "../../src/query/database.ts"
import { encodeResult } from "../../src/query/encode.ts"

const sql = "select range as i, range / 3 as x, if(range = 1, null, 'text ' || range) as s, [range, null] as l, make_timestamp_ms(range) as t, sum(range) over () as total, {'a': range} as o, range as i from range(3)"

describe("an answer for another program", () => {
  it.effect("as Arrow and as Parquet", () =>
    Effect.gen(function*() {
      const folder = mkdtempSync(join(tmpdir(), "reprise-encode-"))
      const result = yield* Effect.scoped(Effect.flatMap(openDatabase({ store: folder, selection: { kind: "all" } }), (database) => database.query(sql)))
      const table = tableFromIPC(yield* encodeResult(result, "arrow"))
      assert.strictEqual(table.schema.fields.map((field) => `${field.name} ${field.type}`).join(", "),
        "i Int64, x Float64, s Utf8, l List<Int64>, t Timestamp<MILLISECOND, UTC>, total Float64, o Utf8, i_2 Int64")
      assert.deepStrictEqual(table.getChild("s")?.toArray(), ["text 0", null, "text 2"])
      assert.strictEqual(table.getChild("o")?.get(2), "{\"a\":2}")

      const parquet = join(folder, "answer.parquet")
      writeFileSync(parquet, yield* encodeResult(result, "parquet"))
      const rows = yield* Effect.promise(async () => {
        const connection = await (await DuckDBInstance.create(":memory:")).connect()
        return (await connection.runAndReadAll(`select i, x, s, l, epoch_ms(t), total, o from '${parquet}' order by i`)).getRowsJson()
      })
      assert.deepStrictEqual(rows, [["0", 0, "text 0", ["0", null], "0", 3, "{\"a\":0}"], ["1", 1 / 3, null, ["1", null], "1", 3, "{\"a\":1}"], ["2", 2 / 3, "text 2", ["2", null], "2", 3, "{\"a\":2}"]])
      rmSync(folder, { recursive: true })
    }))
})
