/** Why tasks would or would not run, in words, those that are alike together. Pure. */
import type { Reason } from "../plan/reason.ts"
import { describePoint } from "../run/events.ts"
import type { ResolvedTask } from "../run/resolve.ts"
import { columns, count } from "./columns.ts"

export const reasonText = (reason: Reason): string => {
  switch (reason.kind) {
    case "cached":
      return `cached (${reason.run} on ${reason.host}${reason.commit === null ? "" : `, commit ${reason.commit.slice(0, 8)}`}${reason.accepted === undefined ? "" : `; changed code accepted: ${reason.accepted}`})`
    case "new":
      return "new"
    case "changed":
      return reason.field.startsWith("code") || reason.field.startsWith("input")
        ? `${reason.field} ${reason.field.startsWith("code") ? "changed" : "differs"} since ${reason.since}`
        : `${reason.field} ${reason.before} -> ${reason.after} (since ${reason.since})`
    case "waits":
      return `waits for ${listed(stagesOf(reason.tasks))}`
    case "turn":
      return "waits for its turn in the search"
    case "rung":
      return `if among the best 1 in ${reason.reduction} by ${reason.metric} at ${reason.resource} = ${reason.below}`
    case "pruned":
      return `not promoted: not among the best by ${reason.metric} at ${reason.resource} = ${reason.below}`
    case "missing-output":
      return `output ${reason.output} is gone from the store (${reason.digest.slice(0, 10)})`
    case "corrupt":
      return `output ${reason.output} is damaged in the store (${reason.digest.slice(0, 10)})`
    case "volatile":
      return "volatile: runs every time"
    case "forced":
      return "forced"
  }
}

/** Stage ids from task ids (`student-1f3a...`), each once. */
const stagesOf = (tasks: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(tasks.map((id) => id.slice(0, id.lastIndexOf("-"))))]

const listed = (names: ReadonlyArray<string>): string => {
  const shown = names.slice(0, 4)
  return `${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`
}

/**
 * One line for each stage and way of reason. What only the values tell apart is counted, with the first two as examples; tasks that
 * wait are one line, for all that any of them waits for.
 */
export const groupedReasons = (tasks: ReadonlyArray<ResolvedTask>): string => {
  const byStage = Map.groupBy(tasks.filter(({ reason }) => reason.kind !== "cached" && reason.kind !== "pruned"), ({ task }) => task.stage)
  const rows = [...byStage].flatMap(([stage, own]) =>
    [...Map.groupBy(own, ({ reason }) => kindOf(reason)).values()].map((group) => [stage, count(group.length, "task"), together(group.map(({ reason }) => reason))])
  )
  return columns(rows)
}

const together = (reasons: ReadonlyArray<Reason>): string => {
  const waiting = reasons.flatMap((reason) => (reason.kind === "waits" ? reason.tasks : []))
  if (waiting.length > 0) return reasonText({ kind: "waits", tasks: waiting })
  const texts = [...new Set(reasons.map(reasonText))]
  return `${texts.slice(0, 2).join("; ")}${texts.length > 2 ? ` and ${count(texts.length - 2, "other change")}` : ""}`
}

const kindOf = (reason: Reason): string => 
  reason.kind === "changed" ? `changed ${reason.field}` : reason.kind === "rung" ? `rung ${reason.amount}` : reason.kind

/** A line for every task. */
export const everyReason = (tasks: ReadonlyArray<ResolvedTask>): string =>
  columns(tasks.map(({ reason, task }) => [task.id, describePoint(task.coordinates), reasonText(reason)]))
