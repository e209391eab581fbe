/** The optimiser that a stage's parameters name. */
import { adam, adamW, averaged } from "../../../src/tensor/optimisers.ts"
import { type Optimiser, sgd } from "../../../src/tensor/training.ts"

export const optimisers = ["sgd", "adam", "adamw"] as const

export interface OptimiserChoice {
  readonly optimiser: (typeof optimisers)[number]
  readonly momentum: number
  readonly nesterov: boolean
  readonly betas: readonly [number, number]
  readonly weight_decay: number
  /** Decay of the moving average of the weights; 0 for none. */
  readonly average: number
}

export const optimiserOf = ({ average, betas, momentum, nesterov, optimiser, weight_decay: weightDecay }: OptimiserChoice): Optimiser => {
  const chosen = optimiser === "sgd" ? sgd({ momentum, nesterov, weightDecay }) : (optimiser === "adam" ? adam : adamW)({ betas, weightDecay })
  return average === 0 ? chosen : averaged(chosen, average)
}
