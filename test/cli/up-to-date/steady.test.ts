/** Which queries give the same answer as long as their pipeline's results are the same, as DuckDB's own catalogue has it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parse } from "yaml"
import { steadiness } from "../../../src/cli/up-to-date/steady.ts"
import { openDatabase } from "../../../src/query/database.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const database = openDatabase({ store: join(root, "no-such-store"), selection: { kind: "tasks", pipeline: "p", tasks: [] } })

/** Every SQL text of a pipeline's summaries and claims. */
const queriesOf = (file: string): ReadonlyArray<string> => {
  const { claims = [], summaries = {} }: { readonly claims?: ReadonlyArray<{ readonly sql: string }>; readonly summaries?: Readonly<Record<string, { readonly sql: string }>> } =
    parse(readFileSync(file, "utf8"))
  return [...Object.values(summaries), ...claims].map(({ sql }) => sql)
}

describe("a query is steady", () => {
  it.effect("where it takes results and computes", () => Effect.gen(function*() {
    const steady = [
      "select avg(accuracy) from student where d = 100",
      "with best as (select seed, max(a) as a from s group by all) select corr(a, seed), arg_max(a, seed), round(sqrt(sum(a)), 3) from best join t using (seed) order by 1 limit 5",
      "select sample, random, count(*) as runs from (select 'random()' as random, seed as sample from s) join t using (sample) -- not from runs, nor now()",
      "with runs as (select seed, max(a) as a from s group by all) select avg(a) from runs",
      "select count(*) filter (verdict = 'proved') / count(*), string_agg(name, ', ' order by name), median(x) over (partition by n) from stat"
    ]
    const isSteady = yield* steadiness(yield* database)
    for (const query of steady) assert.isTrue(isSteady(query), query)
  }))

  it.effect("as those of the quickstart are", () => Effect.gen(function*() {
    const queries = queriesOf(join(root, "pipelines", "quickstart.yaml"))
    assert.isAbove(queries.length, 5)
    const isSteady = yield* steadiness(yield* database)
    for (const query of queries) assert.isTrue(isSteady(query), query)
  }))

  it.effect("but not where chance, time, the store's own tables or anything from outside comes in", () => Effect.gen(function*() {
    const unsteady = [
      "select random()", "select Now()", "select current_date", "select CURRENT_TIMESTAMP", "select localtime", "select uuid()", "select * from s using sample 3",
      "select * from s tablesample reservoir(10%)", "select count(*) from runs", "from tasks", "select * from metrics", "from params", "from main.claims", "from duckdb_settings()",
      "select * from s where x > (select avg(seconds) from Tasks)", "select getenv('HOME'), txid_current()", "select age(t), ago(interval 1 day) from s", "select \"random\"()",
      "select random /* a comment */ ()", "select e'\\'' || random() || ''", "select $$'$$, random()", "from \"runs\"", "select * from s, runs", "with s as (from runs) from s", "select * from range(3)"
    ]
    const isSteady = yield* steadiness(yield* database)
    for (const query of unsteady) assert.isFalse(isSteady(query), query)
  }))
})
