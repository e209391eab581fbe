/**
 * One step of a gradient attack as a graph: from a point and the objective's gradient there to the next point.
 *
 *   projected    x + step d(g), back into the eps-ball of the norm and the range of the data (PGD; Madry et al. 2018), d(g) the steepest step
 *   normalised   the targeted attacks that build the data sets of learning from perturbations (Kumano et al. 2024): l2 as above; linf along
 *                the gradient divided by its greatest entry, and where the difference is too long all of it shrinks, no entry is clipped
 *   greedy       l0: marks one more coordinate, the one with the greatest gradient, then moves all marked ones by `step` g / max |g|
 */
import type { Value } from "../../../src/tensor/graph.ts"
import { abs, add, argMax, max, mul, oneHot, type Operand, reshape, sub } from "../../../src/tensor/ops.ts"
import { asRows, intoBox, type Norm, overGreatest, project, type Range, shrinkToMax, steepest, within } from "./geometry.ts"

export type StepRule =
  /** Radius and step may be scalars of the graph. */
  | { readonly kind: "projected"; readonly norm: Norm; readonly eps: Operand; readonly step: Operand; readonly sparsity?: number }
  | { readonly kind: "normalised"; readonly norm: "l2" | "linf"; readonly eps: number; readonly step: number }
  | { readonly kind: "greedy"; readonly step: number }

export interface Point {
  readonly x: Value
  /** Coordinates that the greedy attack may move: 1, others 0. */
  readonly marked?: Value
}

export const nextPoint = (rule: StepRule, { marked, x }: Point, origin: Value, gradient: Value, range: Range): Point => {
  switch (rule.kind) {
    case "projected": {
      const moved = add(x, mul(steepest(rule.norm, gradient, rule.sparsity), rule.step))
      if (rule.norm === "linf") return { x: intoBox(moved, origin, rule.eps, range) }
      return { x: within(add(origin, project(rule.norm, sub(moved, origin), rule.eps)), range) }
    }
    case "normalised": {
      const direction = rule.norm === "l2" ? steepest("l2", gradient) : overGreatest(gradient)
      const delta = sub(add(x, mul(direction, rule.step)), origin)
      return { x: within(add(origin, rule.norm === "l2" ? project("l2", delta, rule.eps) : shrinkToMax(delta, rule.eps)), range) }
    }
    case "greedy": {
      if (marked === undefined) throw new Error("The greedy step needs the coordinates marked so far.")
      const [, size = 1] = asRows(x).shape
      const free = sub(1, asRows(marked))
      // A marked coordinate has -1 there, below every magnitude.
      const candidates = sub(mul(abs(asRows(gradient)), free), asRows(marked))
      const more = reshape(max(asRows(marked), oneHot(argMax(candidates, 1), size, x)), x.shape)
      return { x: within(add(x, mul(overGreatest(mul(gradient, more)), rule.step)), range), marked: more }
    }
  }
}
