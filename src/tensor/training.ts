/**
 * Training steps as graphs: forward, backward and the optimiser's update are one session run. Between steps the weights and the
 * optimiser's state stay in two sets of buffers that are read and written in turn, so that nothing is copied.
 */
import { Effect, type Scope } from "effect"
import { grad } from "./differentiate.ts"
import { EngineError, GraphError } from "./errors.ts"
import type { Value } from "./graph.ts"
import * as o from "./ops.ts"
import { openSession, type SessionOptions } from "./runtime.ts"
import { sameShape, showShape } from "./shape.ts"
import { cloneTensor, copyTensor, sharedZeros, type Tensor, zeros } from "./tensor.ts"

/** How one parameter is updated. */
export interface Optimiser {
  /** Names of what it remembers for each parameter, in the parameter's shape, zeros at the start. */
  readonly slots: ReadonlyArray<string>
  /** Scalars that all parameters share, 0 at the start: how each follows from its last value. `update` is given those of the step. */
  readonly shared?: Readonly<Record<string, (last: Value) => Value>>
  /** The parameter's new value and its slots', as graph values. `learningRate` is a scalar. */
  update(parameter: Value, gradient: Value, slots: Readonly<Record<string, Value>>, learningRate: Value, shared?: Readonly<Record<string, Value>>): {
    readonly parameter: Value
    readonly slots: Readonly<Record<string, Value>>
  }
}

export interface SgdOptions {
  /** Share of the last step that is kept (0). */
  readonly momentum?: number
  readonly nesterov?: boolean
  /** Added to the gradient as `weightDecay` times the parameter (0). */
  readonly weightDecay?: number
}

