/**
 * Operator cases over random shapes and attributes, one list for every check: derivatives against finite differences, and
 * the reference interpreter against onnxruntime.
 */
import type { Value } from "../../src/tensor/graph.ts"
import * as o from "../../src/tensor/ops.ts"
import { sizeOf } from "../../src/tensor/shape.ts"
import { type DataType, fromNumbers } from "../../src/tensor/tensor.ts"
import { arrangement } from "./cases/arrangement.ts"
import { attributes } from "./cases/attributes.ts"
import { apart, Bench, type Case, Dice, type Make } from "./cases/bench.ts"
import { core } from "./cases/core.ts"
import { nonlinear } from "./cases/nonlinear.ts"
import { spatial } from "./cases/spatial.ts"

export { apart, Bench, type Case, Dice } from "./cases/bench.ts"

const makers: Readonly<Record<string, Make>> = { ...core, ...nonlinear, ...spatial, ...arrangement, ...attributes }

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
