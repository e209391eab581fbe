/** What a run says at its end: where the results lie, and what to try next. */
import { relative } from "node:path"
import { invocation } from "./terminal.ts"

export interface NextSteps {
  /** The pipeline's file as the user named it. */
  readonly file: string
  /** A stage with one table, if there is one. */
  readonly table?: string
  readonly hasClaims: boolean
}

/** `store` and `run` are the folders of results and of this run's record. */
export const nextSteps = ({ file, hasClaims, table }: NextSteps, store: string, run: string): string => {
  const reprise = invocation()
  const tries = [
    ...(table === undefined ? [] : [[`${reprise} query "from ${table} limit 5"`, "the rows behind this"]]),
    [`${reprise} query`, "ask more, interactively"],
    [`${reprise} plan ${file} --set NAME=VALUE`, "what a change would cost"],
    ...(hasClaims ? [[`${reprise} check ${file}`, "the verdicts again"]] : [])
  ]
  const width = Math.max(...tries.map(([command = ""]) => command.length))
  return [
    `Results: ${shown(store)} (this run: ${shown(run)})`,
    "Next:",
    ...tries.map(([command = "", about = ""]) => `  ${command.padEnd(width)}  # ${about}`)
  ].join("\n")
}

const shown = (path: string): string => {
  const here = relative(process.cwd(), path)
  return here.startsWith("..") ? path : here === "" ? "." : here
}
