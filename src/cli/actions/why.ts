/** Why one task runs or does not: everything in which it differs from the nearest earlier one, or who made what it holds. */
import { Effect } from "effect"
import { resolve } from "node:path"
import { recordOf } from "../../plan/fingerprint.ts"
import { stageOf } from "../../run/decide.ts"
import { describePoint } from "../../run/events.ts"
import { openHistory } from "../../run/history.ts"
import { resolvePlan, type ResolvedTask } from "../../run/resolve.ts"
import { needsOf } from "../../run/walk.ts"
import { storePaths } from "../../store/paths.ts"
import { Store } from "../../store/store.ts"
import { readAsked, type Asked, type Selection } from "../asked.ts"
import { columns, count, duration, indent } from "../columns.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { reasonText } from "../reasons.ts"
import { findRun, findTask } from "../runs-by-name.ts"
import { print } from "../terminal.ts"

interface Input extends Omit<Selection, "file">, PlaceInput {
  readonly task: string
  readonly file: string | undefined
}

export const whyAction = Effect.fn("why")(function*(input: Input) {
  const place = yield* findPlace(input)
  // A run names its file from the project's folder.
  const file = input.file ?? resolve(place.project, (yield* findRun(storePaths(place.store), undefined)).file)
  const asked = yield* readAsked({ ...input, file }, place)
  const text = yield* Effect.gen(function*() {
    const tasks = yield* resolvePlan(asked)
    const points = new Map(tasks.map(({ task }) => [task.id, describePoint(task.coordinates)]))
    const id = yield* findTask([...points.keys()], input.task, (each) => [points.get(each) ?? ""])
    const found = tasks.find(({ task }) => task.id === id)
    return found === undefined ? "" : yield* whyText(asked, tasks, found)
  }).pipe(Effect.provide(Store.layer(place.store)))
  print(text)
})

const whyText = Effect.fn("why.text")(function*(asked: Asked, tasks: ReadonlyArray<ResolvedTask>, found: ResolvedTask) {
  const { fingerprint, reason, task } = found
  const behind = tasks.filter((other) => needsOf(other.task).includes(task.id)).length
  return [
    columns([
      ["task", task.id],
      ["stage", `${task.stage} (${task.uses})`],
      ["at", task.coordinates.map((coordinates) => describePoint([coordinates])).filter((point) => point !== "").join("; ") || "no sweep"],
      ["fingerprint", fingerprint ?? "not known before its inputs are"],
      ["state", reasonText(reason)],
      ["feeds", count(behind, "task")]
    ]),
    ...(yield* details(asked, tasks, found))
  ].join("\n\n")
})

const details = Effect.fn("why.details")(function*(asked: Asked, tasks: ReadonlyArray<ResolvedTask>, { fingerprint, reason, task }: ResolvedTask) {
  const store = yield* Store
  if (reason.kind === "cached" && fingerprint !== null) {
    const action = yield* store.action(fingerprint)
    if (action === undefined) return []
    const { accepted, producer } = action
    return [columns([
      ["made", `${new Date(action.startedAt).toISOString().replace("T", " ").slice(0, 19)} in ${duration(action.wallMs)}`],
      ["by", `${producer.run} on ${producer.host}`],
      ["commit", producer.commit === null ? "no git checkout" : `${producer.commit.slice(0, 12)}${producer.dirty ? " with changes" : ""}`],
      ...(accepted === undefined ? [] : [["accepted", `${accepted.reason} (${accepted.by}, ${new Date(accepted.at).toISOString().slice(0, 10)})`]])
    ])]
  }
  if (reason.kind === "waits") {
    const states = new Map(tasks.map((other) => [other.task.id, other.reason]))
    return [`It waits for:\n${indent(columns(reason.tasks.map((id) => {
      const state = states.get(id)
      return [id, state === undefined ? "" : reasonText(state)]
    })))}`]
  }
  if (reason.kind !== "changed") return []
  const outputs = new Map(tasks.map((other) => [other.task.id, other.outputs]))
  const { code, stage } = stageOf(asked.stages, task)
  const record = recordOf(task, {
    code,
    engine: stage.engine ? asked.engine : null,
    digestOf: (input) => outputs.get(input.task)?.[input.output]?.digest ?? ""
  })
  const compared = yield* Effect.flatMap(openHistory(store, asked.plan.pipeline.name, asked.stages), (history) => history.compare(record))
  if (compared === undefined) return []
  return [`The nearest earlier task (${compared.earlier.since}) differs in:\n${indent(columns(compared.differences.map(({ after, before, field }) => [field, before, "->", after])))}`]
})
