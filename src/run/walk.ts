/**
 * How far a plan has come: which tasks have their inputs, what each finished one left, which ones will never run. Plain state
 * with a few transitions, without clock or disk, used alike by a run and by a look ahead. Each task and each edge is touched a
 * constant number of times.
 */
import type { Plan, PlannedTask, TaskId } from "../plan/plan.ts"
import type { StoredOutput } from "../store/layout.ts"
import { makeHeap } from "./heap.ts"

export type TaskOutputs = Readonly<Record<string, StoredOutput>>

export interface Walk {
  /** A task whose inputs are all there, the earliest in the plan first: its results are complete sooner than if the whole first
   * stage ran before the second. It counts as taken until it is finished, failed or put back. */
  take(): PlannedTask | undefined
  finish(task: TaskId, outputs: TaskOutputs): void
  /** Returns the tasks that can therefore never run and were not known as such, in the order of the plan. */
  fail(task: TaskId): ReadonlyArray<PlannedTask>
  outputs(task: TaskId): TaskOutputs | undefined
  /** Place of a task in the plan. */
  order(task: TaskId): number
  /** A taken task waits for its inputs again. */
  putBack(task: TaskId): void
  /** A finished task has lost its results: it is to be taken again, and what has not been taken waits for it again. */
  reopen(task: TaskId): void
  /** Tasks that were never taken and have not been given up, in the order of the plan. */
  untaken(): ReadonlyArray<PlannedTask>
}

type State = "waiting" | "ready" | "taken" | "done" | "failed"

interface Node {
  readonly task: PlannedTask
  readonly order: number
  readonly needs: ReadonlyArray<Node>
  readonly feeds: Array<Node>
  state: State
  /** How many of `needs` are not done. */
  missing: number
  outputs: TaskOutputs | undefined
}

/** Ids of the tasks that give a task its inputs, each once. */
export const needsOf = (task: PlannedTask): ReadonlyArray<TaskId> => {
  const ids = new Set<TaskId>()
  for (const name in task.inputs) for (const source of task.inputs[name] ?? []) ids.add(source.task)
  return [...ids]
}

export const startWalk = (plan: Plan): Walk => {
  const nodes = new Map<TaskId, Node>()
  const ready = makeHeap<Node>(({ order }) => order)
  const nodeOf = (id: TaskId): Node => {
    const node = nodes.get(id)
    if (node === undefined) throw new Error(`The plan has no task ${id}.`)
    return node
  }
  for (const task of plan.tasks) {
    const needs = needsOf(task).map(nodeOf) // the plan is in topological order
    const node: Node = { task, order: nodes.size, needs, feeds: [], state: "waiting", missing: needs.length, outputs: undefined }
    for (const need of needs) need.feeds.push(node)
    nodes.set(task.id, node)
  }
  const settle = (node: Node) => {
    if (node.state !== "waiting" || node.missing > 0) return
    node.state = "ready"
    ready.push(node)
  }
  const wait = (node: Node) => {
    node.missing = node.needs.filter((need) => need.state !== "done").length
    node.state = "waiting"
    settle(node)
  }
  for (const node of nodes.values()) settle(node)

  return {
    take: () => {
      for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
        if (node.state !== "ready") continue // it was made to wait again meanwhile
        node.state = "taken"
        return node.task
      }
      return undefined
    },
    finish: (id, outputs) => {
      const node = nodeOf(id)
      node.state = "done"
      node.outputs = outputs
      for (const next of node.feeds) {
        next.missing--
        settle(next)
      }
    },
    fail: (id) => {
      const node = nodeOf(id)
      node.state = "failed"
      const gone = [node]
      for (const failed of gone) { // grows while it is walked
        for (const next of failed.feeds) {
          if (next.state !== "waiting" && next.state !== "ready") continue
          next.state = "failed"
          gone.push(next)
        }
      }
      return gone.slice(1).sort((a, b) => a.order - b.order).map(({ task }) => task)
    },
    outputs: (id) => nodeOf(id).outputs,
    order: (id) => nodeOf(id).order,
    putBack: (id) => wait(nodeOf(id)),
    reopen: (id) => {
      const node = nodeOf(id)
      if (node.state !== "done") return
      node.outputs = undefined
      wait(node)
      for (const next of node.feeds) if (next.state === "waiting" || next.state === "ready") wait(next)
    },
    untaken: () => [...nodes.values()].filter(({ state }) => state === "waiting" || state === "ready").map(({ task }) => task)
  }
}
