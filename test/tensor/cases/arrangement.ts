/** Cases of choosing, ordering, placing and padding, and of sums over named axes. */
import type { Value } from "../../../src/tensor/graph.ts"
import * as o from "../../../src/tensor/ops.ts"
import { type Make, pairOf } from "./bench.ts"

/** Sizes of the axes that the equations below name. */
const SIZES: Readonly<Record<string, number>> = { b: 2, h: 2, i: 3, j: 2, k: 4, d: 3 }

const einsum = (equation: string): Make => (bench) => {
  const shapes = (equation.split("->")[0] ?? "").split(",").map((term) => [...term.replace("...", "bh")].map((axis) => SIZES[axis] ?? 1))
  return o.einsum(equation, ...shapes.map((shape) => bench.input(shape)))
}

export const arrangement: Readonly<Record<string, Make>> = {
  topK: (bench, dice) => {
    const shape = dice.shape(3)
    const axis = dice.whole(0, 2)
    const { values, indices } = o.topK(bench.input(shape), dice.whole(1, shape[axis] ?? 1), { axis, largest: dice.pick([true, false]) })
    return o.mul(values, o.add(o.cast(indices, values.type), 1))
  },
  "topK, values alone": (bench, dice) => o.topK(bench.input(dice.shape(2)), 1, { axis: dice.whole(0, 1) }).values,
  oneHot: (bench, dice) => { const x = bench.input([3, 5]); return o.mul(o.oneHot(bench.indices([3], 5), 5, x), dice.pick([x, o.exp(x)])) },
  "gatherND with batch axes": (bench, dice) => o.gatherND(bench.input([2, 3, 3, 2]), bench.indices([2, 3, dice.whole(1, 2)], 2), dice.whole(1, 2)),
  "scatterElements, replacing": (bench) => {
    const x = bench.input([3, 4])
    const places = x.graph.constant({ type: "int64", shape: [2, 4], data: BigInt64Array.from([0n, 1n, 2n, 0n, -1n, 0n, 0n, 1n]) })
    return o.scatterElements(x, places, bench.input([2, 4]))
  },
  "pad around with reflection, edge and wrapping": (bench, dice) => {
    const shape = dice.shape(2, 3).map((size) => size + 1)
    const most = Math.min(...shape) - 1
    return o.padWith(bench.input(shape), pairOf(dice, 0, most), pairOf(dice, 0, most), dice.pick(["reflect", "edge", "wrap"]))
  },
  "pad with negative sizes": (bench, dice) => o.pad(bench.input([4, 5]), pairOf(dice, -2, 1), pairOf(dice, -1, 2), 0.5),
  "triangle of matrices": (bench, dice) => o.triangle(bench.input([2, ...dice.shape(2)]), dice.pick(["upper", "lower"]), dice.whole(-3, 3)),
  "split, squeeze, unsqueeze and flatten": (bench) => {
    const [left, right] = o.split(bench.input([4, 3]), [1, 3], 0)
    return left === undefined || right === undefined ? bench.input([]) : o.mul(o.squeeze(left, [0]), o.flatten(o.unsqueeze(right, [0]), 2))
  },
  "einsum, product of matrices": einsum("ij,jk->ik"), "einsum, transposed": einsum("ij,kj->ki"), "einsum, implicit result": einsum("kj,ji"),
  "einsum, batched": einsum("bhid,bhkd->bhik"), "einsum, values of attention": einsum("bhik,bkhd->bihd"),
  "einsum, inner and outer": einsum("i,i->"), "einsum, outer": einsum("i,j->ij"), "einsum, sum": einsum("ijk->k"), "einsum, permutation": einsum("ijk->kij"),
  "einsum, diagonal": einsum("bii->bi"), "einsum, trace": einsum("ii"), "einsum, ellipsis": einsum("...ij,...jk->...ik"), "einsum, one ellipsis": einsum("...i,ij->j..."),
  "einsum of three": einsum("bi,ij,bj->b"), "einsum with a sum in one operand": einsum("ijd,jk->ik"), "einsum elementwise": einsum("bi,bi->bi"),
  "einsum with a repeated axis": (bench) => { const [x, y]: readonly [Value, Value] = [bench.input([1, 3, 2]), bench.input([4, 2, 3])]; return o.einsum("bij,bjk->bik", x, y) }
}
