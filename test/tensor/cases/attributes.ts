/** Cases of attributes and operands that the other cases leave at what they are by default. */
import type { Value } from "../../../src/tensor/graph.ts"
import type { Attributes } from "../../../src/tensor/operator.ts"
import * as o from "../../../src/tensor/ops.ts"
import type { DataType } from "../../../src/tensor/tensor.ts"
import type { Bench, Make } from "./bench.ts"

const one = (op: string, inputs: ReadonlyArray<Value>, attributes: Attributes, bench: Bench): Value => o.callMany(op, inputs, attributes, 1)[0] ?? bench.input([])

/** The bits of two whole numbers, weighted by an input so that there is something to differentiate. */
const bits = (type: DataType, operator: (a: Value, b: Value) => Value): Make => (bench, dice) => {
  const shape = dice.shape(2)
  const [x, y] = [bench.input(shape, { low: 0, high: 40 }), bench.input(shape, { low: 0, high: 5 })]
  return o.mul(o.cast(operator(o.cast(x, type), o.cast(y, type)), x.type), x)
}

export const attributes: Readonly<Record<string, Make>> = {
  "max and min of many at once": (bench, dice) => {
    const inputs = [dice.shape(2), [1], []].map((shape) => bench.input(shape))
    return o.sub(one("Max", inputs, {}, bench), one("Min", inputs.toReversed(), {}, bench))
  },
  "max of one": (bench, dice) => one("Max", [bench.input(dice.shape(2))], {}, bench),
  "concat of one": (bench, dice) => one("Concat", [bench.input(dice.shape(2))], { axis: 1 }, bench),
  round: (bench, dice) => { const x = bench.input(dice.shape(2), { low: 0.05, high: 0.45 }); return o.mul(o.round(o.mul(x, 3)), x) },
  "identity, stopped gradient": (bench, dice) => { const x = bench.input(dice.shape(2)); return o.mul(one("Identity", [o.stopGradient(o.sign(x))], {}, bench), x) },
  "selu with its parameters": (bench, dice) => one("Selu", [bench.input(dice.shape(2))], { alpha: dice.pick([1.5, 0.5]), gamma: dice.pick([1.2, 0.8]) }, bench),
  "infinities of one sign": (bench, dice) => {
    const x = bench.input(dice.shape(2))
    const signs = dice.pick<Attributes>([{ detect_positive: 0, detect_negative: 1 }, { detect_positive: 1, detect_negative: 0 }])
    return o.mul(o.add(o.cast(one("IsInf", [o.div(x, 0)], signs, bench), x.type), 1), x)
  },
  "bits: and, or": bits("int32", (a, b) => o.add(o.callMany("BitwiseAnd", [a, b], {}, 1)[0] ?? a, o.callMany("BitwiseOr", [a, b], {}, 1)[0] ?? a)),
  "bits: not": bits("int32", (a) => o.callMany("BitwiseNot", [a], {}, 1)[0] ?? a),
  "bits: shifts": (bench, dice) => bits("uint8", (a, b) => o.callMany("BitShift", [a, b], { direction: dice.pick(["LEFT", "RIGHT"]) }, 1)[0] ?? a)(bench, dice),
  "places of extremes, the last of equals": (bench, dice) => {
    const x = bench.input([3, 4])
    const given = { axis: dice.whole(-2, 1), keepdims: dice.whole(0, 1), select_last_index: dice.whole(0, 1) }
    const steps = o.floor(o.mul(x, 0.9)) // equal numbers among them
    const [most, least] = [one("ArgMax", [steps], given, bench), one("ArgMin", [steps], given, bench)]
    return o.mul(o.add(o.reduceSum(o.cast(most, x.type)), o.reduceSum(o.mul(o.cast(least, x.type), 10))), x)
  },
  "topK in any order": (bench) => { const x = bench.input([3, 5]); return o.reduceSumSquare(o.callMany("TopK", [x], { k: [3], sorted: 0 }, 2)[0] ?? x, [1]) },
  "layerNormalization with other settings": (bench, dice) =>
    o.callMany("LayerNormalization", [bench.input([2, 3, 4]), bench.input([4])], { axis: -1, epsilon: dice.pick([1e-5, 0.3]), stash_type: 1 }, 1)[0] ?? bench.input([]),
  "instanceNormalization with a large epsilon": (bench, dice) => o.instanceNormalization(bench.input([2, 2, 3]), bench.input([2]), bench.input([2]), dice.pick([1e-5, 0.5])),
  "reshape that keeps sizes of 0": (bench) => o.add(one("Reshape", [bench.input([2, 3])], { shape: [3, 2], allowzero: 1 }, bench), 0.5),
  "gatherElements along any axis": (bench, dice) => { const axis = dice.whole(-3, 2); return o.gatherElements(bench.input([2, 3, 4]), bench.indices([2, 3, 4].with(axis, 2), [2, 3, 4].at(axis) ?? 1), axis) },
  "scatterElements along any axis": (bench, dice) => {
    const axis = dice.whole(-3, 2)
    const shape = [2, 3, 4].with(axis, 2)
    return o.scatterElements(bench.input([2, 3, 4]), bench.indices(shape, [2, 3, 4].at(axis) ?? 1), bench.input(shape), axis, "add")
  },
  "scatterElements, the greatest or least": (bench, dice) =>
    one("ScatterElements", [bench.input([3, 4]), bench.indices([2, 4], 3), bench.input([2, 4])], { axis: 0, reduction: dice.pick(["max", "min"]) }, bench),
  "scatterND, the greatest or least": (bench, dice) =>
    one("ScatterND", [bench.input([4, 3]), bench.indices([3, 1], 4), bench.input([3, 3])], { reduction: dice.pick(["max", "min"]) }, bench),
  "cast to the other precision and back": (bench, dice) => {
    const x = bench.input(dice.shape(2))
    return o.cast(o.square(o.cast(x, x.type === "float32" ? "float64" : "float32")), x.type)
  },
  "reduceProd with zeros": (bench, dice) => {
    const x = bench.input([3, 3])
    const holes = o.cast(o.greater(o.abs(x), dice.pick([0.3, 0.7])), x.type)
    return o.reduceProd(o.mul(x, holes), [dice.whole(0, 1)])
  }
}
