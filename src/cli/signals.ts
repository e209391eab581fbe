/**
 * What the terminal tells a run. Ctrl-C interrupts it (the runtime does that), once more ends its tasks without waiting for them. Ctrl-Z stops them along
 * with the command, `fg` lets them go on. A terminal that is closed ends the run in good order where somebody watched it there; under nohup, cron or
 * a batch system nobody does, and it goes on.
 */
import { isatty } from "node:tty"

export interface Told {
  /** Ctrl-C, for the first time. */
  stopping(): void
  /** And again. */
  hurry(): void
  pause(): void
  resume(): void
}

/** Two that come so close together are one keystroke: a script runner (npm) passes on what the terminal has sent to us as well. */
const sameKeyMs = 250

/** Listens until what it returns is called. `watched`: whether somebody sees the run on a terminal. */
export const onSignals = (told: Told, watched: boolean = [0, 1, 2].some((file) => isatty(file)), now: () => number = () => performance.now()): (() => void) => {
  let first: number | undefined
  const listeners: ReadonlyArray<readonly [NodeJS.Signals, () => void]> = [
    ["SIGINT", () => {
      if (first === undefined) {
        first = now()
        told.stopping()
      } else if (now() - first > sameKeyMs) told.hurry()
    }],
    // Node gives SIGHUP back its deadly meaning even where nohup has taken it away, so it takes a listener to outlive it.
    ["SIGHUP", () => {
      if (watched) process.kill(process.pid, "SIGTERM")
    }],
    ["SIGTSTP", () => {
      told.pause()
      process.kill(process.pid, "SIGSTOP")
    }],
    ["SIGCONT", told.resume]
  ]
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}
