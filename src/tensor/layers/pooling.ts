/** Layers that make images smaller or larger without weights. */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { batchSize, Count, imageSizes, Index, type LayerKind, layer, perAxis, PerAxis, setting } from "./layer.ts"

const Pool = Schema.Struct({
  kernel: setting(PerAxis(Count), "Size of a window.", 2),
  stride: Schema.optionalKey(setting(PerAxis(Count), "Step between windows; the kernel when left out.")),
  padding: setting(PerAxis(Index), "Places around the image that count as nothing.", 0)
})

const pool = (operator: typeof o.averagePool) => ({ kernel, padding, stride = kernel }: typeof Pool.Type) => (x: Value): Value => {
  const { spatial } = imageSizes(x, [1, 2, 3])
  const sizes = perAxis(kernel, spatial.length, "kernel")
  const pads = perAxis(padding, spatial.length, "padding")
  if (spatial.some((size, axis) => size + 2 * at(pads, axis) < at(sizes, axis))) throw new Misfit(`has ${sizes.join(" x ")} windows`)
  return operator(x, sizes, { strides: perAxis(stride, spatial.length, "stride"), pads: [...pads, ...pads] })
}

export const poolingLayers: ReadonlyArray<LayerKind> = [
  layer("average-pool", "Mean over windows.", Pool, pool(o.averagePool)),
  layer("max-pool", "Maximum over windows.", Pool, pool(o.maxPool)),
  layer("global-mean", "Mean of each channel over the whole image.", Schema.Struct({}), () => (x) => {
    const { channels } = imageSizes(x)
    return o.reshape(o.globalAveragePool(x), [batchSize(x), channels])
  }),
  layer(
    "upsample",
    "Images with more pixels.",
    Schema.Struct({ factor: setting(Count, "How many times as many rows and columns.", 2), mode: setting(Schema.Literals(["nearest", "linear"]), "nearest repeats pixels.", "nearest") }),
    ({ factor, mode }) => (x) => {
      const { spatial } = imageSizes(x, [1, 2, 3])
      return mode === "nearest" ? o.upsample(x, factor) : o.resize(x, spatial.map((size) => size * factor), { mode: "linear" })
    }
  ),
  layer("pixel-shuffle", "Channels as blocks of pixels, as PyTorch's PixelShuffle.", Schema.Struct({ block: setting(Count, "Rows and columns of a block.", 2) }),
    ({ block }) => (x) => {
      if (imageSizes(x).channels % (block * block) !== 0) throw new Misfit(`needs channels in blocks of ${block * block}`)
      return o.depthToSpace(x, block, "CRD")
    })
]
