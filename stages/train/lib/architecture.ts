/**
 * Architectures written down in a YAML file: a list of layers from a small vocabulary, shapes following from the data. Weights start as
 * PyTorch's layers do, uniform within 1/sqrt(fan-in).
 */
import { Count, doc, Effect, field, NonNegative, Schema, StageError } from "../../../src/stage.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { averagePool, conv, globalAveragePool, leakyRelu, linear, maxPool, relu, reshape } from "../../../src/tensor/ops.ts"
import type { Network, Parameter, Random } from "./network.ts"

const Linear = Schema.Struct({
  units: field(Count, doc("Outputs.")),
  bias: field(Schema.Boolean, doc("Adds a learned bias."), true)
})
const Conv = Schema.Struct({
  channels: field(Count, doc("Output channels.")),
  kernel: field(Count, doc("Rows and columns of the filters."), 3),
  stride: field(Count, doc("Step between windows."), 1),
  padding: field(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)), doc("Zeros around the image."), 0),
  bias: field(Schema.Boolean, doc("Adds a learned bias."), true)
})
const Pool = Schema.Struct({
  kernel: field(Count, doc("Rows and columns of a window."), 2),
  stride: Schema.optionalKey(field(Count, doc("Step between windows; the kernel when left out.")))
})

const expected = "a layer: relu, flatten or global-mean, or linear, conv, leaky-relu, average-pool or max-pool with its settings, as in { linear: { units: 10 } }"
const Layer = Schema.Union([
  Schema.Literals(["relu", "flatten", "global-mean"]).annotate({ expected }),
  Schema.Struct({ "linear": Linear }),
  Schema.Struct({ "conv": Conv }),
  Schema.Struct({ "leaky-relu": Schema.Struct({ slope: field(NonNegative, doc("Slope for negative values."), 0.01) }) }),
  Schema.Struct({ "average-pool": Pool }),
  Schema.Struct({ "max-pool": Pool })
]).annotate({ expected })

export const Architecture = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  layers: Schema.NonEmptyArray(Layer)
})
export type Architecture = typeof Architecture.Type
type Layer = typeof Layer.Type

interface Built {
  readonly shape: ReadonlyArray<number>
  readonly parameters: ReadonlyArray<Parameter>
  readonly apply: (x: Value, parameter: (name: string) => Value) => Value
}

/**
 * The network of an architecture for samples of a shape. Fails naming the layer that does not fit the shape it is given, or when the
 * last one does not give a vector.
 */
export const architectureNetwork = (
  architecture: Architecture,
  input: ReadonlyArray<number>,
  random: Random
): Effect.Effect<Network, StageError> =>
  Effect.gen(function*() {
    const layers: Array<Built> = []
    let shape = input
    for (const [place, layer] of architecture.layers.entries()) {
      const built = buildLayer(layer, `layer${place + 1}`, shape, random)
      if (typeof built === "string") {
        return yield* new StageError({
          message: `Layer ${place + 1} (${layerName(layer)}) ${built}, but gets samples of shape [${shape.join(", ")}].`,
          hint: "Change the layers before it, or the `layout` of the data."
        })
      }
      layers.push(built)
      shape = built.shape
    }
    const [outputs = 0] = shape
    if (shape.length !== 1) {
      return yield* new StageError({ message: `The last layer gives shape [${shape.join(", ")}], not a vector of scores.`, hint: "End with a linear layer." })
    }
    return {
      parameters: layers.flatMap(({ parameters }) => parameters),
      input,
      outputs,
      scores: (x, parameter) => {
        const scores = layers.reduce((value, { apply }) => apply(value, parameter), x)
        return outputs === 1 ? reshape(scores, [x.shape[0] ?? 0]) : scores
      }
    }
  })

const layerName = (layer: Layer): string => (typeof layer === "string" ? layer : Object.keys(layer)[0] ?? "layer")

