/** The decision boundary of a classifier that is nearest to each point when it is linearised there: what the untargeted FAB walks to. */
import { Effect } from "../../../src/stage.ts"
import { lengthOf } from "./ball.ts"
import type { Norm } from "./geometry.ts"
import { rowOf } from "./rows.ts"
import type { Victim } from "./victim.ts"

/** The dual of a norm, in which gradients are measured. */
const dual = { linf: "l1", l2: "l2", l1: "linf" } as const

/** z_k - z_y and its gradient at each point [n, size], for the other class k of least |z_k - z_y| / |gradient|. Asks for one gradient a class. */
export const nearestBoundary = Effect.fn("nearestBoundary")(function*(victim: Victim, norm: Norm, { label, x }: { readonly x: Float32Array; readonly label: Int32Array }) {
  const { classes, size } = victim
  const n = label.length
  const nearest = { objective: new Float32Array(n), gradient: new Float32Array(n * size) }
  const distance = new Float64Array(n).fill(Infinity)
  for (let other = 1; other < classes; other++) {
    const found = yield* victim.evaluate("margin", { x, label, target: label.map((own) => (own + other) % classes) })
    for (let row = 0; row < n; row++) {
      const gradient = rowOf(found.gradient, row, size)
      const here = Math.abs(found.objective[row] ?? 0) / (1e-12 + lengthOf(dual[norm], gradient))
      if (here >= (distance[row] ?? 0)) continue
      distance[row] = here
      nearest.objective[row] = found.objective[row] ?? 0
      nearest.gradient.set(gradient, row * size)
    }
  }
  return nearest
})
