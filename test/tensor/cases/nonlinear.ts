/** Cases of further nonlinearities, elementary functions, remainders and reductions. */
import * as o from "../../../src/tensor/ops.ts"
import { binary, broadcastable, type Make, unary } from "./bench.ts"

export const nonlinear: Readonly<Record<string, Make>> = {
  elu: (bench, dice) => o.elu(bench.input(dice.shape(2)), dice.pick([1, 0.25, 2])),
  selu: unary(o.selu), softsign: unary(o.softsign), silu: unary(o.silu), mish: unary(o.mish), "gelu with tanh": unary(o.geluTanh),
  celu: (bench, dice) => o.celu(bench.input(dice.shape(2)), dice.pick([1, 0.5, 2])),
  hardSwish: unary((x) => o.hardSwish(o.mul(x, 1.3))),
  pRelu: (bench, dice) => { const shape = dice.shape(3); return o.pRelu(bench.input(shape), bench.input(broadcastable(dice, shape))) },
  thresholdedRelu: (bench, dice) => o.thresholdedRelu(bench.input(dice.shape(2)), dice.pick([0.77, 0.13])),
  tan: unary(o.tan, { low: -1.2, high: 1.2 }), asin: unary(o.asin, { low: -0.9, high: 0.9 }), acos: unary(o.acos, { low: -0.9, high: 0.9 }), atan: unary(o.atan),
  sinh: unary(o.sinh), cosh: unary(o.cosh), asinh: unary(o.asinh), acosh: unary(o.acosh, { low: 1.2, high: 3 }), atanh: unary(o.atanh, { low: -0.9, high: 0.9 }),
  fmod: binary(o.fmod, { low: -2, high: 2 }, { low: 2.2, high: 3 }),
  "fmod over several turns": unary((x) => o.fmod(x, 0.7)),
  dropout: (bench, dice) => { const shape = dice.shape(3); return o.dropout(bench.input(shape), bench.input(shape, { low: 0, high: 1 }), dice.pick([0, 0.3, 0.5])) },
  "dropout of whole samples and channels": (bench, dice) => o.dropout(bench.input([3, 2, 4]), bench.input(dice.pick([[3, 1, 1], [3, 2, 1], [1, 1, 4]]), { low: 0, high: 1 }), 0.4),
  "tests and exclusive or": unary((x) => {
    const flags = [o.isNaN(o.sqrt(x)), o.isInf(o.div(x, 0)), o.xor(o.greater(x, 0), o.less(x, 1))]
    return flags.map((flag, i) => o.mul(o.cast(flag, x.type), 2 ** i)).reduce((sum, flag) => o.add(sum, flag), x)
  }),
  "remainders and bits of whole numbers": (bench, dice) => {
    const x = bench.input(dice.shape(2), { low: -20, high: 20 })
    const whole = o.cast(x, "int32")
    const [flipped = whole] = o.callMany("BitwiseXor", [whole, o.mod(whole, x.graph.constant(7, "int32"))], {}, 1)
    return o.mul(o.cast(flipped, x.type), x)
  },
  reduceLogSum: (bench, dice) => o.callMany("ReduceLogSum", [bench.input(dice.shape(3), { low: 0.3, high: 2 })], { axes: [dice.whole(0, 2)], keepdims: dice.whole(0, 1) }, 1)[0] ?? bench.input([]),
  argMin: (bench, dice) => { const x = bench.input(dice.shape(2)); return o.mul(o.cast(o.argMin(x, dice.pick([0, 1, -1]), true), x.type), x) },
  cumSum: (bench, dice) => o.cumSum(bench.input(dice.shape(3)), dice.whole(-3, 2), { exclusive: dice.pick([true, false]), reverse: dice.pick([true, false]) })
}
