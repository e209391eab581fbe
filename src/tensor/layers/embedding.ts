/** From words, pixels and places to vectors: embeddings, patches, positions and the class token. */
import { Schema } from "effect"
import * as start from "../initialise.ts"
import type { Value } from "../graph.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import { float32Of, tensor } from "../tensor.ts"
import { given, StartingValues, startingAt, torchBias, torchWeights, zeros } from "./initial.ts"
import { batchSize, Count, features, imageSizes, Index, type LayerKind, layer, Name, Positive, setting } from "./layer.ts"
import type { Initial, Scope } from "./scope.ts"

/** A row of zeros among the starting vectors. */
const withZeroRow = (initial: Initial, row: number): Initial => (random, shape) => {
  const values = float32Of(initial(random, shape))
  const size = shape[1] ?? 0
  return tensor(values.fill(0, row * size, (row + 1) * size), shape)
}

/** Ratio of the slowest wave's length to the fastest one's. */
const SLOWEST = 10_000

/** Sine and cosine of a place at frequencies 10000^(-2i/size): the first half of the vector sines, the second cosines. */
export const wave = (place: number, size: number): ReadonlyArray<number> => {
  const half = size / 2
  const angles = Array.from({ length: half }, (_, i) => place / SLOWEST ** (i / half))
  return [...angles.map(Math.sin), ...angles.map(Math.cos)]
}

/** One row a place. */
export const waves = (places: number, size: number): Float32Array =>
  Float32Array.from(Array.from({ length: places }, (_, place) => wave(place, size)).flat())

/** Row and column of a grid's places, each as half of the vector; the columns' half first, as in MAE and ClimaX. */
export const gridWaves = (rows: number, columns: number, size: number): Float32Array =>
  Float32Array.from(Array.from({ length: rows * columns }, (_, place) =>
    [...wave(place % columns, size / 2), ...wave(Math.floor(place / columns), size / 2)]).flat())

const repeated = (values: Float32Array, times: number): Float32Array => {
  const all = new Float32Array(values.length * times)
  for (let i = 0; i < times; i++) all.set(values, i * values.length)
  return all
}

const Positions = Schema.Struct({
  initial: setting(
    Schema.Union([StartingValues, Schema.Literals(["waves", "grid-waves"])]),
    "Start of the vectors; waves: sines and cosines of the place, grid-waves: of row and column.",
    "zeros"
  ),
  rows: Schema.optionalKey(setting(Count, "Rows of the grid, for grid-waves.")),
  learned: setting(Schema.Boolean, "Learns the vectors.", true),
  size: Schema.optionalKey(setting(Count, "Places that there are vectors for; those of the sample when left out.")),
  offset: setting(Index, "Vectors that are skipped (BART's first two).", 0),
  separate: setting(Schema.Boolean, "Vectors of their own for each index of the first of three axes.", false)
})

const startOf = ({ initial, rows }: typeof Positions.Type, groups: number, size: number, width: number): Initial => {
  if (initial === "waves") return given(() => repeated(waves(size, width), groups))
  if (initial !== "grid-waves") return startingAt(initial, zeros)
  if (rows === undefined || size % rows !== 0) throw new Misfit("needs `rows` that divide the number of places")
  return given(() => repeated(gridWaves(rows, size / rows, width), groups))
}

/** Settings of the layers that cut images into squares. */
export const Patches = Schema.Struct({
  size: setting(Count, "Rows and columns of a square."),
  features: setting(Count, "Features of a token."),
  initial: Schema.optionalKey(setting(StartingValues, "Start of the weights."))
})

/** The squares of an image [N, C, H, W], each mapped linearly: [N, groups features, H / size, W / size]. Groups of channels are mapped apart. */
export const patchGrid = (x: Value, scope: Scope, { features, initial, size }: typeof Patches.Type, groups: number): Value => {
  const { channels, spatial } = imageSizes(x)
  if (spatial.some((length) => length % size !== 0)) throw new Misfit(`has patches of ${size} x ${size}`)
  const shape = [groups * features, channels / groups, size, size]
  const [weight, bias] = [scope.parameter("weight", shape, startingAt(initial, torchWeights)), scope.parameter("bias", [groups * features], torchBias(shape))]
  return o.conv(x, weight, bias, { strides: size, groups })
}

export const embeddingLayers: ReadonlyArray<LayerKind> = [
  layer(
    "embedding",
    "A learned vector for each token of a vocabulary.",
    Schema.Struct({
      tokens: setting(Count, "Size of the vocabulary."),
      features: setting(Count, "Size of the vectors."),
      padding: Schema.optionalKey(setting(Index, "A token whose vector starts at 0.")),
      scale: setting(Positive, "Multiplies the vectors.", 1),
      shared: Schema.optionalKey(setting(Name, "Name under which several layers use the same vectors.")),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the vectors; N(0, 1) by default."))
    }),
    ({ features, initial, padding, scale, shared, tokens }) => (x, scope) => {
      if (x.type !== "int64" || x.shape.length !== 2) throw new Misfit("needs token numbers (int64)")
      const drawn = startingAt(initial, (random, shape) => start.normal(random, shape))
      const table = (shared === undefined ? scope : scope.shared(shared))
        .parameter("weight", [tokens, features], padding === undefined ? drawn : withZeroRow(drawn, padding))
      const vectors = o.gather(table, x)
      return scale === 1 ? vectors : o.mul(vectors, scale)
    }
  ),
  layer("positions", "Adds a vector for each place to tokens.", Positions, (settings) => (x, scope) => {
    const { learned, offset, separate } = settings
    const [width, places] = [features(x), at(x.shape, x.shape.length - 2)]
    if (x.shape.length !== (separate ? 4 : 3)) throw new Misfit(separate ? "needs samples [groups, places, features]" : "needs tokens [places, features]")
    const size = settings.size ?? places + offset
    if (size < places + offset) throw new Misfit(`has vectors for ${size - offset} places`)
    const groups = separate ? at(x.shape, 1) : 1
    const shape = separate ? [groups, size, width] : [size, width]
    const initial = startOf(settings, groups, size, width)
    const table = learned ? scope.parameter("weight", shape, initial) : x.graph.constant(initial(noRandomness, shape))
    return o.add(x, size === places ? table : o.slice(table, [offset], [offset + places], [shape.length - 2]))
  }),
  layer("class-token", "A learned token before all others.", Schema.Struct({ initial: setting(StartingValues, "Start of the vector.", "zeros") }), ({ initial }) => (x, scope) => {
    if (x.shape.length !== 3) throw new Misfit("needs tokens [places, features]")
    const [places, width] = [at(x.shape, 1), features(x)]
    const token = scope.parameter("weight", [1, width], startingAt(initial, zeros))
    // A sum of padded parts, so that a saved model takes any number of samples; joining them would fix it.
    return o.add(o.pad(x, [0, 1, 0], [0, 0, 0]), o.pad(token, [0, 0], [places, 0]))
  }),
  layer(
    "patches",
    "Cuts images into squares and maps each to a token.",
    Patches,
    (settings) => (x, scope) => {
      const grid = patchGrid(x, scope, settings, 1)
      return o.transpose(o.reshape(grid, [batchSize(x), settings.features, sizeOf(grid.shape.slice(2))]), [0, 2, 1])
    }
  )
]

/** What a start that draws nothing is given. */
const noRandomness: start.Filler = { fillNormal: () => undefined, fillUniform: () => undefined }
