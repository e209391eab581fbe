/**
 * LSTM, GRU and RNN, unrolled over their sequence, whose length a static graph knows. The products with the inputs are made for all steps
 * at once. Equations, gate order and defaults as at https://onnx.ai/onnx/operators/onnx__LSTM.html.
 */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { tensor } from "../tensor.ts"
import { type Call, numberAttribute, numbersOf, operand, textAttribute } from "./call.ts"

type Activation = (x: Value) => Value

const activations: ReadonlyMap<string, Activation> = new Map([
  ["sigmoid", o.sigmoid], ["tanh", o.tanh], ["relu", o.relu], ["softplus", o.softplus]
])

/** One direction of one layer. State is [batch, hidden]. */
interface Cell {
  readonly hidden: number
  /** [hidden, gates * hidden] */
  readonly recurrence: Value
  /** What is added to the recurrent product, [gates * hidden]; undefined for zeros. */
  readonly bias: Value | undefined
  /** [3 * hidden]: what the gates see of the cell. */
  readonly peephole: Value | undefined
  readonly activations: ReadonlyArray<Activation>
  readonly linearBeforeReset: boolean
  readonly coupled: boolean
}

interface State {
  readonly h: Value
  readonly c: Value
}

/** The state after a step whose input products are `x` [batch, gates * hidden]. */
type Step = (cell: Cell, x: Value, state: State) => State

/** Columns of gate `i`. */
const gate = (of: Value, i: number, hidden: number): Value => o.slice(of, [i * hidden], [(i + 1) * hidden], [of.shape.length - 1])

const biased = (x: Value, bias: Value | undefined): Value => (bias === undefined ? x : o.add(x, bias))

const lstm: Step = ({ activations: [f = o.sigmoid, g = o.tanh, h = o.tanh], bias, coupled, hidden, peephole, recurrence }, x, state) => {
  const all = biased(o.add(x, o.matMul(state.h, recurrence)), bias)
  const seen = (i: number, c: Value) => (peephole === undefined ? gate(all, i, hidden) : o.add(gate(all, i, hidden), o.mul(gate(peephole, i, hidden), c)))
  const input = f(seen(0, state.c))
  const forget = coupled ? o.sub(1, input) : f(seen(2, state.c))
  const c = o.add(o.mul(forget, state.c), o.mul(input, g(gate(all, 3, hidden))))
  return { c, h: o.mul(f(seen(1, c)), h(c)) }
}

const gru: Step = ({ activations: [f = o.sigmoid, g = o.tanh], bias, hidden, linearBeforeReset, recurrence }, x, state) => {
  const product = biased(o.matMul(state.h, recurrence), bias)
  const z = f(o.add(gate(x, 0, hidden), gate(product, 0, hidden)))
  const r = f(o.add(gate(x, 1, hidden), gate(product, 1, hidden)))
  const recurrent = linearBeforeReset
    ? o.mul(r, gate(product, 2, hidden))
    : biased(o.matMul(o.mul(r, state.h), gate(recurrence, 2, hidden)), bias === undefined ? undefined : gate(bias, 2, hidden))
  const candidate = g(o.add(gate(x, 2, hidden), recurrent))
  const h = o.add(o.mul(o.sub(1, z), candidate), o.mul(z, state.h))
  return { h, c: h }
}

const rnn: Step = ({ activations: [f = o.tanh], bias, recurrence }, x, state) => {
  const h = f(biased(o.add(x, o.matMul(state.h, recurrence)), bias))
  return { h, c: h }
}

/** Operators with the gates they have, the activations of one direction and their step. */
const kinds = {
  LSTM: { gates: 4, count: 3, step: lstm },
  GRU: { gates: 3, count: 2, step: gru },
  RNN: { gates: 1, count: 1, step: rnn }
} as const

