/**
 * The learning-rate schedule "reduce on plateau" with the semantics, and the defaults, of PyTorch's `ReduceLROnPlateau`
 * (mode `min`, threshold mode `rel`). A pure state machine: one state per step, plain data, so that a checkpoint holds it.
 *
 * One peculiarity is kept on purpose. A loss is "better" when it lies below `best * (1 - threshold)`; for a negative best that
 * bound lies above the best, so that a slightly worse loss still counts as better and takes its place.
 */

export interface PlateauSettings {
  /** Steps without a better loss that are still borne; the one after them lowers the rate. */
  readonly patience: number
  /** The rate is multiplied by this. */
  readonly factor: number
  /** Relative improvement that counts. */
  readonly threshold: number
  /** Steps after a reduction in which bad losses are not counted. */
  readonly cooldown: number
  readonly minimumRate: number
  /** A reduction by no more than this is not made. */
  readonly epsilon: number
}

export const torchPlateau: PlateauSettings = {
  patience: 10,
  factor: 0.1,
  threshold: 1e-4,
  cooldown: 0,
  minimumRate: 0,
  epsilon: 1e-8
}

export interface PlateauState {
  readonly rate: number
  /** Best loss so far; null before the first one. */
  readonly best: number | null
  readonly badSteps: number
  readonly cooldownLeft: number
  /** How often the rate was lowered. */
  readonly reductions: number
}

export const startPlateau = (rate: number): PlateauState => ({ rate, best: null, badSteps: 0, cooldownLeft: 0, reductions: 0 })

/** The state after a step whose loss was `loss`. A NaN is never better. */
export const nextPlateau = (state: PlateauState, loss: number, settings: PlateauSettings = torchPlateau): PlateauState => {
  const better = state.best === null ? loss < Infinity : loss < state.best * (1 - settings.threshold)
  const best = better ? loss : state.best
  const cooling = state.cooldownLeft > 0
  const cooldownLeft = cooling ? state.cooldownLeft - 1 : 0
  const badSteps = better || cooling ? 0 : state.badSteps + 1
  if (badSteps <= settings.patience) return { ...state, best, badSteps, cooldownLeft }
  const lowered = Math.max(state.rate * settings.factor, settings.minimumRate)
  const made = state.rate - lowered > settings.epsilon
  return {
    rate: made ? lowered : state.rate,
    best,
    badSteps: 0,
    cooldownLeft: settings.cooldown,
    reductions: state.reductions + (made ? 1 : 0)
  }
}
