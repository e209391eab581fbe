/** Exchange of channels and pixels in blocks, as sub-pixel convolutions use it. Images are [N, C, H, W]. */
import type { Value } from "../graph.ts"
import { type Attributes, type Composition, first, intOf, Misfit, stringOf } from "../operator.ts"
import * as o from "../ops.ts"

const sizes = ({ shape }: Value, attributes: Attributes) => {
  const [n, c, h, w] = shape
  if (n === undefined || c === undefined || h === undefined || w === undefined || shape.length !== 4) throw new Misfit("takes [N, C, H, W]")
  const block = intOf(attributes, "blocksize", 0)
  if (block < 1) throw new Misfit("needs a blocksize of at least 1")
  return { n, c, h, w, block }
}

export const blocks: ReadonlyArray<Composition> = [
  {
    name: "DepthToSpace",
    inputs: [1, 1],
    attributes: { blocksize: { kind: "int" }, mode: { kind: "string" } },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      const { n, c, h, w, block } = sizes(x, attributes)
      if (c % (block * block) !== 0) throw new Misfit(`${c} channels cannot be split into blocks of ${block} by ${block}`)
      const rest = c / (block * block)
      const spread = stringOf(attributes, "mode", "DCR") === "DCR"
        ? o.transpose(o.reshape(x, [n, block, block, rest, h, w]), [0, 3, 4, 1, 5, 2])
        : o.transpose(o.reshape(x, [n, rest, block, block, h, w]), [0, 1, 4, 2, 5, 3])
      return [o.reshape(spread, [n, rest, h * block, w * block])]
    }
  },
  {
    name: "SpaceToDepth",
    inputs: [1, 1],
    attributes: { blocksize: { kind: "int" } },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      const { n, c, h, w, block } = sizes(x, attributes)
      if (h % block !== 0 || w % block !== 0) throw new Misfit(`${h} by ${w} pixels cannot be split into blocks of ${block}`)
      const gathered = o.transpose(o.reshape(x, [n, c, h / block, block, w / block, block]), [0, 3, 5, 1, 2, 4])
      return [o.reshape(gathered, [n, block * block * c, h / block, w / block])]
    }
  }
]
