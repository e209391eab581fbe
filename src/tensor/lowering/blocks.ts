/** Ways into and out of blocks of channels, for the rules that compute there. */
import type { Value } from "../graph.ts"
import { type Attributes, first } from "../operator.ts"
import { blockedName, type BlockSize } from "../operators/blocked.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"

export const blocks = (block: BlockSize) => {
  const apply = (operator: "ReorderInput" | "ReorderOutput" | "Conv", inputs: ReadonlyArray<Value>, attributes: Attributes): Value =>
    first(first(inputs).graph.apply(blockedName(operator, block), inputs, attributes))

  /** What a value was before it came out of blocks. */
  const inside = (value: Value | undefined): Value | undefined =>
    value?.node?.operator.name === "ReorderOutput" ? first(value.node.inputs) : undefined

  const into = (value: Value): Value => inside(value) ?? apply("ReorderInput", [value], {})
  const outOf = (value: Value): Value => apply("ReorderOutput", [value], { channels: at(value.shape, 1) })

  /** The elements in blocks as they lie: [N, C / block, H W, block]. */
  const laidOut = (value: Value): Value =>
    o.reshape(value, [at(value.shape, 0), at(value.shape, 1) / block, at(value.shape, 2) * at(value.shape, 3), block])

  /** Weights [K, C, kh, kw] in the order that the blocked convolution reads them. */
  const filters = (weights: Value): Value => {
    const [k, c, h, w] = [at(weights.shape, 0), at(weights.shape, 1), at(weights.shape, 2), at(weights.shape, 3)]
    const ordered = c < block
      ? o.transpose(o.reshape(weights, [k / block, block, c, h, w]), [0, 2, 3, 4, 1])
      : o.transpose(o.reshape(weights, [k / block, block, c / block, block, h, w]), [0, 2, 4, 5, 3, 1])
    return o.reshape(ordered, weights.shape)
  }

  return { apply, inside, into, outOf, laidOut, filters }
}
