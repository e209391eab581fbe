/** Linear maps of the last axis. */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { type Shape, sizeOf } from "../shape.ts"
import { float32Of, tensor } from "../tensor.ts"
import { StartingValues, startingAt, torchBias, torchWeights } from "./initial.ts"
import { Count, features, type LayerKind, layer, Name, setting } from "./layer.ts"
import type { Initial, Scope } from "./scope.ts"

interface Projection {
  readonly units: number
  readonly bias: boolean
  /** Start of the weights, and of the bias. */
  readonly weights?: Initial | undefined
  readonly biases?: Initial | undefined
  /** Weights of their own for each index of the sample's first axis. */
  readonly separate?: boolean
  /** Names of the parameters. */
  readonly names?: readonly [weight: string, bias: string]
}

/** The last axis of x times learned weights [units, inputs] transposed, plus a bias; other axes stay. */
export const project = (x: Value, scope: Scope, { bias, biases, names = ["weight", "bias"], separate = false, units, weights = torchWeights }: Projection): Value => {
  const inputs = features(x)
  const [weightName, biasName] = names
  if (separate) return projectEach(x, scope, { units, inputs, bias, biases, weights, names })
  const weight = scope.parameter(weightName, [units, inputs], weights)
  const offset = bias ? scope.parameter(biasName, [units], biases ?? torchBias([units, inputs])) : undefined
  if (x.shape.length === 2) return o.linear(x, weight, offset)
  const product = o.matMul(x, o.transpose(weight))
  return offset === undefined ? product : o.add(product, offset)
}

/** The same with weights [groups, units, inputs] for x [N, groups, ..., inputs]; each group starts as a layer of its own. */
const projectEach = (
  x: Value,
  scope: Scope,
  { bias, biases, inputs, names: [weightName, biasName], units, weights }: Required<Pick<Projection, "units" | "bias" | "weights" | "names">> & { readonly inputs: number; readonly biases: Initial | undefined }
): Value => {
  const groups = x.shape[1]
  if (groups === undefined || x.shape.length !== 4 || weights === undefined) throw new Misfit("needs samples [groups, places, features] for separate weights")
  const weight = scope.parameter(weightName, [groups, units, inputs], each(weights))
  const product = o.matMul(x, o.transpose(weight, [0, 2, 1]))
  if (!bias) return product
  return o.add(product, o.reshape(scope.parameter(biasName, [groups, units], biases ?? torchBias([units, inputs])), [groups, 1, units]))
}

/** The start of each group's weights is that of a layer with them alone. */
const each = (initial: Initial): Initial => (random, [groups = 1, ...shape]) => {
  const size = sizeOf(shape)
  const all = new Float32Array(groups * size)
  for (let group = 0; group < groups; group++) all.set(float32Of(initial(random, shape)), group * size)
  return tensor(all, [groups, ...shape])
}

const atPlaces = (shape: Shape): boolean => shape.length === 2 || shape.length === 3

export const linearLayers: ReadonlyArray<LayerKind> = [
  layer(
    "linear",
    "A linear map of vectors, or of every token's features.",
    Schema.Struct({
      units: setting(Count, "Outputs."),
      bias: setting(Schema.Boolean, "Adds a learned bias.", true),
      everywhere: setting(Schema.Boolean, "Maps the last axis of samples with any number of axes.", false),
      separate: setting(Schema.Boolean, "Weights of their own for each index of the first of three axes.", false),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the weights.")),
      "initial-bias": Schema.optionalKey(setting(StartingValues, "Start of the bias."))
    }),
    ({ bias, everywhere, initial, separate, units, ...rest }) => (x, scope) => {
      const fits = everywhere || separate ? x.shape.length > 2 : atPlaces(x.shape)
      if (!fits && x.shape.length !== 2) throw new Misfit("needs vectors (put `flatten` before it)")
      const start = rest["initial-bias"]
      return project(x, scope, {
        units, bias, separate, weights: startingAt(initial, torchWeights), biases: start === undefined ? undefined : startingAt(start, torchBias([units, features(x)]))
      })
    }
  ),
  layer(
    "unembedding",
    "Scores of every token of a vocabulary: products with the vectors of an embedding.",
    Schema.Struct({ shared: setting(Name, "Name that the embedding shares its vectors under."), tokens: setting(Count, "Size of the vocabulary.") }),
    ({ shared, tokens }) => (x, scope) =>
      project(x, scope.shared(shared), { units: tokens, bias: false })
  )
]
