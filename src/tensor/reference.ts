/**
 * The reference interpreter: every operator by its own slow, obvious meaning, in float64 between operators whatever the declared
 * types. What the backends and the derivative rules are tested against.
 */
import { GraphError } from "./errors.ts"
import { reachable, type Value } from "./graph.ts"
import type { NdArray } from "./operator.ts"
import { sameShape, showShape } from "./shape.ts"
import { fromNumbers, type Tensor, toNumbers } from "./tensor.ts"

/**
 * The outputs' tensors for the given inputs, rounded to their declared types at the end only.
 * @throws GraphError when an input is missing or has another shape.
 */
export const interpret = (outputs: Readonly<Record<string, Value>>, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
  const arrays = new Map<Value, NdArray>()
  const valueOf = (value: Value): NdArray => {
    const known = arrays.get(value)
    if (known === undefined) throw new GraphError({ message: `${value.name} was not computed.` })
    return known
  }
  for (const value of reachable(Object.values(outputs))) {
    if (arrays.has(value)) continue
    const { type, shape, node } = value
    if (node === undefined) {
      arrays.set(value, { type, shape, data: toNumbers(value.constant ?? fed(value, feeds)) })
    } else {
      const results = node.operator.evaluate(node.inputs.map(valueOf), node.attributes, node.outputs)
      node.outputs.forEach((output, i) => {
        const data = results[i]
        if (data !== undefined) arrays.set(output, { type: output.type, shape: output.shape, data })
      })
    }
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, fromNumbers(valueOf(value).data, value)]))
}

const fed = (value: Value, feeds: Readonly<Record<string, Tensor>>): Tensor => {
  const feed = feeds[value.name]
  if (feed === undefined) throw new GraphError({ message: `The input "${value.name}" ${showShape(value.shape)} was not fed.` })
  if (!sameShape(feed.shape, value.shape)) {
    throw new GraphError({ message: `The input "${value.name}" has the shape ${showShape(value.shape)}, fed was ${showShape(feed.shape)}.` })
  }
  return feed
}
