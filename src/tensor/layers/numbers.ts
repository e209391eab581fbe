/** Numbers within sequences of tokens: models that read and give them as numbers beside a token that stands for all of them (Kera et al. 2024, hybrid embedding). */
import { Schema } from "effect"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { sameShape } from "../shape.ts"
import { StartingValues, startingAt, torchBias, torchWeights } from "./initial.ts"
import { Count, features, Index, type LayerKind, layer, Name, setting } from "./layer.ts"
import { project } from "./linear.ts"
import { unknown } from "./problem.ts"
import type { Scope } from "./scope.ts"

const kept = (scope: Scope, name: string) => {
  const value = scope.kept(name)
  if (value === undefined) throw new Misfit(`names ${JSON.stringify(name)} (${unknown("value", name, scope.keptNames)})`)
  return value
}

export const numberLayers: ReadonlyArray<LayerKind> = [
  layer(
    "number-embedding",
    "Replaces the vectors of a token that stands for a number by what a small network, linear, ReLU, linear, makes of the number.",
    Schema.Struct({
      numbers: setting(Name, "Name of the input with the numbers, one for each place."),
      tokens: setting(Name, "Name of the input with the tokens."),
      token: setting(Index, "The token that stands for a number."),
      hidden: Schema.optionalKey(setting(Count, "Units between the two maps; as many as the vectors have features when left out.")),
      shared: Schema.optionalKey(setting(Name, "Name under which several layers use the same weights.")),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the weights.")),
      "initial-bias": Schema.optionalKey(setting(StartingValues, "Start of the biases."))
    }),
    ({ hidden, initial, numbers, shared, token, tokens, ...rest }) => (x, scope) => {
      const [values, words] = [kept(scope, numbers), kept(scope, tokens)]
      const places = x.shape.slice(0, -1)
      if (x.shape.length !== 3 || !sameShape(values.shape, places) || !sameShape(words.shape, places)) throw new Misfit(`needs a vector for each place of ${tokens} and of ${numbers}`)
      const own = shared === undefined ? scope : scope.shared(shared)
      const [width, units] = [features(x), hidden ?? features(x)]
      const linear = (inputs: number) => ({ bias: true, weights: startingAt(initial, torchWeights), biases: startingAt(rest["initial-bias"], torchBias([units, inputs])) })
      const within = project(o.reshape(values, [...places, 1]), own, { ...linear(1), units, names: ["up.weight", "up.bias"] })
      const vectors = project(o.relu(within), own, { ...linear(units), units: width, names: ["down.weight", "down.bias"] })
      return o.where(o.reshape(o.equal(words, token), [...places, 1]), vectors, x)
    }
  ),
  layer(
    "number-output",
    "A further output of the network: a linear map of every token's features to one number. The features pass through.",
    Schema.Struct({
      output: setting(Name, "Name of the output."),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the weights.")),
      "initial-bias": Schema.optionalKey(setting(StartingValues, "Start of the bias."))
    }),
    ({ initial, output, ...rest }) => (x, scope) => {
      const number = project(x, scope, { units: 1, bias: true, weights: startingAt(initial, torchWeights), biases: startingAt(rest["initial-bias"], torchBias([1, features(x)])) })
      scope.output(output, o.reshape(number, x.shape.slice(0, -1)))
      return x
    }
  )
]
