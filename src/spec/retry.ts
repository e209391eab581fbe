/** When and how a failed task is tried again. Pure. */
import { philoxBlock } from "../stage/philox.ts"

/** Ways for a task to fail: `error`, the stage said so or threw; `exit`, a program of `exec` ended with another code than 0; `crash`, the
 * process was killed or ended in the middle; the others speak for themselves. */
export const failureKinds = ["error", "exit", "crash", "timeout", "out-of-memory"] as const
export type FailureKind = (typeof failureKinds)[number]

export interface Retry {
  /** After so many more attempts a failure is final. */
  readonly times: number
  /** Before the second attempt. */
  readonly delaySeconds: number
  /** What the delay is multiplied by from one attempt to the next; 1 unless given. */
  readonly factor?: number
  /** No delay is longer; no bound unless given. */
  readonly mostSeconds?: number
  /** A share of the delay, up to which it is made longer or shorter, so that tasks that failed together do not come back together. */
  readonly jitter?: number
  /** Only after failures of these names: kinds, `exit 75`, tags of errors. After all unless given. */
  readonly on?: ReadonlyArray<string>
}

export const noRetry: Retry = { times: 0, delaySeconds: 0 }

/** Whether a task that has failed `attempts` times, the last time in a way of these names, is tried again. */
export const isTriedAgain = ({ on, times }: Retry, attempts: number, names: ReadonlyArray<string>): boolean =>
  attempts <= times && (on === undefined || names.some((name) => on.includes(name)))

/**
 * Seconds to wait after so many failed attempts, from 1. Jitter is a pure function of the task and the attempt.
 *
 * @param key 32 bits that tell the task from others
 */
export const delayAfter = ({ delaySeconds, factor = 1, jitter = 0, mostSeconds = Infinity }: Retry, attempts: number, key: number): number => {
  const delay = Math.min(mostSeconds, delaySeconds * factor ** (attempts - 1))
  if (jitter === 0) return delay
  const block = new Uint32Array(4)
  philoxBlock(attempts, 0, 0, 0, key >>> 0, 0x72657472, block)
  return delay * (1 + jitter * (2 * ((block[0] ?? 0) / 2 ** 32) - 1))
}
