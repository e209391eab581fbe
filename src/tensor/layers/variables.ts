/**
 * Many physical variables on one grid: tokens of each variable's own, and their aggregation by attention into one token for each place
 * (ClimaX, Nguyen et al. 2023) or into several representatives of smaller size (VarteX, Ueyama et al. 2024). Samples are
 * [variables, rows, columns], then [variables, places, features], then [representatives, places, features].
 */
import { Schema } from "effect"
import * as o from "../ops.ts"
import { Misfit } from "../operator.ts"
import { at, sizeOf } from "../shape.ts"
import { attend, packedWeights, parts } from "./attention.ts"
import { Patches, patchGrid, waves } from "./embedding.ts"
import { given, StartingValues, startingAt, torchWeights, zeros } from "./initial.ts"
import { batchSize, Count, features, imageSizes, type LayerKind, layer, Name, setting } from "./layer.ts"
import { project } from "./linear.ts"

export const variableLayers: ReadonlyArray<LayerKind> = [
  layer(
    "variable-patches",
    "Cuts every channel into squares by itself and maps each square to a token with that channel's weights.",
    Patches,
    (settings) => (x, scope) => {
      const { channels } = imageSizes(x)
      const grid = patchGrid(x, scope, settings, channels)
      return o.transpose(o.reshape(grid, [batchSize(x), channels, settings.features, sizeOf(grid.shape.slice(2))]), [0, 1, 3, 2])
    }
  ),
  layer(
    "aggregate-variables",
    "At every place, each representative looks at all variables with a query of its own; queries start at 0, so that all count alike.",
    Schema.Struct({
      heads: setting(Count, "Heads of the attention."),
      representatives: setting(Count.check(Schema.isLessThanOrEqualTo(256)), "Tokens that come out at each place.", 1),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the weights."))
    }),
    ({ heads, initial, representatives }) => (x, scope) => {
      if (x.shape.length !== 4) throw new Misfit("needs samples [variables, places, features]")
      const [n, variables, places, width] = [batchSize(x), at(x.shape, 1), at(x.shape, 2), features(x)]
      if (width % heads !== 0) throw new Misfit(`has ${heads} heads, which do not divide ${width} features`)
      const linear = { bias: true, biases: zeros, weights: startingAt(initial, packedWeights(width)) }
      const atPlaces = o.transpose(x, [0, 2, 1, 3])
      const seen = Array.from({ length: representatives }, (_, k) => {
        const own = scope.within(`${k + 1}`)
        const keys = o.add(atPlaces, own.parameter("variables", [variables, width], given(() => waves(variables, width))))
        const query = own.parameter("query", [1, width], zeros)
        const q = project(query, own, { ...linear, units: width, names: ["query.weight", "query.bias"] })
        const [keyed, valued] = parts(project(keys, own, { ...linear, units: 2 * width, names: ["memory.weight", "memory.bias"] }), 2)
        if (keyed === undefined || valued === undefined) throw new Misfit("has no keys and values")
        const out = project(attend(q, keyed, valued, own, { heads }), own, { ...linear, units: width, weights: startingAt(initial, torchWeights), names: ["out.weight", "out.bias"] })
        return o.reshape(out, [n, places, 1, width])
      })
      return o.transpose(o.concat(seen, 2), [0, 2, 1, 3])
    }
  ),
  layer("add-projected", "Adds a linear map of an input to every token: the lead time of a forecast.", Schema.Struct({ input: setting(Name, "Name of the input, of one or more numbers a sample.") }),
    ({ input }) => (x, scope) => {
      const extra = scope.kept(input)
      if (extra?.shape.length !== 2) throw new Misfit(`needs an input ${input} of vectors`)
      const mapped = project(extra, scope, { units: features(x), bias: true })
      return o.add(x, o.reshape(mapped, [batchSize(x), ...x.shape.slice(2).map(() => 1), features(x)]))
    })
]
