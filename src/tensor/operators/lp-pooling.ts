/** Pooling by p-norms: the p-th root of the sum of |x|^p over windows or over whole planes. Padding counts as 0. (On onnxruntime's CPU in float32 only.) */
import type { Value } from "../graph.ts"
import { type Attributes, type Composition, first, intOf, intsOf, Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { covered, windowAttributes, windowOf } from "./window.ts"

const raised = (x: Value, p: number): Value => (p % 2 === 0 ? o.pow(x, p) : o.pow(o.abs(x), p))

const powerOf = (attributes: Attributes): number => {
  const p = intOf(attributes, "p", 2)
  if (p < 1) throw new Misfit(`p is to be at least 1, not ${p}`)
  return p
}

const checkRank = ({ shape }: Value): void => {
  if (shape.length < 3) throw new Misfit("takes [N, C, spatial ...]")
}

export const lpPooling: ReadonlyArray<Composition> = [
  {
    // (onnxruntime 1.30 ignores ceil_mode here.)
    name: "LpPool",
    inputs: [1, 1],
    attributes: { ...windowAttributes, p: { kind: "int" }, ceil_mode: { kind: "int" } },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      checkRank(x)
      const kernel = intsOf(attributes, "kernel_shape")
      if (kernel === undefined) throw new Misfit("needs kernel_shape")
      const p = powerOf(attributes)
      const window = windowOf(x.shape.slice(2), kernel, attributes)
      const { input, output, strides, dilations, begin } = window
      // What the windows reach, and no more.
      const end = covered(window).map((size, axis) => size - at(input, axis) - at(begin, axis))
      const planes = o.reshape(raised(x, p), [at(x.shape, 0) * at(x.shape, 1), 1, ...input])
      const padded = o.pad(planes, [0, 0, ...begin], [0, 0, ...end])
      const sums = o.conv(padded, o.full(x, [1, 1, ...kernel], 1), undefined, { strides, dilations })
      return [o.pow(o.reshape(sums, [...x.shape.slice(0, 2), ...output]), 1 / p)]
    }
  },
  {
    name: "GlobalLpPool",
    inputs: [1, 1],
    attributes: { p: { kind: "int" } },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      checkRank(x)
      const p = powerOf(attributes)
      return [o.pow(o.reduceSum(raised(x, p), [...x.shape.keys()].slice(2), true), 1 / p)]
    }
  }
]
