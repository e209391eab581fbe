/** Where in a run somebody can be killed, and the check of what is left afterwards. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assertNothingPartial, assertRerunFinishes, ended, makeScene, start, type Sabotage } from "./scene.ts"

export interface Point {
  readonly role: "worker" | "orchestrator"
  /** Counted from one. */
  readonly step: number
  /** What happens to the store's files at this step, without what differs from run to run. */
  readonly name: string
}

/** Every change that a run of the scene's plan makes to its store, in order. */
export const pointsOfARun = async (): Promise<ReadonlyArray<Point>> => {
  const scene = makeScene()
  try {
    const { code, err } = await ended(start(scene, {}))
    if (code !== 0) throw new Error(`The run that is only watched failed: ${err}`)
    return (["orchestrator", "worker"] as const).flatMap((role) =>
      readFileSync(join(scene.notes, `${role}.steps`), "utf8").trim().split("\n").map((name, at) => ({ role, step: at + 1, name })))
  } finally {
    scene.remove()
  }
}

/** Of each kind of step the last but one (in the midst of the run, where there are several): a kind costs one run. */
export const onePointOfEachKind = (points: ReadonlyArray<Point>): ReadonlyArray<Point> =>
  [...Map.groupBy(points, ({ name, role }) => `${role} ${name}`).values()].flatMap((alike) => alike.at(alike.length > 1 ? -2 : 0) ?? [])

export const victims = ["orchestrator", "worker", "both"] as const

/** Runs the plan in a process of its own, with something done to it on the way, and then again as a user would. */
export const surviveKill = async (point: Point, victim: string): Promise<void> => {
  const sabotage: Sabotage = { at: { role: point.role, step: point.step }, victim }
  const scene = makeScene()
  try {
    await ended(start(scene, sabotage))
    await assertRerunFinishes(scene, assertNothingPartial(scene.store))
  } finally {
    scene.remove()
  }
}
