/** The claims that pipelines made when they last ran, from the text that their runs recorded. */
import { parse } from "yaml"
import { readJsonFile } from "../store/json-file.ts"
import type { StorePaths } from "../store/paths.ts"
import type { RunWithTasks } from "./catalog.ts"
import type { Row, StoreTable } from "./store-tables.ts"

const hasText = (value: unknown): value is { readonly text: string } =>
  typeof value === "object" && value !== null && "text" in value && typeof value.text === "string"

/** The claims in a pipeline's text; it was checked before it ran, so what does not look like one is passed over. */
const claimsIn = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  let file: unknown
  try {
    file = parse(text, { maxAliasCount: 100 })
  } catch {
    return []
  }
  const claims = typeof file === "object" && file !== null && "claims" in file ? file.claims : []
  return Array.isArray(claims) ? claims.filter((claim) => typeof claim === "object" && claim !== null && typeof claim.id === "string") : []
}

const textOrNull = (value: unknown): string | null => typeof value === "string" ? value : null
const numberOrNull = (value: unknown): number | null => typeof value === "number" ? value : null

/** Of each pipeline, its latest run's. */
export const claimRows: StoreTable["rows"] = (all: ReadonlyArray<RunWithTasks>, paths: StorePaths): ReadonlyArray<Row> => {
  const latest = new Map(all.toSorted((a, b) => a.record.startedAt - b.record.startedAt).map(({ record }) => [record.pipeline, record]))
  return [...latest.values()].flatMap(({ id, pipeline }) =>
    claimsIn(readJsonFile(paths.run(id).plan, hasText)?.text ?? "").map((claim) => ({
      run: id, pipeline, id: claim["id"], source: textOrNull(claim["source"]), sql: textOrNull(claim["sql"]),
      published: numberOrNull(claim["published"]), tolerance: numberOrNull(claim["tolerance"]), compare: textOrNull(claim["compare"]) ?? "equal"
    })))
}
