/**
 * How long what is left of a run will take, judged by how long its tasks have taken so far. Tasks of one stage may be of very different length, and a
 * stage that waits for others in between works on fewer at once, so it is work that is estimated, not the pace of ends: what is left of the running
 * tasks, by their own word where they give it, and a mean task for each that is still to come, over as many at once as there have been. Pure.
 */
import { stageDone, type Progress, type RunningTask, type StageProgress } from "./progress.ts"

export interface Outlook {
  /** Work that is left, were it done one after the other. */
  readonly workMs: number
  /** By the clock. */
  readonly leftMs: number
}

interface Expected {
  readonly elapsed: number
  /** Undefined where neither the task nor its like say anything. */
  readonly whole: number | undefined
}

/** By what a task itself says: half done at half of its time. */
const expectedOf = (task: RunningTask, now: number): Expected => {
  const elapsed = now - task.startedAt
  const said = task.progress
  if (said === undefined || said.done <= 0) return { elapsed, whole: undefined }
  return { elapsed, whole: Math.max(elapsed, ((said.at - task.startedAt) * said.total) / said.done) }
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)

/** By the clock, with as many at once as on average so far; no sooner than the longest of those that run. */
const byTheClock = (workMs: number, spentMs: number, sinceMs: number, longestMs: number): number => {
  const atOnce = spentMs / Math.max(1, sinceMs)
  return Math.max(atOnce > 0 ? workMs / atOnce : workMs, longestMs)
}

interface StageOutlook extends Outlook {
  readonly spentMs: number
  readonly longestMs: number
}

const outlookOf = (stage: StageProgress, running: ReadonlyArray<RunningTask>, now: number): StageOutlook | undefined => {
  if (stage.startedAt === undefined) return undefined
  const expected = running.map((task) => expectedOf(task, now))
  const ended = stage.ran === 0 ? 0 : stage.ranMs / stage.ran
  // A task that has run for longer than its like took on average is known to be long, if not how long.
  const known = expected.flatMap(({ elapsed, whole }) => whole ?? (stage.ran > 0 && elapsed > ended ? elapsed : []))
  if (stage.ran + known.length === 0) return undefined
  const mean = (stage.ranMs + sum(known)) / (stage.ran + known.length)
  const left = expected.map(({ elapsed, whole = Math.max(mean, elapsed) }) => whole - elapsed)
  const waiting = Math.max(0, stage.total - stageDone(stage) - running.length)
  const [workMs, longestMs] = [sum(left) + waiting * mean, Math.max(0, ...left)]
  const spentMs = stage.spentMs + sum(expected.map(({ elapsed }) => elapsed))
  return { workMs, spentMs, longestMs, leftMs: byTheClock(workMs, spentMs, now - stage.startedAt, longestMs) }
}

const unfinished = (progress: Progress): ReadonlyArray<readonly [string, StageProgress]> =>
  Object.entries(progress.stages).filter(([, stage]) => stageDone(stage) < stage.total)

const runningOf = (progress: Progress, id: string): ReadonlyArray<RunningTask> => [...progress.running.values()].filter(({ stage }) => stage === id)

/** Of a stage; undefined where nothing is known yet, or nothing is left. */
export const stageOutlook = (progress: Progress, id: string, now: number): Outlook | undefined => {
  const stage = progress.stages[id]
  return stage === undefined || stageDone(stage) >= stage.total ? undefined : outlookOf(stage, runningOf(progress, id), now)
}

/** Of the whole run; `unknown` are the stages of which nothing can be said yet, which come on top. */
export const runOutlook = (progress: Progress, now: number): { readonly leftMs: number | undefined; readonly unknown: ReadonlyArray<string> } => {
  const looked = unfinished(progress).map(([id, stage]) => [id, outlookOf(stage, runningOf(progress, id), now)] as const)
  const unknown = looked.flatMap(([id, outlook]) => (outlook === undefined ? [id] : []))
  const known = looked.flatMap(([, outlook]) => outlook ?? [])
  const begun = Object.values(progress.stages).flatMap(({ startedAt }) => startedAt ?? [])
  if (known.length === 0) return { leftMs: undefined, unknown }
  const spentMs = sum(Object.values(progress.stages).map((stage) => stage.spentMs)) + sum([...progress.running.values()].map(({ startedAt }) => now - startedAt))
  const leftMs = byTheClock(sum(known.map(({ workMs }) => workMs)), spentMs, now - Math.min(...begun), Math.max(...known.map(({ longestMs }) => longestMs)))
  return { leftMs, unknown }
}
