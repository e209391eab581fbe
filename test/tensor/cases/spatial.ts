/** Cases of normalisations, and of what works on images and signals. */
import type { Value } from "../../../src/tensor/graph.ts"
import * as o from "../../../src/tensor/ops.ts"
import { type Bench, type Dice, type Make, pairOf, windowCase } from "./bench.ts"

const POSITIVE = { low: 0.5, high: 2 }

/** [N, C] and up to three spatial axes. */
const channelled = (dice: Dice, channels: number, fewest = 0): Array<number> => [dice.whole(2, 3), channels, ...dice.shape(dice.whole(fewest, 3), 3)]

const one = (op: string, inputs: ReadonlyArray<Value>, attributes: Parameters<typeof o.callMany>[2], bench: Bench): Value =>
  o.callMany(op, inputs, attributes, 1)[0] ?? bench.input([])

export const spatial: Readonly<Record<string, Make>> = {
  batchNormalization: (bench, dice) => {
    const channels = dice.whole(1, 3)
    const of = (range = {}) => bench.input([channels], range)
    return o.batchNormalization(bench.input(channelled(dice, channels)), of(), of(), of(), of(POSITIVE), dice.pick([1e-5, 0.1]))
  },
  "batchNormalization while training": (bench, dice) => {
    const channels = dice.whole(1, 3)
    const of = (range = {}) => bench.input([channels], range)
    const { y, mean, variance } = o.batchNormalizationTraining(bench.input(channelled(dice, channels, 1)), of(), of(), of(), of(POSITIVE), { epsilon: 0.01, momentum: 0.8 })
    return o.concat([o.reshape(y, [-1]), o.mul(mean, mean), o.sqrt(variance)], 0)
  },
  layerNormalization: (bench, dice) => {
    const shape = [dice.whole(1, 3), dice.whole(2, 3), dice.whole(2, 4)]
    const axis = dice.whole(-3, 2)
    const normal = shape.slice(axis)
    return o.layerNormalization(bench.input(shape), bench.input(dice.pick([normal, normal.slice(-1)])), dice.pick([undefined, bench.input(normal)]), { axis, epsilon: 0.01 })
  },
  instanceNormalization: (bench, dice) => {
    const channels = dice.whole(1, 3)
    return o.instanceNormalization(bench.input([dice.whole(1, 2), channels, ...pairOf(dice, 2, 3)]), bench.input([channels]), bench.input([channels]), 0.01)
  },
  groupNormalization: (bench, dice) => {
    const groups = dice.whole(1, 2)
    const channels = groups * dice.whole(1, 2)
    return o.groupNormalization(bench.input([2, channels, ...pairOf(dice, 2, 3)]), bench.input([channels]), bench.input([channels]), groups, 0.01)
  },
  lpNormalization: (bench, dice) => one("LpNormalization", [bench.input(dice.shape(3))], { axis: dice.whole(-3, 2), p: dice.whole(1, 2) }, bench),
  lpPool: (bench, dice) => {
    const { kernel, size, strides, pads, dilations } = windowCase(dice, true)
    return one("LpPool", [bench.input([2, 2, ...size])], { kernel_shape: kernel, strides, pads, dilations, p: dice.whole(1, 3) }, bench)
  },
  globalLpPool: (bench, dice) => one("GlobalLpPool", [bench.input([2, 3, ...dice.shape(2)])], { p: dice.whole(1, 3) }, bench),
  "conv with automatic padding": (bench, dice) => one("Conv", [bench.input([1, 2, ...pairOf(dice, 3, 6)]), bench.input([3, 2, ...pairOf(dice, 1, 3)])], {
    auto_pad: dice.pick(["SAME_UPPER", "SAME_LOWER", "VALID"]), strides: pairOf(dice, 1, 2)
  }, bench),
  "convTranspose in one and three dimensions": (bench, dice) => dice.pick([
    () => o.convTranspose(bench.input([2, 2, 4]), bench.input([2, 3, 3]), { strides: 2, pads: [1, 0], outputPadding: 1, dilations: dice.whole(1, 2) }),
    () => o.convTranspose(bench.input([1, 2, 2, 3, 2]), bench.input([2, 1, 2, 2, 2]), { strides: [1, 2, 1], groups: 2 })
  ])(),
  "convTranspose to a given size": (bench, dice) => one("ConvTranspose", [bench.input([1, 2, 3, 4]), bench.input([2, 2, 3, 3]), bench.input([2])], {
    strides: [3, 2], ...dice.pick<Record<string, string | ReadonlyArray<number>>>([{ output_shape: [10, 8] }, { auto_pad: "SAME_UPPER" }, { auto_pad: "SAME_LOWER" }])
  }, bench),
  "maxPool with automatic padding and ceil_mode": (bench, dice) => o.callMany("MaxPool", [bench.input([1, 2, ...pairOf(dice, 4, 7)])], {
    kernel_shape: [3, 2], strides: [2, 3], ...dice.pick([{ auto_pad: "SAME_UPPER" }, { auto_pad: "SAME_LOWER" }, { ceil_mode: 1 }])
  }, 2)[0] ?? bench.input([]),
  "pooling in one and three dimensions": (bench, dice) => dice.pick([
    () => o.maxPool(bench.input([2, 2, 7]), 3, { strides: 2, pads: [1, 0] }), () => o.maxPool(bench.input([1, 2, 3, 4, 3]), 2, { strides: 1 }),
    () => o.averagePool(bench.input([2, 2, 7]), 3, { strides: 2, pads: [1, 0] }), () => o.averagePool(bench.input([1, 2, 3, 4, 3]), 2, { strides: 1 })
  ])(),
  "resize, nearest": (bench, dice) => o.resize(bench.input([1, 2, ...pairOf(dice, 1, 4)]), pairOf(dice, 1, 8), {
    mode: "nearest", coordinates: dice.pick(["half_pixel", "asymmetric", "align_corners"]),
    nearest: dice.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
  }),
  "resize, linear": (bench, dice) => o.resize(bench.input([1, 2, ...pairOf(dice, 1, 4)]), pairOf(dice, 1, 8), {
    mode: "linear", coordinates: dice.pick(["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners"]), antialias: dice.pick([true, false])
  }),
  "resize, cubic": (bench, dice) => o.resize(bench.input([1, 1, ...pairOf(dice, 2, 5)]), pairOf(dice, 1, 8), { mode: "cubic", antialias: dice.pick([true, false]) }),
  upsample: (bench, dice) => o.upsample(bench.input([1, 2, ...dice.shape(2)]), dice.whole(1, 3)),
  "depthToSpace and back": (bench, dice) => o.spaceToDepth(o.exp(o.depthToSpace(bench.input([1, 8, 2, 3]), 2, dice.pick(["DCR", "CRD"]))), 2),
  "dft of real signals": (bench, dice) => o.dft(bench.input([...dice.shape(2, 6), 1]), { axis: dice.whole(0, 1), onesided: dice.pick([true, false]) }),
  "dft of complex signals": (bench, dice) => o.dft(bench.input([...dice.shape(3, 4), 2]), { axis: dice.whole(0, 2), inverse: dice.pick([true, false]) }),
  "dft in two dimensions": (bench, dice) => {
    const spectrum = o.dft2(bench.input([2, ...pairOf(dice, 1, 5)]))
    return o.dft2(o.mul(spectrum, bench.input(spectrum.shape.slice(1))), { complex: true, inverse: true })
  }
}
