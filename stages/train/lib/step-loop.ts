/** The session that takes a training's steps: forward, attack if any, backward and update as one graph. */
import { Effect } from "../../../src/stage.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { openTrainingLoop, type Optimiser } from "../../../src/tensor/training.ts"
import { type Engine, sessionOptions } from "./engine.ts"
import type { Loss } from "./loss.ts"
import { valueOf } from "./model.ts"
import type { Network } from "./network.ts"
import { type Method, plain, stepObjective } from "./objective.ts"

export interface StepLoopSettings {
  readonly network: Network
  readonly loss: Loss
  readonly optimiser: Optimiser
  readonly smoothing?: number
  readonly method?: Method
  readonly mixes?: boolean
  readonly batchSize: number
}

/** The loop, and the random numbers and the like that a step is fed besides its batch. */
export const openStepLoop = Effect.fn("openStepLoop")(function*(settings: StepLoopSettings, engine: Engine) {
  const { batchSize, loss, method = plain, mixes = false, network, optimiser, smoothing = 0 } = settings
  const graph = new Graph()
  const x = graph.input("x", [batchSize, ...network.input])
  const y = graph.input("y", [batchSize])
  const fed = network.parameters.filter(({ statistic = false, trainable }) => trainable || statistic)
  const parameters = new Map(network.parameters.map((parameter) => {
    const { initial, name, shape } = parameter
    return [name, fed.includes(parameter) ? graph.input(name, shape) : graph.constant(tensor(initial, shape))]
  }))
  const parameter = (name: string) => valueOf(parameters, name)
  const objective = stepObjective({ network, loss, smoothing, method, mixes }, x, y, parameter)
  const carried = Object.entries(objective.carried)
  const loop = yield* openTrainingLoop(
    {
      loss: objective.loss,
      parameters: Object.fromEntries(network.parameters.flatMap(({ name, trainable }) => (trainable ? [[name, parameter(name)]] : []))),
      carried: { ...objective.form.statistics, ...Object.fromEntries(carried.map(([name, { next }]) => [name, next])) },
      report: { accuracy: objective.accuracy },
      optimiser
    },
    {
      ...Object.fromEntries(fed.map(({ initial, name, shape }) => [name, tensor(initial, shape)])),
      ...Object.fromEntries(carried.map(([name, { start }]) => [name, start]))
    },
    // With a second core, the next batch is prepared on it while a step is computed.
    { ...(yield* sessionOptions(engine)), apart: engine.threads > 1 }
  )
  const feeds = (step: number): Readonly<Record<string, Tensor>> => ({ ...objective.form.noise(step), ...method.feeds?.(step) })
  return { loop, feeds }
})
