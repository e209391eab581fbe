/**
 * Operator cases over random shapes and attributes, one list for every check: derivatives against finite differences, and
 * the reference interpreter against onnxruntime. Values keep apart from each other and from 0, where maxima and kinks are.
 */
import { Graph, type Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { type Shape, sizeOf } from "../../src/tensor/shape.ts"
import { type DataType, fromNumbers, type Tensor } from "../../src/tensor/tensor.ts"

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

interface Range {
  readonly low?: number
  readonly high?: number
}

/** What a case is built with: makes inputs and remembers how they are fed. */
class Bench {
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

type Make = (bench: Bench, dice: Dice) => Value

/** A shape that broadcasts with `shape`: axes dropped in front or shrunk to 1. */
const broadcastable = (dice: Dice, shape: Shape): Array<number> =>
  shape.slice(dice.whole(0, shape.length)).map((size) => dice.pick([size, size, 1]))

const unary = (f: (x: Value) => Value, range?: Range): Make => (bench, dice) => f(bench.input(dice.shape(dice.whole(0, 3)), range))
const binary = (f: (a: Value, b: Value) => Value, left?: Range, right?: Range): Make => (bench, dice) => {
  const shape = dice.shape(dice.whole(0, 3))
  const other = broadcastable(dice, shape)
  const swapped = dice.pick([true, false])
  return f(bench.input(swapped ? other : shape, left), bench.input(swapped ? shape : other, right))
}
const reduction = (f: typeof o.reduceSum, range?: Range): Make => (bench, dice) => {
  const rank = dice.whole(1, 3)
  const axes = dice.order(rank).slice(0, dice.whole(1, rank))
  return f(bench.input(dice.shape(rank), range), dice.pick([axes, axes.map((axis) => axis - rank), undefined]), dice.pick([true, false]))
}
const pairOf = (dice: Dice, low: number, high: number): Array<number> => [dice.whole(low, high), dice.whole(low, high)]

/** Sizes of a random window on a random input, at least one position. */
const windowCase = (dice: Dice, dilated: boolean) => {
  const kernel = pairOf(dice, 1, 3)
  const dilations = dilated ? pairOf(dice, 1, 2) : [1, 1]
  const size = kernel.map((k, axis) => (k - 1) * (dilations[axis] ?? 1) + 1 + dice.whole(0, 3))
  const pads = kernel.map((k) => dice.whole(0, k - 1))
  return { kernel, dilations, size, strides: pairOf(dice, 1, 3), pads: [...pads, ...kernel.map((k) => dice.whole(0, k - 1))] }
}

const makers: Readonly<Record<string, Make>> = {
  add: binary(o.add), sub: binary(o.sub), mul: binary(o.mul), div: binary(o.div, {}, { low: 0.5, high: 2 }),
  pow: binary(o.pow, { low: 0.5, high: 2 }, { low: -2, high: 2 }), "pow of whole number": unary((x) => o.pow(x, 3)),
  max: binary(o.max), min: binary(o.min),
  "max of three": (bench, dice) => { const shape = dice.shape(2); return o.max(o.max(bench.input(shape), bench.input(shape)), bench.input(shape)) },
  neg: unary(o.neg), exp: unary(o.exp), log: unary(o.log, { low: 0.3, high: 3 }), sqrt: unary(o.sqrt, { low: 0.3, high: 3 }),
  reciprocal: unary(o.reciprocal, { low: 0.3, high: 3 }), abs: unary(o.abs), sin: unary(o.sin), cos: unary(o.cos),
  sign: unary(o.sign), floor: unary(o.floor, { low: 0.1, high: 0.9 }), ceil: unary(o.ceil, { low: 0.1, high: 0.9 }),
  relu: unary(o.relu), leakyRelu: (bench, dice) => o.leakyRelu(bench.input(dice.shape(2)), dice.pick([0, 0.25, 0.99])),
  hardSigmoid: unary((x) => o.hardSigmoid(x, 0.4, 0.3)), sigmoid: unary(o.sigmoid), tanh: unary(o.tanh), softplus: unary(o.softplus), erf: unary(o.erf), gelu: unary(o.gelu),
  clip: unary((x) => o.clip(x, -0.7, 1.1)),
  "clip at computed bounds": (bench, dice) => o.clip(bench.input(dice.shape(2)), bench.input([], { low: -1.3, high: -1 }), bench.input([], { low: 1, high: 1.3 })),
  where: (bench, dice) => {
    const shape = dice.shape(2)
    return o.where(o.greater(bench.input(shape), 0.1), bench.input(broadcastable(dice, shape)), bench.input(broadcastable(dice, shape)))
  },
  comparisons: binary((a, b) => {
    const flags = [o.greater(a, b), o.not(o.less(a, b)), o.and(o.greaterOrEqual(a, b), o.lessOrEqual(a, 1)), o.or(o.equal(a, b), o.less(b, 0))]
    return flags.map((flag, i) => o.mul(o.cast(flag, a.type), 2 ** i)).reduce((sum, flag) => o.add(sum, flag), o.mul(a, b))
  }),
  "cast there and back": unary((x) => o.mul(x, o.cast(o.cast(o.mul(x, 2), "int32"), x.type))),
  reduceSum: reduction(o.reduceSum), reduceMean: reduction(o.reduceMean), reduceMax: reduction(o.reduceMax), reduceMin: reduction(o.reduceMin),
  reduceProd: reduction(o.reduceProd, { low: 0.5, high: 1.5 }), reduceL1: reduction(o.reduceL1), reduceL2: reduction(o.reduceL2),
  reduceSumSquare: reduction(o.reduceSumSquare), reduceLogSumExp: reduction(o.reduceLogSumExp),
  argMax: (bench, dice) => { const x = bench.input(dice.shape(2)); return o.mul(o.cast(o.argMax(x, dice.pick([0, 1, -1]), true), x.type), x) },
  "matMul of matrices": (bench, dice) => { const [m, k, n] = [dice.whole(1, 4), dice.whole(1, 4), dice.whole(1, 4)]; return o.matMul(bench.input([m, k]), bench.input([k, n])) },
  "matMul of stacks": (bench, dice) => {
    const [m, k, n] = [dice.whole(1, 3), dice.whole(1, 3), dice.whole(1, 3)]
    const batch = dice.shape(2, 3)
    return o.matMul(bench.input([...batch, m, k]), bench.input([...dice.pick([batch, [], [1, 1], batch.slice(1), [1]]), k, n]))
  },
  "matMul with vectors": (bench, dice) => {
    const [k, n] = [dice.whole(1, 4), dice.whole(1, 4)]
    return dice.pick([
      () => o.matMul(bench.input([k]), bench.input([k])), () => o.matMul(bench.input([n, k]), bench.input([k])), () => o.matMul(bench.input([k]), bench.input([2, k, n]))
    ])()
  },
  gemm: (bench, dice) => {
    const [m, k, n] = [dice.whole(1, 4), dice.whole(1, 4), dice.whole(1, 4)]
    const [transA, transB] = [dice.pick([true, false]), dice.pick([true, false])]
    const c = dice.pick([undefined, [], [n], [m, 1], [m, n]])
    return o.gemm(bench.input(transA ? [k, m] : [m, k]), bench.input(transB ? [n, k] : [k, n]), c === undefined ? undefined : bench.input(c), {
      transA, transB, alpha: dice.pick([1, 0.5]), beta: dice.pick([1, -2])
    })
  },
  softmax: (bench, dice) => o.softmax(bench.input(dice.shape(3)), dice.whole(-3, 2)),
  logSoftmax: (bench, dice) => o.logSoftmax(bench.input(dice.shape(3)), dice.whole(-3, 2)),
  crossEntropy: (bench, dice) => { const n = dice.whole(1, 4); return o.crossEntropy(bench.input([n, 5]), bench.indices([n], 5)) },
  transpose: (bench, dice) => { const rank = dice.whole(1, 4); return o.transpose(bench.input(dice.shape(rank, 3)), dice.order(rank)) },
  reshape: (bench, dice) => { const [a, b, c] = [dice.whole(1, 4), dice.whole(1, 4), dice.whole(1, 4)]; return o.reshape(bench.input([a, b, c]), dice.pick([[a * b, c], [-1], [c, -1, a]])) },
  "flatten, squeeze, unsqueeze": (bench, dice) => {
    const [flat = bench.input([])] = o.callMany("Flatten", [bench.input([...dice.shape(3), 1])], { axis: dice.whole(0, 3) }, 1)
    const [wide = flat] = o.callMany("Unsqueeze", [flat], { axes: [0, -1] }, 1)
    return o.callMany("Squeeze", [wide], { axes: [0] }, 1)[0] ?? wide
  },
  slice: (bench, dice) => {
    const shape = dice.shape(2, 7)
    const cut = shape.map((size) => { const from = dice.whole(0, size - 1); return { from, to: dice.whole(from + 1, size) } })
    const [starts, ends] = [cut.map(({ from }) => from), cut.map(({ to }) => to)]
    return dice.pick([
      () => o.slice(bench.input(shape), starts, ends, undefined, [dice.whole(1, 3), dice.whole(1, 3)]),
      () => o.slice(bench.input(shape), [-1], [-100], [dice.whole(0, 1)], [-dice.whole(1, 3)])
    ])()
  },
  concat: (bench, dice) => { const axis = dice.whole(0, 2); const shape = dice.shape(3); return o.concat([2, 1, 3].map((size) => bench.input(shape.with(axis, size))), dice.pick([axis, axis - 3])) },
  split: (bench, dice) => {
    const parts = o.callMany("Split", [bench.input([3, 5])], { axis: 1, ...dice.pick([{ split: [2, 3] }, { num_outputs: 2 }]) }, 2)
    const [left, right] = parts
    return left === undefined || right === undefined ? bench.input([]) : o.mul(o.reduceSum(o.exp(left), [1], true), dice.pick([right, left]))
  },
  tile: (bench, dice) => o.callMany("Tile", [bench.input(dice.shape(2))], { repeats: pairOf(dice, 1, 3) }, 1)[0] ?? bench.input([]),
  pad: (bench, dice) => o.pad(bench.input(dice.shape(2)), pairOf(dice, 0, 2), pairOf(dice, 0, 2), dice.pick([0, 1.5])),
  expand: (bench, dice) => { const shape = dice.shape(3); return o.mul(o.expand(bench.input(broadcastable(dice, shape)), shape), bench.input(shape)) },
  gather: (bench, dice) => { const shape = dice.shape(3); const axis = dice.whole(0, 2); return o.gather(bench.input(shape), bench.indices(dice.shape(dice.whole(0, 2), 3), shape[axis] ?? 1), axis) },
  gatherElements: (bench, dice) => { const shape = dice.shape(2); return o.gatherElements(bench.input(shape), bench.indices(shape.with(1, 3), shape[1] ?? 1), 1) },
  gatherND: (bench, dice) => o.callMany("GatherND", [bench.input([3, 3, 2]), bench.indices([dice.whole(1, 4), dice.whole(1, 2)], 3)], {}, 1)[0] ?? bench.input([]),
  "scatterElements, adding": (bench, dice) => { const shape = dice.shape(2); return o.scatterElements(bench.input(shape), bench.indices(shape.with(0, 3), shape[0] ?? 1), bench.input(shape.with(0, 3)), 0, "add") },
  "scatterND, adding": (bench, dice) => { const n = dice.whole(1, 4); return o.scatterND(bench.input([4, 3]), bench.indices([n, 1], 4), bench.input([n, 3]), "add") },
  "scatterND, replacing": (bench) => o.scatterND(bench.input([4, 3]), bench.indices([1, 1], 4), bench.input([1, 3])),
  conv: (bench, dice) => {
    const { kernel, size, ...options } = windowCase(dice, true)
    const [groups, inputs, outputs] = [dice.pick([1, 1, 2]), dice.whole(1, 2), dice.whole(1, 2)]
    const weights = bench.input([outputs * groups, inputs, ...kernel])
    return o.conv(bench.input([dice.whole(1, 2), inputs * groups, ...size]), weights, dice.pick([undefined, bench.input([outputs * groups])]), { ...options, groups })
  },
  "conv in one and three dimensions": (bench, dice) => dice.pick([
    () => o.conv(bench.input([2, 2, 7]), bench.input([3, 2, 3]), undefined, { strides: 2, pads: [1, 0] }),
    () => o.conv(bench.input([1, 2, 3, 4, 3]), bench.input([2, 2, 2, 2, 2]), undefined, { pads: 1, strides: [1, 2, 1] })
  ])(),
  convTranspose: (bench, dice) => {
    const kernel = pairOf(dice, 2, 3)
    const [groups, inputs, outputs] = [dice.pick([1, 2]), dice.whole(1, 2), dice.whole(1, 2)]
    const strides = pairOf(dice, 1, 3)
    const weights = bench.input([outputs * groups, inputs, ...kernel])
    const outputPadding = strides.map((stride) => dice.whole(0, stride - 1))
    return o.convTranspose(bench.input([2, outputs * groups, ...pairOf(dice, 2, 3)]), weights, { strides, pads: dice.pick([0, 1]), groups, outputPadding })
  },
  averagePool: (bench, dice) => {
    const { kernel, size, strides, pads } = windowCase(dice, false)
    return o.averagePool(bench.input([2, 2, ...size]), kernel, { strides, pads })
  },
  "averagePool, blocks": (bench, dice) => { const kernel = pairOf(dice, 1, 3); return o.averagePool(bench.input([2, 1, ...kernel.map((k) => 2 * k)]), kernel) },
  "averagePool with ceil_mode and padding counted": (bench, dice) => o.callMany("AveragePool", [bench.input([1, 2, 6, 7])], {
    kernel_shape: [3, 2], strides: [2, 3], pads: [1, 0, 1, 1], ceil_mode: dice.whole(0, 1), count_include_pad: dice.whole(0, 1)
  }, 1)[0] ?? bench.input([]),
  maxPool: (bench, dice) => {
    const { kernel, size, strides, pads, dilations } = windowCase(dice, true)
    return o.maxPool(bench.input([2, 2, ...size]), kernel, { strides, pads, dilations })
  },
  globalAveragePool: (bench, dice) => o.globalAveragePool(bench.input([2, 3, ...dice.shape(2)])),
  globalMaxPool: (bench, dice) => o.callMany("GlobalMaxPool", [bench.input([2, 3, ...dice.shape(2)])], {}, 1)[0] ?? bench.input([]),
  "a two-layer net": (bench) => {
    const hidden = o.leakyRelu(o.linear(bench.input([4, 3]), bench.input([5, 3]), bench.input([5])), 0.1)
    return o.crossEntropy(o.linear(hidden, bench.input([3, 5])), bench.indices([4], 3))
  },
  "a step along a normalised gradient": (bench) => {
    const [x, w] = [bench.input([3, 4]), bench.input([2, 4])]
    const score = o.reduceSum(o.softplus(o.linear(x, w)), [1], true)
    return o.div(o.mul(score, x), o.reduceL2(x, [1], true))
  }
}

export const caseTitles: ReadonlyArray<string> = Object.keys(makers)

/** The case of that title, with random shapes and values from the seed. */
export const makeCase = (title: string, seed: number, type: DataType): Case => {
  const maker = makers[title]
  if (maker === undefined) throw new Error(`no case "${title}"`)
  const bench = new Bench(new Dice(seed), type)
  const output = maker(bench, bench.dice)
  return { title, graph: bench.graph, inputs: bench.inputs, output, feeds: bench.feeds }
}

/** A scalar that weighs every element of the output differently, so that its gradient says all about the derivative. */
export const weighted = ({ graph, output }: Case, dice: Dice): Value =>
  o.reduceSum(o.mul(output, graph.constant(fromNumbers(apart(dice, sizeOf(output.shape), -1, 1), output))))
