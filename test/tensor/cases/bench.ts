/** What operator cases are made with: random shapes, and values that keep apart from each other and from 0, where maxima and kinks are. */
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import type * as o from "../../../src/tensor/ops.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { type DataType, fromNumbers, type Tensor } from "../../../src/tensor/tensor.ts"

/** A small generator of random numbers (mulberry32), so that a failing case can be made again from its seed. */
export class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number of low to high. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1))
  }
  pick<A>(options: readonly [A, ...ReadonlyArray<A>]): A {
    return options[this.whole(0, options.length - 1)] ?? options[0]
  }
  shape(rank: number, most = 4): Array<number> {
    return Array.from({ length: rank }, () => this.whole(1, most))
  }
  order(n: number): Array<number> {
    const order = Array.from({ length: n }, (_, i) => i)
    return order.map((_, i) => {
      const j = this.whole(i, n - 1)
      const chosen = order[j] ?? 0
      order[j] = order[i] ?? 0
      order[i] = chosen
      return chosen
    })
  }
}

/** Numbers of (low, high) in random order, none near another or near 0. */
export const apart = (dice: Dice, size: number, low: number, high: number): Array<number> => {
  const offset = 0.3 + 0.4 * dice.uniform()
  return dice.order(size).map((i) => low + ((i + offset) / size) * (high - low)).map((x) => (Math.abs(x) < 1e-3 ? 0.01 : x))
}

export interface Case {
  readonly title: string
  readonly graph: Graph
  /** Floating-point inputs, with respect to which derivatives are checked. */
  readonly inputs: ReadonlyArray<Value>
  readonly output: Value
  readonly feeds: Readonly<Record<string, Tensor>>
}

export interface Range {
  readonly low?: number
  readonly high?: number
}

/** What a case is built with: makes inputs and remembers how they are fed. */
export class Bench {
  readonly graph = new Graph()
  readonly inputs: Array<Value> = []
  readonly feeds: Record<string, Tensor> = {}
  readonly type: DataType
  readonly dice: Dice
  constructor(dice: Dice, type: DataType) {
    this.type = type
    this.dice = dice
  }
  input(shape: Shape, { low = -2, high = 2 }: Range = {}): Value {
    const value = this.graph.input(`x${this.inputs.length}`, shape, this.type)
    this.feeds[value.name] = fromNumbers(apart(this.dice, sizeOf(shape), low, high), value)
    this.inputs.push(value)
    return value
  }
  /** Indices of -size to size - 1, as an int64 input. */
  indices(shape: Shape, size: number): Value {
    const value = this.graph.input(`i${Object.keys(this.feeds).length}`, shape, "int64")
    this.feeds[value.name] = fromNumbers(Array.from({ length: sizeOf(shape) }, () => this.dice.whole(-size, size - 1)), value)
    return value
  }
}

export type Make = (bench: Bench, dice: Dice) => Value

/** A shape that broadcasts with `shape`: axes dropped in front or shrunk to 1. */
export const broadcastable = (dice: Dice, shape: Shape): Array<number> =>
  shape.slice(dice.whole(0, shape.length)).map((size) => dice.pick([size, size, 1]))

export const unary = (f: (x: Value) => Value, range?: Range): Make => (bench, dice) => f(bench.input(dice.shape(dice.whole(0, 3)), range))
export const binary = (f: (a: Value, b: Value) => Value, left?: Range, right?: Range): Make => (bench, dice) => {
  const shape = dice.shape(dice.whole(0, 3))
  const other = broadcastable(dice, shape)
  const swapped = dice.pick([true, false])
  return f(bench.input(swapped ? other : shape, left), bench.input(swapped ? shape : other, right))
}
export const reduction = (f: typeof o.reduceSum, range?: Range): Make => (bench, dice) => {
  const rank = dice.whole(1, 3)
  const axes = dice.order(rank).slice(0, dice.whole(1, rank))
  return f(bench.input(dice.shape(rank), range), dice.pick([axes, axes.map((axis) => axis - rank), undefined]), dice.pick([true, false]))
}
export const pairOf = (dice: Dice, low: number, high: number): Array<number> => [dice.whole(low, high), dice.whole(low, high)]

/** Sizes of a random window on a random input, at least one position. */
export const windowCase = (dice: Dice, dilated: boolean) => {
  const kernel = pairOf(dice, 1, 3)
  const dilations = dilated ? pairOf(dice, 1, 2) : [1, 1]
  const size = kernel.map((k, axis) => (k - 1) * (dilations[axis] ?? 1) + 1 + dice.whole(0, 3))
  const pads = kernel.map((k) => dice.whole(0, k - 1))
  return { kernel, dilations, size, strides: pairOf(dice, 1, 3), pads: [...pads, ...kernel.map((k) => dice.whole(0, k - 1))] }
}
