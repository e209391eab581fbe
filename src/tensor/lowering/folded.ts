/**
 * The weight gradient of a convolution whose input lies in blocks of channels. Its image [1, N, H, W C] has the channels folded into the last
 * axis and the samples as channels (see operators/convolution-forms.ts). One image of [N, H, W block] for each block of channels computes the same, and
 * comes out of the blocked layout by moving whole planes.
 */
import type { Value } from "../graph.ts"
import { intsOf } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sameShape, sizeOf } from "../shape.ts"
import type { Rule } from "./lower.ts"

/** What an image [1, N, H, W C] was made of by moving [N, C / block, H W, block] to channels last, if it was. */
const sourceOf = (image: Value): Value | undefined => {
  const moved = image.node?.operator.name === "Reshape" ? image.node.inputs[0]?.node : undefined
  const source = moved?.operator.name === "Transpose" && sameShape(intsOf(moved.attributes, "perm") ?? [], [0, 2, 1, 3]) ? moved.inputs[0] : undefined
  if (source === undefined || source.shape.length !== 4 || image.shape.length !== 4) return undefined
  return sameShape(image.shape.slice(0, 2), [1, at(source.shape, 0)]) && sizeOf(image.shape) === sizeOf(source.shape) ? source : undefined
}

export const imagesOfBlocks: Rule = ({ operator, attributes, outputs }, inputs) => {
  const [image, filters] = inputs
  const [output] = outputs
  if (operator.name !== "Conv" || inputs.length !== 2 || image === undefined || filters === undefined || output === undefined) return undefined
  const source = sourceOf(image)
  const [strides, dilations, pads] = ["strides", "dilations", "pads"].map((name) => intsOf(attributes, name))
  if (source === undefined || strides === undefined || dilations === undefined || pads === undefined) return undefined
  const [samples, count, lane] = [at(source.shape, 0), at(source.shape, 1), at(source.shape, 3)]
  const channels = count * lane
  const across = [at(dilations, 1), at(pads, 1), at(pads, 3), at(output.shape, 3)]
  if (count === 1 || at(strides, 1) !== 1 || across.some((size) => size % channels !== 0)) return undefined

  const [step, left, right, width] = [at(dilations, 1) / count, at(pads, 1) / count, at(pads, 3) / count, at(output.shape, 3) / count]
  const planes = o.transpose(o.reshape(source, [samples, count, sizeOf(source.shape) / samples / count]), [1, 0, 2])
  const images = o.reshape(planes, [count, samples, at(image.shape, 2), at(image.shape, 3) / count])
  const result = o.conv(images, filters, undefined, { strides, dilations: [at(dilations, 0), step], pads: [at(pads, 0), left, at(pads, 2), right] })
  const taps = o.reshape(result, [count, at(filters.shape, 0), at(output.shape, 2), width / lane, lane])
  return o.reshape(o.transpose(taps, [1, 2, 3, 0, 4]), output.shape)
}
