/** What a run says at its end: where the results lie, and what to try next. */
import { relative } from "node:path"
import { invocation, shellWord } from "./terminal.ts"

export interface NextSteps {
  /** The pipeline's file as the user named it. */
  readonly file: string
  /** A stage with one table, if there is one. */
  readonly table?: string
  readonly hasClaims: boolean
  /** The flags that say where the project and its results are, as `wordsOf` gives them. */
  readonly where?: string
}

/** `store` and `run` are the folders of results and of this run's record. */
export const nextSteps = ({ file, hasClaims, table, where = "" }: NextSteps, store: string, run: string): string => {
  const [reprise, named] = [invocation(), shellWord(file)]
  const tries = [
    ...(table === undefined ? [] : [[`${reprise} query "from ${table} limit 5"${where}`, "the rows behind this"]]),
    [`${reprise} query${where}`, "ask more, interactively"],
    [`${reprise} plan ${named} --set NAME=VALUE${where}`, "what a change would cost"],
    ...(hasClaims ? [[`${reprise} check ${named}${where}`, "the verdicts again"]] : [])
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
