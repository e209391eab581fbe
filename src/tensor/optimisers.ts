/** Optimisers beyond plain SGD, as graphs: Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), step by step as PyTorch's. */
import * as o from "./ops.ts"
import type { Optimiser } from "./training.ts"

export interface AdamOptions {
  /** Decay of the mean of gradients (0.9) and of squared gradients (0.999). */
  readonly betas?: readonly [number, number]
  readonly epsilon?: number
  readonly weightDecay?: number
}

/** The weight decay is added to the gradient as `weightDecay` times the parameter. */
export const adam = (options: AdamOptions = {}): Optimiser => adaptive(options, false)

/** The weight decay shrinks the parameter by `learningRate` times `weightDecay`, apart from the gradient (0.01). */
export const adamW = ({ weightDecay = 0.01, ...options }: AdamOptions = {}): Optimiser => adaptive({ ...options, weightDecay }, true)

const adaptive = ({ betas: [first, second] = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 }: AdamOptions, decoupled: boolean): Optimiser => {
  // What the running means have gathered of their full weight, 1 - beta^t, as a running mean of ones: no difference of nearly equal numbers.
  const towardsOne = (beta: number): NonNullable<Optimiser["shared"]>[string] => (weight) => o.add(o.mul(weight, beta), 1 - beta)
  return {
    slots: ["mean", "square"],
    shared: { meanWeight: towardsOne(first), squareWeight: towardsOne(second) },
    update: (parameter, gradient, slots, learningRate, { meanWeight, squareWeight } = {}) => {
      const { mean: lastMean, square: lastSquare } = slots
      if (lastMean === undefined || lastSquare === undefined || meanWeight === undefined || squareWeight === undefined) {
        throw new Error("Adam's update needs its slots and shared values.")
      }
      const decayed = weightDecay === 0 || decoupled ? gradient : o.add(gradient, o.mul(parameter, weightDecay))
      const shrunk = weightDecay === 0 || !decoupled ? parameter : o.mul(parameter, o.sub(1, o.mul(learningRate, weightDecay)))
      const mean = o.add(o.mul(lastMean, first), o.mul(decayed, 1 - first))
      const square = o.add(o.mul(lastSquare, second), o.mul(o.square(decayed), 1 - second))
      const scale = o.add(o.div(o.sqrt(square), o.sqrt(squareWeight)), epsilon)
      return { parameter: o.sub(shrunk, o.mul(o.div(learningRate, meanWeight), o.div(mean, scale))), slots: { mean, square } }
    }
  }
}

/**
 * The optimiser, followed by an exponential moving average of the parameters in the slot "average". It starts at 0: divide by
 * 1 - decay^steps to get the average of the parameters seen.
 */
export const averaged = (optimiser: Optimiser, decay: number): Optimiser => ({
  ...optimiser,
  slots: [...optimiser.slots, "average"],
  update: (parameter, gradient, slots, learningRate, shared) => {
    const { average, ...own } = slots
    const updated = optimiser.update(parameter, gradient, own, learningRate, shared)
    if (average === undefined) throw new Error("The average needs its slot.")
    return { ...updated, slots: { ...updated.slots, average: o.add(o.mul(average, decay), o.mul(updated.parameter, 1 - decay)) } }
  }
})
