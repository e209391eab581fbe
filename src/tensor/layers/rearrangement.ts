/** Layers that order, cut or average axes of a sample. Axes count from 0, without the batch. */
import { Schema } from "effect"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import { batchSize, Count, imageSizes, Index, type LayerKind, layer, sampleShape, setting } from "./layer.ts"

export const rearrangementLayers: ReadonlyArray<LayerKind> = [
  layer("flatten", "A sample as one vector.", Schema.Struct({}), () => (x) => o.reshape(x, [batchSize(x), sizeOf(sampleShape(x))])),
  layer("reshape", "A sample in another shape.", Schema.Struct({ shape: setting(Schema.NonEmptyArray(Count), "Sizes of the axes.") }), ({ shape }) => (x) => {
    if (sizeOf(shape) !== sizeOf(sampleShape(x))) throw new Misfit(`needs samples of ${sizeOf(shape)} values`)
    return o.reshape(x, [batchSize(x), ...shape])
  }),
  layer("permute", "A sample with its axes in another order.", Schema.Struct({ order: setting(Schema.NonEmptyArray(Index), "Which axis comes first, second and so on.") }), ({ order }) => (x) => {
    const axes = sampleShape(x).length
    if (order.length !== axes || new Set(order).size !== axes || order.some((axis) => axis >= axes)) throw new Misfit(`orders ${order.length} axes`)
    return o.transpose(x, [0, ...order.map((axis) => axis + 1)])
  }),
  layer("tokens", "The pixels of an image as tokens [rows * columns, channels].", Schema.Struct({}), () => (x) => {
    const { channels, spatial } = imageSizes(x)
    return o.transpose(o.reshape(x, [batchSize(x), channels, sizeOf(spatial)]), [0, 2, 1])
  }),
  layer("pick", "The part of a sample at one place of an axis, for example the class token.", Schema.Struct({ place: setting(Index, "Which one.", 0), axis: setting(Index, "Along which axis.", 0) }), ({ axis, place }) => (x) => {
    const shape = sampleShape(x)
    if (place >= (shape[axis] ?? 0)) throw new Misfit(`picks place ${place} of axis ${axis}`)
    return o.reshape(o.slice(x, [place], [place + 1], [axis + 1]), [batchSize(x), ...shape.filter((_, i) => i !== axis)])
  }),
  layer("mean", "Mean over an axis, which goes away.", Schema.Struct({ axis: setting(Index, "Which axis.", 0) }), ({ axis }) => (x) => {
    if (axis >= sampleShape(x).length) throw new Misfit(`averages axis ${axis}`)
    return o.reduceMean(x, [axis + 1])
  }),
  layer(
    "unpatch",
    "Tokens of patch * patch * channels features as an image; a patch's features are ordered rows, columns, channels.",
    Schema.Struct({ patch: setting(Count, "Rows and columns of a patch."), channels: setting(Count, "Channels of the image."), rows: setting(Count, "Rows of patches.") }),
    ({ channels, patch, rows }) => (x) => {
      const [places = 0, features] = sampleShape(x)
      if (x.shape.length !== 3 || places % rows !== 0 || features !== patch * patch * channels) {
        throw new Misfit(`needs tokens in ${rows} rows, of ${patch * patch * channels} features`)
      }
      const columns = places / rows
      const grid = o.reshape(x, [batchSize(x), rows, columns, patch, patch, channels])
      return o.reshape(o.transpose(grid, [0, 5, 1, 3, 2, 4]), [at(x.shape, 0), channels, rows * patch, columns * patch])
    }
  )
]
