/** Reads `summaries`, `figures` and `claims`: what is asked of the tables. */
import type { Field } from "./field.ts"
import { claimKeys, comparisons, figureKeys, marks, paperKeys, summaryKeys } from "./keys.ts"
import type { Claim, Figure, Pipeline, Summary } from "./pipeline.ts"

type Paper = NonNullable<Pipeline["paper"]>

export const readPaper = (field: Field | undefined): Paper | undefined => {
  if (field === undefined) return undefined
  const { arxiv, doi, title, url } = field.known(paperKeys, "a paper has a title and where it is found")
  const texts = { title: title?.text(), arxiv: arxiv?.text(), doi: doi?.text(), url: url?.text() }
  return {
    ...(texts.title === undefined ? {} : { title: texts.title }),
    ...(texts.arxiv === undefined ? {} : { arxiv: texts.arxiv }),
    ...(texts.doi === undefined ? {} : { doi: texts.doi }),
    ...(texts.url === undefined ? {} : { url: texts.url })
  }
}

const query = (field: Field, sql: Field | undefined): string | undefined =>
  sql === undefined ? field.failKey("sql is missing") : sql.filled("a SQL query")

export const readSummaries = (field: Field | undefined): Readonly<Record<string, Summary>> =>
  Object.fromEntries([...field?.entries("summaries are names with a query each") ?? []].flatMap(([name, summary]): ReadonlyArray<[string, Summary]> => {
    if (summary.node.kind === "scalar") {
      const sql = summary.filled("a SQL query")
      return sql === undefined ? [] : [[name, { title: undefined, sql }]]
    }
    const { sql, title } = summary.known(summaryKeys, "a summary is a query, or { title, sql }")
    const text = query(summary, sql)
    return text === undefined ? [] : [[name, { title: title?.text(), sql: text }]]
  }))

export const readFigures = (field: Field | undefined): Readonly<Record<string, Figure>> =>
  Object.fromEntries([...field?.entries("figures are names with { sql, mark, x, y }") ?? []].flatMap(([name, figure]): ReadonlyArray<[string, Figure]> => {
    const { color, mark, sql, title, x, y } = figure.known(figureKeys, "a figure is { sql, mark, x, y }")
    const text = query(figure, sql)
    const across = x === undefined ? figure.failKey("x is missing: the column for the horizontal axis") : x.filled("a column name")
    const up = y === undefined ? figure.failKey("y is missing: the column for the vertical axis") : y.filled("a column name")
    const drawn = mark === undefined ? "line" : mark.oneOf(marks)
    if (text === undefined || across === undefined || up === undefined || drawn === undefined) return []
    return [[name, { sql: text, mark: drawn, x: across, y: up, color: color?.filled("a column name"), title: title?.text() }]]
  }))

export const readClaims = (field: Field | undefined): ReadonlyArray<Claim> => {
  if (field === undefined || field.isNull) return []
  const lines = new Map<string, number>()
  return field.items("claims are a list of { id, source, sql, published, tolerance }").flatMap((claim): ReadonlyArray<Claim> => {
    const { compare, id, published, source, sql, tolerance } = claim.known(claimKeys, "a claim is { id, source, sql, published, tolerance }")
    const name = id === undefined ? claim.fail("id is missing") : id.filled("a name for the claim")
    if (name !== undefined && id !== undefined) {
      const earlier = lines.get(name)
      if (earlier === undefined) lines.set(name, claim.collector.position(id.node.start).line)
      else id.fail(`the claim "${name}" is here twice`, `it is also on line ${earlier}`)
    }
    const from = source === undefined ? claim.fail("source is missing", "say where the paper gives the number") : source.filled("a source")
    const text = sql === undefined ? claim.fail("sql is missing") : sql.filled("a SQL query")
    const number = published === undefined ? claim.fail("published is missing: the number that the paper gives") : published.number("a number")
    const range = tolerance === undefined ? claim.fail("tolerance is missing: how far from the published number counts as reproduced")
      : tolerance.number("a number of at least 0", (value) => value >= 0)
    const how = compare === undefined ? "equal" : compare.oneOf(comparisons)
    if (name === undefined || from === undefined || text === undefined || number === undefined || range === undefined || how === undefined) return []
    return [{ id: name, source: from, sql: text, published: number, tolerance: range, compare: how }]
  })
}
