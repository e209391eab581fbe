/**
 * SIGKILL of the worker, the orchestrator, and both, at each kind of step between the start of a run and its end: nothing finished is
 * lost or repeated, nothing partial is ever visible, and the same command finishes without flags.
 */
import { describe, it } from "vitest"
import { onePointOfEachKind, pointsOfARun, surviveKill, victims, type Point } from "./kill.ts"

const points = onePointOfEachKind(await pointsOfARun())
/** Each point with one victim, taking turns; where results are published, with all of them. */
const cases = points.flatMap((point, at): ReadonlyArray<readonly [Point, string]> =>
  /objects|actions/.test(point.name) ? victims.map((victim) => [point, victim] as const) : [[point, victims[at % 3] ?? "both"]])

describe.skipIf(process.platform === "win32")("a kill", () => {
  for (const [point, victim] of cases) {
    it.concurrent(`of ${victim === "both" ? "both" : `the ${victim}`} when the ${point.role} is about to ${point.name}`, () => surviveKill(point, victim))
  }
})
