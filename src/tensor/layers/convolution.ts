/** Convolutions of images, and of signals with one or three spatial axes. */
import { Schema } from "effect"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { StartingValues, startingAt, torchBias, torchWeights, uniform } from "./initial.ts"
import { Count, imageSizes, Index, type LayerKind, layer, perAxis, PerAxis, setting } from "./layer.ts"
import { fans } from "../initialise.ts"

const common = {
  channels: setting(Count, "Output channels."),
  kernel: setting(PerAxis(Count), "Size of the filters: rows and columns, or one number for both.", 3),
  stride: setting(PerAxis(Count), "Step between windows.", 1),
  padding: setting(PerAxis(Index), "Zeros around the image.", 0),
  dilation: setting(PerAxis(Count), "Step between the places of a filter.", 1),
  groups: setting(Count, "Parts that the channels are split into, each convolved by itself.", 1),
  bias: setting(Schema.Boolean, "Adds a learned bias.", true),
  initial: Schema.optionalKey(setting(StartingValues, "Start of the weights.")),
  "initial-bias": Schema.optionalKey(setting(StartingValues, "Start of the bias."))
}

export const convolutionLayers: ReadonlyArray<LayerKind> = [
  layer("conv", "A convolution (cross-correlation, as everywhere in deep learning).", Schema.Struct(common), (settings) => (x, scope) => {
    const { bias, channels, groups, initial } = settings
    const { channels: inputs, spatial } = imageSizes(x, [1, 2, 3])
    const axes = spatial.length
    const kernel = perAxis(settings.kernel, axes, "kernel")
    const [strides, pads, dilations] = [perAxis(settings.stride, axes, "stride"), perAxis(settings.padding, axes, "padding"), perAxis(settings.dilation, axes, "dilation")]
    if (spatial.some((size, axis) => size + 2 * at(pads, axis) < at(dilations, axis) * (at(kernel, axis) - 1) + 1)) {
      throw new Misfit(`has ${kernel.join(" x ")} filters`)
    }
    if (inputs % groups !== 0 || channels % groups !== 0) throw new Misfit(`has ${groups} groups, which divide not both ${inputs} and ${channels} channels`)
    const shape = [channels, inputs / groups, ...kernel]
    const weight = scope.parameter("weight", shape, startingAt(initial, torchWeights))
    const offset = bias ? scope.parameter("bias", [channels], startingAt(settings["initial-bias"], torchBias(shape))) : undefined
    return o.conv(x, weight, offset, { strides, pads: [...pads, ...pads], dilations, groups })
  }),
  layer(
    "conv-transpose",
    "The transpose of a convolution: spreads every value over a window.",
    Schema.Struct({ ...common, "output-padding": setting(PerAxis(Index), "Zeros added at the end of each axis.", 0) }),
    (settings) => (x, scope) => {
      const { bias, channels, groups, initial } = settings
      const { channels: inputs, spatial } = imageSizes(x, [1, 2, 3])
      const axes = spatial.length
      if (inputs % groups !== 0 || channels % groups !== 0) throw new Misfit(`has ${groups} groups, which divide not both ${inputs} and ${channels} channels`)
      const shape = [inputs, channels / groups, ...perAxis(settings.kernel, axes, "kernel")]
      // PyTorch takes the fan-in of this layout as it takes that of others, although the axes are swapped.
      const bound = uniform(1 / Math.sqrt(fans(shape).fanIn))
      const pads = perAxis(settings.padding, axes, "padding")
      const y = o.convTranspose(x, scope.parameter("weight", shape, startingAt(initial, bound)), {
        strides: perAxis(settings.stride, axes, "stride"), pads: [...pads, ...pads], dilations: perAxis(settings.dilation, axes, "dilation"),
        outputPadding: perAxis(settings["output-padding"], axes, "output-padding"), groups
      })
      if (!bias) return y
      const offset = scope.parameter("bias", [channels], startingAt(settings["initial-bias"], bound))
      return o.add(y, o.reshape(offset, [channels, ...spatial.map(() => 1)]))
    }
  )
]
