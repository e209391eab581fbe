/**
 * The weight gradient of a convolution whose input lies in blocks of channels. Its image [1, N, H, W C] has the channels folded into the last
 * axis and the samples as channels (see operators/convolution-forms.ts). One image of [N, H, W block] for each block of channels computes the same, and
 * comes out of the blocked layout by moving whole planes. Where there is enough to compute, samples and filters go into blocks once more: the runtime's
 * blocked convolution then does the work in two thirds of the time. Columns of zeros around the image take the place of padding, at which that convolution works
 * pixel by pixel.
 */
import type { Value } from "../graph.ts"
import { intsOf } from "../operator.ts"
import type { BlockSize } from "../operators/blocked.ts"
import * as o from "../ops.ts"
import { at, sameShape, sizeOf } from "../shape.ts"
import { blocks } from "./blocks.ts"
import type { Rule } from "./lower.ts"

/** From this many products for each element of the image on, blocks of samples are worth the moving. */
const LEAST_REUSE = 256

/** What an image [1, N, H, W C] was made of by moving [N, C / block, H W, block] to channels last, if it was. */
const sourceOf = (image: Value): Value | undefined => {
  const moved = image.node?.operator.name === "Reshape" ? image.node.inputs[0]?.node : undefined
  const source = moved?.operator.name === "Transpose" && sameShape(intsOf(moved.attributes, "perm") ?? [], [0, 2, 1, 3]) ? moved.inputs[0] : undefined
  if (source === undefined || source.shape.length !== 4 || image.shape.length !== 4) return undefined
  return sameShape(image.shape.slice(0, 2), [1, at(source.shape, 0)]) && sizeOf(image.shape) === sizeOf(source.shape) ? source : undefined
}

export const imagesOfBlocks = (block: BlockSize): Rule => {
  const { apply, inside, outOf } = blocks(block)

  /** The gradient [N, K, ...], in blocks, of which [K, N, ...] was made, if it was. */
  const swapped = (filters: Value): Value | undefined => {
    const moved = filters.node?.operator.name === "Reshape" ? filters.node.inputs[0]?.node : filters.node
    if (moved?.operator.name !== "Transpose" || !sameShape(intsOf(moved.attributes, "perm") ?? [], [1, 0, 2])) return undefined
    const whole = moved.inputs[0]
    const gradient = inside(whole?.node?.operator.name === "Reshape" ? whole.node.inputs[0] : whole)
    return gradient !== undefined && whole !== undefined && sameShape(gradient.shape.slice(0, 2), whole.shape.slice(0, 2)) ? gradient : undefined
  }

  /** A gradient in blocks as the filters of a blocked convolution over samples: [K / block, N / block, ..., block of N, block of K]. */
  const filtersOf = (gradient: Value): Value => {
    const [samples, outputs, pixels] = [at(gradient.shape, 0), at(gradient.shape, 1), at(gradient.shape, 2) * at(gradient.shape, 3)]
    const laid = o.reshape(gradient, [samples / block, block, outputs / block, pixels, block])
    return o.reshape(o.transpose(laid, [2, 0, 3, 1, 4]), [outputs, samples, ...gradient.shape.slice(2)])
  }

  return ({ operator, attributes, outputs }, inputs) => {
    const [image, filters] = inputs
    const [output] = outputs
    if (operator.name !== "Conv" || inputs.length !== 2 || image === undefined || filters === undefined || output === undefined) return undefined
    const source = sourceOf(image)
    const [strides, dilations, pads] = ["strides", "dilations", "pads"].map((name) => intsOf(attributes, name))
    if (source === undefined || strides === undefined || dilations === undefined || pads === undefined) return undefined
    const [samples, count, lane] = [at(source.shape, 0), at(source.shape, 1), at(source.shape, 3)]
    const channels = count * lane
    const across = [at(dilations, 1), at(pads, 1), at(pads, 3), at(output.shape, 3)]
    if (at(strides, 1) !== 1 || across.some((size) => size % channels !== 0)) return undefined

    const [step, left, right, width] = [at(dilations, 1) / count, at(pads, 1) / count, at(pads, 3) / count, at(output.shape, 3) / count]
    const planes = o.transpose(o.reshape(source, [samples, count, sizeOf(source.shape) / samples / count]), [1, 0, 2])
    const images = o.reshape(planes, [count, samples, at(image.shape, 2), at(image.shape, 3) / count])
    const options = { strides, dilations: [at(dilations, 0), step] }
    const gradient = swapped(filters)
    const reuse = (at(filters.shape, 0) * at(output.shape, 2) * width) / lane / (at(dilations, 0) * (step / lane))
    const inBlocks = gradient !== undefined && samples % block === 0 && reuse >= LEAST_REUSE
    if (!inBlocks && count === 1) return undefined
    const result = inBlocks
      ? outOf(apply("Conv", [apply("ReorderInput", [o.pad(images, [0, 0, 0, left], [0, 0, 0, right])], {}), filtersOf(gradient)], {
        ...options, pads: [at(pads, 0), 0, at(pads, 2), 0]
      }))
      : o.conv(images, filters, undefined, { ...options, pads: [at(pads, 0), left, at(pads, 2), right] })
    const taps = o.reshape(result, [count, at(filters.shape, 0), at(output.shape, 2), width / lane, lane])
    return o.reshape(o.transpose(taps, [1, 2, 3, 0, 4]), output.shape)
  }
}