/** Stochastic gradient descent as PyTorch's `torch.optim.SGD` does it: v = momentum v + g, p = p - lr v (or lr (g + momentum v)). */
export const sgd = ({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimiser => ({
  slots: momentum === 0 ? [] : ["velocity"],
  update: (parameter, gradient, slots, learningRate) => {
    const decayed = weightDecay === 0 ? gradient : o.add(gradient, o.mul(parameter, weightDecay))
    const last = slots["velocity"]
    const velocity = last === undefined ? decayed : o.add(o.mul(last, momentum), decayed)
    const direction = nesterov ? o.add(decayed, o.mul(velocity, momentum)) : velocity
    return { parameter: o.sub(parameter, o.mul(direction, learningRate)), slots: last === undefined ? {} : { velocity } }
  }
})

export interface TrainingStep {
  /** A scalar. */
  readonly loss: Value
  /** The graph inputs that are trained, by any names. */
  readonly parameters: Readonly<Record<string, Value>>
  readonly optimiser: Optimiser
  /** The graph input (a scalar) fed with the learning rate; made, with the name "learningRate", when not given. */
  readonly learningRate?: Value
  /** What other graph inputs are after the step, by the inputs' names: running statistics, which follow the data and are not trained. */
  readonly carried?: Readonly<Record<string, Value>>
  /** Further values to see after every step, computed with the weights before it. */
  readonly report?: Readonly<Record<string, Value>>
  /** Gradients whose norm, taken over all parameters, is greater than this are scaled down to it, as by PyTorch's `clip_grad_norm_`; `gradientNorm` is then reported. */
  readonly clip?: number
}

/** The parameters and what the optimiser remembers: everything that a checkpoint needs. Names are those of graph inputs. */
export type TrainingState = Readonly<Record<string, Tensor>>

export interface TrainingLoop {
  /** Steps taken since the loop was opened or restored. */
  readonly steps: number
  /**
   * One step, which begins before this returns: feeds are the batch and `learningRate`; comes back with "loss" and what `report` names, each valid until the step after
   * the next. Rejects with an EngineError.
   */
  step(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
  /** Copies of the parameters, by their names in `parameters`. */
  parameters(): Record<string, Tensor>
  /** Copies of everything that steps change. */
  state(): TrainingState
  /** Goes on from a state, byte for byte. @throws EngineError when it is of another graph. */
  restore(state: TrainingState): void
}

export interface Slot {
  /** Name of the graph input, and of the output that replaces it. */
  readonly input: string
  readonly output: string
  readonly initial: Tensor
}

/**
 * Opens a session for the step with weights that start at `initial` (copied; by the names in `parameters` and `carried`).
 * @throws GraphError when one of these is not a graph input or has no initial value of its shape.
 */
export const openTrainingLoop = (
  step: TrainingStep,
  initial: Readonly<Record<string, Tensor>>,
  options: SessionOptions = {}
): Effect.Effect<TrainingLoop, EngineError, Scope.Scope> => openFormsOfTraining([step], initial, () => 0, options)

/**
 * The same for a step in several forms, which differ in the shapes of their batches and in nothing else: all work on the same weights.
 * `formOf` says which form takes a batch.
 * @throws GraphError also when there is no form, or one of them keeps something else from step to step.
 */
export const openFormsOfTraining = (
  forms: ReadonlyArray<TrainingStep>,
  initial: Readonly<Record<string, Tensor>>,
  formOf: (feeds: Readonly<Record<string, Tensor>>) => number,
  options: SessionOptions = {}
): Effect.Effect<TrainingLoop, EngineError, Scope.Scope> =>
  Effect.suspend(() => {
    const graphs = forms.map((form) => trainingGraph(form, initial))
    const [step, graph] = [forms[0], graphs[0]]
    if (step === undefined || graph === undefined) throw new GraphError({ message: "A training needs a step." })
    const { slots } = graph
    if (graphs.some((other) => other.slots.map(nameOf).join() !== slots.map(nameOf).join())) {
      throw new GraphError({ message: "The forms of a step keep different things from step to step." })
    }
    return Effect.map(Effect.forEach(graphs, ({ outputs }) => openSession(outputs, options)), (sessions): TrainingLoop => {
      const kept = new Set(slots.map(({ output }) => output))
      const reports = Object.entries(sessions[0]?.outputs ?? {}).filter(([name]) => !kept.has(name))
      const place = options.apart === true ? sharedZeros : zeros
      const placed = (of: Tensor): Tensor => {
        const copy = place(of.type, of.shape)
        copyTensor(of, copy)
        return copy
      }
      const makeBuffers = () => ({
        state: slots.map((slot) => placed(slot.initial)),
        reports: Object.fromEntries(reports.map(([name, { type, shape }]) => [name, place(type, shape)]))
      })
      let [current, next] = [makeBuffers(), makeBuffers()]
      let steps = 0
      const named = (names: (slot: Slot) => string, tensors: ReadonlyArray<Tensor>): Record<string, Tensor> =>
        Object.fromEntries(slots.flatMap((slot, i) => {
          const one = tensors[i]
          return one === undefined ? [] : [[names(slot), one]]
        }))
      return {
        get steps() {
          return steps
        },
        step: async (feeds) => {
          const session = sessions[formOf(feeds)]
          if (session === undefined) throw new EngineError({ message: "No form of the step takes a batch of this shape." })
          await session.runPromise(
            { ...feeds, ...named((slot) => slot.input, current.state) },
            { ...named((slot) => slot.output, next.state), ...next.reports }
          )
          ;[current, next] = [next, current]
          steps++
          return current.reports
        },
        parameters: () => {
          const all = named((slot) => slot.input, current.state)
          return Object.fromEntries(Object.entries(step.parameters).flatMap(([name, value]) => {
            const one = all[value.name]
            return one === undefined ? [] : [[name, cloneTensor(one)]]
          }))
        },
        state: () => named((slot) => slot.input, current.state.map(cloneTensor)),
        restore: (state) => {
          current = { ...current, state: slots.map((slot) => placed(stateFor(slot, state[slot.input]))) }
          steps = 0
        }
      }
    })
  })

const nameOf = ({ input }: Slot): string => input

const stateFor = ({ input, initial }: Slot, given: Tensor | undefined): Tensor => {
  if (given === undefined || given.type !== initial.type || !sameShape(given.shape, initial.shape)) {
    throw new EngineError({ message: `The saved state has no "${input}" of ${initial.type} ${showShape(initial.shape)}: it belongs to another training.` })
  }
  return given
}

/** The outputs of one step's graph and the inputs that they replace at the next. */
export const trainingGraph = ({ carried = {}, clip, loss, parameters, optimiser, report = {}, learningRate }: TrainingStep, initial: Readonly<Record<string, Tensor>>) => {
  const names = Object.keys(parameters)
  const values = Object.values(parameters)
  const rate = learningRate ?? loss.graph.inputs.get("learningRate") ?? loss.graph.input("learningRate", [], loss.type)
  const found = grad(loss, values)
  const { gradients, norm } = clip === undefined ? { gradients: found } : clipped(found, clip)
  const outputs: Record<string, Value> = { ...report, loss, ...(norm === undefined ? {} : { gradientNorm: norm }) }
  const slots: Array<Slot> = []
  const keep = (input: Value, updated: Value, start: Tensor): void => {
    outputs[`${input.name}'`] = updated
    slots.push({ input: input.name, output: `${input.name}'`, initial: start })
  }
  const shared = Object.fromEntries(Object.entries(optimiser.shared ?? {}).map(([name, next]) => {
    const last = loss.graph.input(`optimiser.${name}`, [], loss.type)
    const updated = next(last)
    keep(last, updated, zeros(last.type, []))
    return [name, updated]
  }))
  values.forEach((parameter, i) => {
    const name = names[i] ?? ""
    const gradient = gradients[i]
    if (parameter.graph.inputs.get(parameter.name) !== parameter || gradient === undefined) {
      throw new GraphError({ message: `The parameter "${name}" is not an input of the graph; only inputs can be trained.` })
    }
    const start = startOf(name, parameter, initial)
    const remembered = Object.fromEntries(optimiser.slots.map((slot) =>
      [slot, loss.graph.input(`${parameter.name}.${slot}`, parameter.shape, parameter.type)]))
    const update = optimiser.update(parameter, gradient, remembered, rate, shared)
    keep(parameter, update.parameter, start)
    for (const [slot, input] of Object.entries(remembered)) {
      const updated = update.slots[slot]
      if (updated !== undefined) keep(input, updated, zeros(input.type, input.shape))
    }
  })
  for (const [name, updated] of Object.entries(carried)) {
    const input = loss.graph.inputs.get(name)
    if (input === undefined) throw new GraphError({ message: `"${name}" is not an input of the graph; only inputs can be carried from step to step.` })
    keep(input, updated, startOf(name, input, initial))
  }
  return { outputs, slots }
}

/** Gradients scaled so that their common norm is at most `most` (Pascanu et al. 2013), and the norm before. PyTorch adds 1e-6 to it before it divides. */
const clipped = (gradients: ReadonlyArray<Value>, most: number): { readonly gradients: ReadonlyArray<Value>; readonly norm?: Value } => {
  const [first, ...others] = gradients.map((gradient) => o.reduceSum(o.square(gradient)))
  if (first === undefined) return { gradients }
  const norm = o.sqrt(others.reduce((sum, one) => o.add(sum, one), first))
  const scale = o.min(o.div(most, o.add(norm, 1e-6)), 1)
  return { gradients: gradients.map((gradient) => o.mul(gradient, scale)), norm }
}

const startOf = (name: string, { type, shape }: Value, initial: Readonly<Record<string, Tensor>>): Tensor => {
  const start = initial[name]
  if (start === undefined || start.type !== type || !sameShape(start.shape, shape)) {
    throw new GraphError({ message: `The parameter "${name}" needs an initial value of ${type} ${showShape(shape)}.` })
  }
  return start
}
