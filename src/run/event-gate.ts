/** Thins out what a stage says on its way to the parent: a loop of a million steps may report each one. Of progress the latest word
 * counts, at most twenty times a second; metrics and log lines all pass, gathered. */
import type { StageEvent } from "../stage/protocol.ts"

export interface EventGate {
  emit(event: StageEvent): void
  /** Lets out what is held back. */
  close(): void
}

const intervalMs = 50
const gatherMost = 1000

export const makeEventGate = (
  send: (events: ReadonlyArray<StageEvent>) => void,
  now: () => number = () => performance.now()
): EventGate => {
  let held: Array<StageEvent> = []
  let progress: StageEvent | undefined
  let sentAt = -Infinity
  let timer: NodeJS.Timeout | undefined
  const release = () => {
    clearTimeout(timer)
    timer = undefined
    if (progress !== undefined) held.push(progress)
    progress = undefined
    if (held.length === 0) return
    send(held)
    held = []
    sentAt = now()
  }
  return {
    emit: (event) => {
      if (event.type === "progress") progress = event
      else held.push(event)
      // By the clock, not the timer alone: a stage that never yields still shows where it is.
      if (now() - sentAt >= intervalMs || held.length >= gatherMost) release()
      else timer ??= setTimeout(release, intervalMs).unref()
    },
    close: release
  }
}
