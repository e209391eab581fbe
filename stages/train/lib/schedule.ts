/**
 * Learning rates over the steps of a training. All but "plateau" are functions of the step alone, with the definitions of PyTorch's schedulers
 * (StepLR, CosineAnnealingLR, LinearLR, OneCycleLR with cosine annealing, CyclicLR "triangular"); "plateau" answers to the loss (plateau.ts). A
 * warm-up multiplies what a schedule gives, rising by equal amounts from step to step; "linear" begins to fall when it is over, as transformers
 * are usually trained.
 */

export const scheduleKinds = ["constant", "plateau", "step", "cosine", "linear", "one-cycle", "cyclic"] as const
export type ScheduleKind = (typeof scheduleKinds)[number]

export interface ScheduleSettings {
  readonly kind: ScheduleKind
  /** The rate at the start; of one-cycle and cyclic the greatest. */
  readonly rate: number
  /** Steps of the whole training. */
  readonly steps: number
  /** Steps over which the rate rises from nearly nothing; 0 for none. */
  readonly warmUp: number
  /** step: steps between two reductions. cyclic: steps up, and as many down. */
  readonly every: number
  /** step: what the rate is multiplied by. */
  readonly factor: number
  /** cosine, linear, one-cycle, cyclic: the least rate. */
  readonly least: number
}

/** The rate of a step, from 0. `plateau` is the rate that the plateau's state machine holds. */
export const rateAt = ({ every, factor, kind, least, rate, steps, warmUp }: ScheduleSettings, step: number, plateau: number): number => {
  const warm = step < warmUp ? (step + 1) / warmUp : 1
  switch (kind) {
    case "constant": return warm * rate
    case "plateau": return warm * plateau
    case "step": return warm * rate * factor ** Math.floor(step / every)
    case "cosine": return warm * between(rate, least, step / steps)
    case "linear": return warm * (least + (rate - least) * Math.min(1, (steps - step) / Math.max(steps - warmUp, 1)))
    case "one-cycle": return warm * oneCycle(step, steps, rate, least)
    case "cyclic": return warm * (least + (rate - least) * Math.max(0, 1 - Math.abs(step / every - 2 * Math.floor(1 + step / (2 * every)) + 1)))
  }
}

/** Half a cosine from one number to another, for a share of 0 to 1. */
const between = (from: number, to: number, share: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2

/** From a 25th of the greatest rate up over the first 30 % of the steps, then down to the least. */
const oneCycle = (step: number, steps: number, greatest: number, least: number): number => {
  const top = 0.3 * steps - 1
  return step <= top ? between(greatest / 25, greatest, step / top) : between(greatest, least, (step - top) / Math.max(steps - 1 - top, 1))
}
