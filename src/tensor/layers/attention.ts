/** Scaled dot-product attention over tokens [..., places, features] with several heads (Vaswani et al. 2017). */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { type Tensor, tensor } from "../tensor.ts"
import { dropOut } from "./dropout.ts"
import { StartingValues, startingAt, torchWeights, uniform, zeros } from "./initial.ts"
import { Count, features, Index, type LayerKind, layer, Name, setting, Share } from "./layer.ts"
import { project } from "./linear.ts"
import { unknown } from "./problem.ts"
import type { Initial, Scope } from "./scope.ts"

/** Added to the score of a place that must not be looked at. Finite, so that a row of such places stays a number. */
const CLOSED = -1e9

/** [..., L, H d] as [..., H, L, d] */
const splitHeads = (x: Value, heads: number): Value => {
  const axes = x.shape.length
  const size = features(x) / heads
  const order = [...Array.from({ length: axes - 2 }, (_, axis) => axis), axes - 1, axes - 2, axes]
  return o.transpose(o.reshape(x, [...x.shape.slice(0, -1), heads, size]), order)
}

const lastSwapped = (x: Value): Value => {
  const axes = x.shape.length
  return o.transpose(x, [...Array.from({ length: axes - 2 }, (_, axis) => axis), axes - 1, axes - 2])
}

interface Attend {
  readonly heads: number
  /** Added to the scores [..., heads, queries, keys]. */
  readonly mask?: Value | undefined
  /** Share of the weights left out in training. */
  readonly dropout?: number
}

/** softmax(q k^T / sqrt(d) + mask) v for each head, heads joined again; leading axes broadcast. */
export const attend = (q: Value, k: Value, v: Value, scope: Scope, { dropout = 0, heads, mask }: Attend): Value => {
  const scale = 1 / Math.sqrt(features(q) / heads)
  const scores = o.matMul(o.mul(splitHeads(q, heads), scale), lastSwapped(splitHeads(k, heads)))
  const weights = dropOut(o.softmax(mask === undefined ? scores : o.add(scores, mask)), scope, dropout, "attention")
  const seen = o.matMul(weights, splitHeads(v, heads))
  const axes = seen.shape.length
  const joined = o.transpose(seen, [...Array.from({ length: axes - 3 }, (_, axis) => axis), axes - 2, axes - 3, axes - 1])
  return o.reshape(joined, [...joined.shape.slice(0, -2), at(joined.shape, axes - 2) * at(joined.shape, axes - 1)])
}

/** Columns of the last axis, in so many equal parts. */
export const parts = (x: Value, count: number): ReadonlyArray<Value> => {
  const size = features(x) / count
  return o.split(x, Array.from({ length: count }, () => size), -1)
}

/**
 * PyTorch's start for the weights of queries, keys and values: Glorot's, for the one matrix [3 size, size] that holds them. Its other
 * defaults for attention are biases of 0, and those of any linear layer for the weights that join the heads.
 */
export const packedWeights = (size: number): Initial => uniform(Math.sqrt(6 / (4 * size)))

const Attention = Schema.Struct({
  heads: setting(Count, "Number of heads; they share the features evenly."),
  memory: Schema.optionalKey(setting(Name, "Looks at what the layer kept under this name gave, instead of at its own input.")),
  causal: setting(Schema.Boolean, "A token sees only those up to itself.", false),
  ignore: Schema.optionalKey(setting(
    Schema.Struct({ input: setting(Name, "Name of an input of token numbers."), token: setting(Index, "The number that is not looked at, as of padding.") }),
    "Places that are not looked at."
  )),
  bias: setting(Schema.Boolean, "Adds learned biases to the queries, keys and values.", true),
  dropout: setting(Share, "Share of the attention weights that is left out in training.", 0),
  separate: setting(Schema.Boolean, "Weights of their own for each index of the first of three axes.", false),
  initial: Schema.optionalKey(setting(StartingValues, "Start of the weights.")),
  "initial-bias": Schema.optionalKey(setting(StartingValues, "Start of the biases."))
})

const kept = (scope: Scope, name: string): Value => {
  const value = scope.kept(name)
  if (value === undefined) throw new Misfit(`names ${JSON.stringify(name)} (${unknown("value", name, scope.keptNames)})`)
  return value
}

/** Closes the places after a token's own. The same tensor for the same sizes, so that a graph and its file hold it once. */
const laterPlaces = (queries: number, places: number): Tensor => {
  const key = `${queries} ${places}`
  const known = closedLater.get(key)?.deref()
  if (known !== undefined) return known
  const values = Float32Array.from({ length: queries * places }, (_, i) => (i % places > Math.floor(i / places) ? CLOSED : 0))
  const made = tensor(values, [queries, places])
  closedLater.set(key, new WeakRef(made))
  return made
}
const closedLater = new Map<string, WeakRef<Tensor>>()

const maskOf = ({ causal, ignore }: typeof Attention.Type, x: Value, keys: Value, scope: Scope): Value | undefined => {
  const [queries, places] = [at(x.shape, x.shape.length - 2), at(keys.shape, keys.shape.length - 2)]
  const future = causal ? x.graph.constant(laterPlaces(queries, places)) : undefined
  if (ignore === undefined) return future
  const tokens = kept(scope, ignore.input)
  const [n = 0, length] = tokens.shape
  if (tokens.shape.length !== 2 || length !== places) throw new Misfit(`ignores tokens of ${ignore.input}, which has not ${places} places`)
  const closed = o.where(o.equal(tokens, ignore.token), x.graph.constant(CLOSED, x.type), x.graph.constant(0, x.type))
  const padding = o.reshape(closed, [n, 1, 1, places])
  return future === undefined ? padding : o.add(padding, future)
}

export const attentionLayers: ReadonlyArray<LayerKind> = [
  layer("attention", "Multi-head attention of tokens to each other, or to a kept value.", Attention, (settings) => (x, scope) => {
    const { bias, dropout, heads, initial, memory, separate } = settings
    const size = features(x)
    if (x.shape.length < 3 || (separate && x.shape.length !== 4)) throw new Misfit(separate ? "needs samples [groups, places, features]" : "needs tokens [places, features]")
    if (size % heads !== 0) throw new Misfit(`has ${heads} heads, which do not divide ${size} features`)
    const biases = startingAt(settings["initial-bias"], zeros)
    const linear = { bias, separate, weights: startingAt(initial, packedWeights(size)), biases }
    const [keys, q, k, v] = memory === undefined
      ? [x, ...parts(project(x, scope, { ...linear, units: 3 * size, names: ["in.weight", "in.bias"] }), 3)]
      : lookedUp(x, kept(scope, memory), scope, { ...linear, units: size })
    if (q === undefined || k === undefined || v === undefined) throw new Misfit("has no queries, keys and values")
    const seen = attend(q, k, v, scope, { heads, dropout, mask: maskOf(settings, x, keys, scope) })
    return project(seen, scope, { bias: true, separate, biases, weights: startingAt(initial, torchWeights), units: size, names: ["out.weight", "out.bias"] })
  })
]

const lookedUp = (x: Value, memory: Value, scope: Scope, linear: Omit<Parameters<typeof project>[2], "names">): ReadonlyArray<Value> & { readonly 0: Value } => [
  memory,
  project(x, scope, { ...linear, names: ["query.weight", "query.bias"] }),
  ...parts(project(memory, scope, { ...linear, units: 2 * linear.units, names: ["memory.weight", "memory.bias"] }), 2)
]
