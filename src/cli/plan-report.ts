/** What `reprise plan` and `reprise run --dry-run` print. Pure. */
import type { Plan } from "../plan/plan.ts"
import { sharingByStage, sharingByUse, type Sharing } from "../plan/sharing.ts"
import type { ResolvedTask } from "../run/resolve.ts"
import type { Json } from "../stage/json.ts"
import { columns, count } from "./columns.ts"
import { everyReason, groupedReasons } from "./reasons.ts"

type State = "cached" | "run" | "waits" | "if promoted" | "not promoted"

const stateOf = ({ reason }: ResolvedTask): State => {
  switch (reason.kind) {
    case "cached":
      return "cached"
    case "waits":
    case "turn":
      return "waits"
    case "rung":
      return "if promoted"
    case "pruned":
      return "not promoted"
    default:
      return "run"
  }
}

/** Whether a run would leave everything as it is. */
export const isNothingToDo = (tasks: ReadonlyArray<ResolvedTask>): boolean => tasks.every(({ reason }) => reason.kind === "cached" || reason.kind === "pruned")

const states = ["cached", "run", "waits"] as const
/** Of searches, shown where there are any. */
const searched = ["if promoted", "not promoted"] as const

/** Counts by stage, a verdict, and the reasons of all that would run. */
export const planText = (plan: Plan, tasks: ReadonlyArray<ResolvedTask>, all: boolean): string => {
  const byStage = Map.groupBy(tasks, ({ task }) => task.stage)
  const shown: ReadonlyArray<State> = [...states, ...(plan.searches === undefined ? [] : searched)]
  const rows = sharingByStage(plan).map((row) => {
    const own = byStage.get(row.name) ?? []
    return [row.name, plan.pipeline.stages[row.name]?.uses ?? "", ...numbers(row), ...shown.map((state) => String(own.filter((task) => stateOf(task) === state).length))]
  })
  const shared = sharedText(plan)
  const parts = [
    columns(rows, ["stage", "uses", "asked", "distinct", ...shown.map((state) => (state === "run" ? "to run" : state))]),
    `${verdict(tasks)}${shared === undefined ? "" : `\n${shared}`}`
  ]
  if (all) parts.push(everyReason(tasks))
  else if (!isNothingToDo(tasks)) parts.push(groupedReasons(tasks))
  return parts.join("\n\n")
}

const numbers = ({ asked, distinct }: Sharing): ReadonlyArray<string> => [String(asked), String(distinct)]

const verdict = (tasks: ReadonlyArray<ResolvedTask>): string => {
  const counted = (state: State) => tasks.filter((task) => stateOf(task) === state).length
  const [cached, run, waits, promotable, pruned] = [counted("cached"), counted("run"), counted("waits"), counted("if promoted"), counted("not promoted")]
  const unpromoted = pruned === 0 ? "" : `, ${pruned.toLocaleString("en-US")} not promoted`
  if (run + waits + promotable === 0) return pruned === 0 ? `All ${count(tasks.length, "task")} cached, nothing to do.` : `All ${count(cached, "task")} cached${unpromoted}: nothing to do.`
  const searching = promotable === 0 ? "" : `, ${promotable.toLocaleString("en-US")} if they are promoted`
  const waiting = waits === 0 ? "" : `, ${waits.toLocaleString("en-US")} to be decided when what they wait for is there`
  return `${count(tasks.length, "task")}: ${cached.toLocaleString("en-US")} cached, ${run.toLocaleString("en-US")} to run${waiting}${searching}${unpromoted}.`
}

/** Where two stages of the file use one implementation, work may be shared between them too. */
const sharedText = (plan: Plan): string | undefined => {
  const asked = Object.values(plan.asked).reduce((sum, number) => sum + number, 0)
  const distinct = sharingByUse(plan).reduce((sum, row) => sum + row.distinct, 0)
  return asked > distinct ? `The file asks for ${count(asked, "task")}; ${distinct.toLocaleString("en-US")} are distinct, the rest is shared.` : undefined
}

/** The same for other programs. */
export const planJson = (plan: Plan, file: string, tasks: ReadonlyArray<ResolvedTask>): Json => ({
  pipeline: plan.pipeline.name,
  file,
  stages: sharingByStage(plan).map(({ asked, distinct, name }) => {
    const own = tasks.filter(({ task }) => task.stage === name)
    const counted = (state: State) => own.filter((task) => stateOf(task) === state).length
    return { stage: name, uses: plan.pipeline.stages[name]?.uses ?? "", asked, distinct, cached: counted("cached"), run: counted("run"), waits: counted("waits"), ...(plan.searches === undefined ? {} : { promotable: counted("if promoted"), pruned: counted("not promoted") }) }
  }),
  tasks: tasks.map(({ fingerprint, reason, task }) => ({
    task: task.id,
    stage: task.stage,
    uses: task.uses,
    params: task.params,
    coordinates: task.coordinates.map(({ sweep, values }) => ({ sweep, values })),
    fingerprint,
    reason: { ...reason }
  }))
})