/** The layer, or what it needs. */
const buildLayer = (layer: Layer, name: string, shape: ReadonlyArray<number>, random: Random): Built | string => {
  const same = (apply: (x: Value) => Value): Built => ({ shape, parameters: [], apply })
  if (layer === "relu") return same(relu)
  if (layer === "flatten") {
    const size = shape.reduce((a, b) => a * b, 1)
    return { shape: [size], parameters: [], apply: (x) => reshape(x, [x.shape[0] ?? 0, size]) }
  }
  if (layer === "global-mean") {
    const [channels] = shape
    if (shape.length !== 3 || channels === undefined) return imageNeeded
    return { shape: [channels], parameters: [], apply: (x) => reshape(globalAveragePool(x), [x.shape[0] ?? 0, channels]) }
  }
  if ("leaky-relu" in layer) return same((x) => leakyRelu(x, layer["leaky-relu"].slope))
  if ("average-pool" in layer) return pool(averagePool, layer["average-pool"], shape)
  if ("max-pool" in layer) return pool(maxPool, layer["max-pool"], shape)
  return "linear" in layer ? linearLayer(layer.linear, name, shape, random) : convLayer(layer.conv, name, shape, random)
}

const imageNeeded = "needs images [channels, rows, columns]"

const linearLayer = ({ bias, units }: typeof Linear.Type, name: string, shape: ReadonlyArray<number>, random: Random): Built | string => {
  const [inputs] = shape
  if (shape.length !== 1 || inputs === undefined) return "needs vectors (put `flatten` before it)"
  return {
    shape: [units],
    parameters: weights(name, [units, inputs], bias, random),
    apply: (x, parameter) => linear(x, parameter(`${name}.weight`), bias ? parameter(`${name}.bias`) : undefined)
  }
}

const convLayer = (
  { bias, channels, kernel, padding, stride }: typeof Conv.Type,
  name: string,
  shape: ReadonlyArray<number>,
  random: Random
): Built | string => {
  const [inputs, rows, columns] = shape
  if (shape.length !== 3 || inputs === undefined || rows === undefined || columns === undefined) return imageNeeded
  const places = (size: number) => Math.floor((size + 2 * padding - kernel) / stride) + 1
  if (Math.min(places(rows), places(columns)) < 1) return `has ${kernel} x ${kernel} filters`
  return {
    shape: [channels, places(rows), places(columns)],
    parameters: weights(name, [channels, inputs, kernel, kernel], bias, random),
    apply: (x, parameter) => conv(x, parameter(`${name}.weight`), bias ? parameter(`${name}.bias`) : undefined, { strides: stride, pads: padding })
  }
}

const pool = (operator: typeof averagePool, { kernel, stride = kernel }: typeof Pool.Type, shape: ReadonlyArray<number>): Built | string => {
  const [channels, rows, columns] = shape
  if (shape.length !== 3 || channels === undefined || rows === undefined || columns === undefined) return imageNeeded
  const places = (size: number) => Math.floor((size - kernel) / stride) + 1
  if (Math.min(places(rows), places(columns)) < 1) return `has ${kernel} x ${kernel} windows`
  return { shape: [channels, places(rows), places(columns)], parameters: [], apply: (x) => operator(x, kernel, { strides: stride }) }
}

/** A weight, and a bias if wanted, uniform within 1/sqrt(fan-in). The weight's first axis counts outputs. */
const weights = (name: string, shape: ReadonlyArray<number>, bias: boolean, random: Random): ReadonlyArray<Parameter> => {
  const size = shape.reduce((a, b) => a * b, 1)
  const [outputs = 1] = shape
  const bound = 1 / Math.sqrt(size / outputs)
  const draw = (part: string, length: number) => random(`${name}.${part}`).fillUniform(new Float32Array(length)).map((u) => (2 * u - 1) * bound)
  return [
    { name: `${name}.weight`, shape, initial: draw("weight", size), trainable: true },
    ...(bias ? [{ name: `${name}.bias`, shape: [outputs], initial: draw("bias", outputs), trainable: true }] : [])
  ]
}
