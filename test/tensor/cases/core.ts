/** Cases of the operators that every network uses. */
import * as o from "../../../src/tensor/ops.ts"
import { binary, broadcastable, type Make, pairOf, reduction, unary, windowCase } from "./bench.ts"

export const core: Readonly<Record<string, Make>> = {
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