const recurrent = (kind: keyof typeof kinds) => (call: Call): ReadonlyArray<Value> => {
  const { count, gates, step } = kinds[kind]
  if (call.attributes.has("clip")) throw new GraphError({ message: `${call.where}: clipping within the cells is not supported.` })
  const batchFirst = (numberAttribute(call, "layout") ?? 0) !== 0
  const swap = (x: Value) => (batchFirst ? o.transpose(x, [1, 0, ...[...x.shape.keys()].slice(2)]) : x)
  const x = swap(operand(call, 0))
  const [w, r] = [operand(call, 1), operand(call, 2)]
  const [steps, batch, hidden] = [at(x.shape, 0), at(x.shape, 1), at(r.shape, 2)]
  const lengths = lengthsOf(call, steps)
  const direction = textAttribute(call, "direction") ?? "forward"
  const names = call.attributes.get("activations")
  const cells = Array.from({ length: at(w.shape, 0) }, (_, d) => {
    const part = (value: Value) => o.reshape(o.slice(value, [d], [d + 1], [0]), value.shape.slice(1))
    const b = call.inputs[3] === undefined ? undefined : part(call.inputs[3])
    const width = gates * hidden
    const [inputBias, bias] = b === undefined ? [undefined, undefined] : [o.slice(b, [0], [width], [0]), o.slice(b, [width], [2 * width], [0])]
    const start = (position: number) => {
      const given = call.inputs[position]
      return given === undefined ? o.full(x, [batch, hidden], 0) : part(swap(given))
    }
    const cell: Cell = {
      hidden, bias,
      recurrence: o.transpose(part(r)),
      peephole: call.inputs[7] === undefined ? undefined : part(call.inputs[7]),
      activations: Array.isArray(names) ? names.slice(d * count, (d + 1) * count).map((name) => activationNamed(String(name), call)) : [],
      linearBeforeReset: (numberAttribute(call, "linear_before_reset") ?? 0) !== 0,
      coupled: (numberAttribute(call, "input_forget") ?? 0) !== 0
    }
    const products = biased(o.matMul(x, o.transpose(part(w))), inputBias)
    const backwards = direction === "reverse" || d === 1
    if (backwards && lengths !== undefined) throw new GraphError({ message: `${call.where}: sequences of several lengths backwards are not supported.` })
    return run(step, cell, products, { h: start(5), c: start(6) }, backwards, lengths)
  })
  const outer = (value: Value) => o.reshape(value, [1, ...value.shape])
  const stack = (values: ReadonlyArray<Value>, axis: number) => o.concat(values.map((value) => o.reshape(value, value.shape.toSpliced(axis, 0, 1))), axis)
  const outputs = stack(cells.map(({ all }) => o.concat(all.map(outer), 0)), 1) // [steps, directions, batch, hidden]
  const [h, c] = [stack(cells.map(({ last }) => last.h), 0), stack(cells.map(({ last }) => last.c), 0)]
  return batchFirst ? [o.transpose(outputs, [2, 0, 1, 3]), o.transpose(h, [1, 0, 2]), o.transpose(c, [1, 0, 2])] : [outputs, h, c]
}

const run = (step: Step, cell: Cell, products: Value, start: State, backwards: boolean, lengths: ReadonlyArray<number> | undefined) => {
  const steps = at(products.shape, 0)
  const all: Array<Value> = []
  let state = start
  for (let i = 0; i < steps; i++) {
    const t = backwards ? steps - 1 - i : i
    const x = o.reshape(o.slice(products, [t], [t + 1], [0]), products.shape.slice(1))
    const next = step(cell, x, state)
    // A sequence that is over keeps its state and gives zeros.
    const alive = lengths === undefined ? undefined : products.graph.constant(tensor(lengths.map((length) => (t < length ? 1 : 0)), [lengths.length, 1], "bool"))
    const kept = state
    state = alive === undefined ? next : { h: o.where(alive, next.h, kept.h), c: o.where(alive, next.c, kept.c) }
    all[t] = alive === undefined ? state.h : o.where(alive, next.h, 0)
  }
  return { all, last: state }
}

/** Lengths of the sequences, where they are not all of full length. */
const lengthsOf = (call: Call, steps: number): ReadonlyArray<number> | undefined => {
  const given = call.inputs[4]
  if (given === undefined) return undefined
  const lengths = numbersOf(given, "sequence lengths", call)
  return lengths.every((length) => length === steps) ? undefined : lengths
}

const activationNamed = (name: string, { where }: Call): Activation => {
  const known = activations.get(name.toLowerCase())
  if (known === undefined) throw new GraphError({ message: `${where}: the activation ${name} is not supported; ${[...activations.keys()].join(", ")} are.` })
  return known
}

export const recurrences: ReadonlyMap<string, (call: Call) => ReadonlyArray<Value>> = new Map([["LSTM", recurrent("LSTM")], ["GRU", recurrent("GRU")], ["RNN", recurrent("RNN")]])
