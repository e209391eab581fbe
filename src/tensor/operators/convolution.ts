/**
 * Convolution and its transpose, in any number of spatial axes, with groups. Both are read from one list of connections
 * (input element, weight, output element), in opposite directions.
 */
import { type Attributes, first, intOf, item, Misfit, type NdArray, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, type Shape, showShape, sizeOf } from "../shape.ts"
import type { TensorType } from "../tensor.ts"
import { sameTypes } from "./broadcasting.ts"
import { inputGradient, weightGradient } from "./convolution-forms.ts"
import { planeSize, slide, transposedWindowOf, type Window, windowAttributes, windowOf } from "./window.ts"

const attributes = { ...windowAttributes, group: { kind: "int" } } as const

interface Channels {
  readonly batch: number
  readonly groups: number
  /** Channels of the convolution's input and output in each group. */
  readonly inputs: number
  readonly outputs: number
}

const connect = (window: Window, { batch, groups, inputs, outputs }: Channels, visit: (input: number, output: number, weight: number) => void): void => {
  const [inPlane, outPlane, kernel] = [sizeOf(window.input), sizeOf(window.output), sizeOf(window.kernel)]
  slide(window, (outputOffset, inputOffset, weightOffset) => {
    if (inputOffset === undefined) return
    for (let sample = 0; sample < batch; sample++) {
      for (let k = 0; k < groups * outputs; k++) {
        const group = Math.floor(k / outputs)
        for (let c = 0; c < inputs; c++) {
          visit(
            (sample * groups * inputs + group * inputs + c) * inPlane + inputOffset,
            (sample * groups * outputs + k) * outPlane + outputOffset,
            (k * inputs + c) * kernel + weightOffset
          )
        }
      }
    }
  })
}

const startWithBias = (shape: Shape, bias: NdArray | undefined): Float64Array => {
  const result = new Float64Array(sizeOf(shape))
  if (bias !== undefined) result.forEach((_, i) => (result[i] = at(bias.data, Math.floor(i / planeSize(shape)) % at(shape, 1))))
  return result
}

const channelsOf = (x: TensorType, w: TensorType, given: Attributes): Channels => {
  const groups = intOf(given, "group", 1)
  const outputs = at(w.shape, 0)
  if (w.shape.length !== x.shape.length || x.shape.length < 3) throw new Misfit("takes [N, C, spatial ...] and weights with as many axes")
  if (at(x.shape, 1) !== at(w.shape, 1) * groups || outputs % groups !== 0) {
    throw new Misfit(`${at(x.shape, 1)} channels in ${groups} groups do not fit weights ${showShape(w.shape)}`)
  }
  return { batch: at(x.shape, 0), groups, inputs: at(w.shape, 1), outputs: outputs / groups }
}

const transposedChannelsOf = (x: TensorType, w: TensorType, given: Attributes): Channels => {
  const groups = intOf(given, "group", 1)
  if (w.shape.length !== x.shape.length || x.shape.length < 3) throw new Misfit("takes [N, K, spatial ...] and weights with as many axes")
  if (at(x.shape, 1) !== at(w.shape, 0) || at(w.shape, 0) % groups !== 0) {
    throw new Misfit(`${at(x.shape, 1)} channels in ${groups} groups do not fit weights ${showShape(w.shape)}`)
  }
  return { batch: at(x.shape, 0), groups, inputs: at(w.shape, 1), outputs: at(w.shape, 0) / groups }
}

const checkBias = (bias: TensorType | undefined, channels: number): void => {
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== channels)) throw new Misfit(`the bias is to have the shape [${channels}]`)
}

/** Everything but the channels. */
const allButChannels = (shape: Shape): ReadonlyArray<number> => shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))

export const convolutions: ReadonlyArray<Operator> = [
  {
    name: "Conv",
    inputs: [2, 3],
    attributes,
    infer: (inputs, given) => {
      sameTypes(inputs)
      const [x, w] = [first(inputs), item(inputs, 1)]
      const { batch } = channelsOf(x, w, given)
      checkBias(inputs[2], at(w.shape, 0))
      return [{ type: x.type, shape: [batch, at(w.shape, 0), ...windowOf(x.shape.slice(2), w.shape.slice(2), given).output] }]
    },
    evaluate: (inputs, given, outputs) => {
      const [x, w] = [first(inputs), item(inputs, 1)]
      const result = startWithBias(first(outputs).shape, inputs[2])
      connect(windowOf(x.shape.slice(2), w.shape.slice(2), given), channelsOf(x, w, given), (input, output, weight) => {
        result[output] = at(result, output) + at(x.data, input) * at(w.data, weight)
      })
      return [result]
    },
    derivative: ({ inputs, attributes: given, gradient }) => {
      const [x, w] = [first(inputs), item(inputs, 1)]
      const window = windowOf(x.shape.slice(2), w.shape.slice(2), given)
      const groups = intOf(given, "group", 1)
      return [
        () => inputGradient(gradient, w, window, groups),
        () => weightGradient(x, gradient, window, groups),
        () => o.reduceSum(gradient, allButChannels(gradient.shape))
      ].slice(0, inputs.length)
    }
  },
  {
    name: "ConvTranspose",
    inputs: [2, 3],
    attributes: { ...attributes, output_padding: { kind: "ints" }, output_shape: { kind: "ints" } },
    infer: (inputs, given) => {
      sameTypes(inputs)
      const [x, w] = [first(inputs), item(inputs, 1)]
      const { batch, groups, inputs: channels } = transposedChannelsOf(x, w, given)
      checkBias(inputs[2], groups * channels)
      return [{ type: x.type, shape: [batch, groups * channels, ...transposedWindowOf(x.shape.slice(2), w.shape.slice(2), given).input] }]
    },
    evaluate: (inputs, given, outputs) => {
      const [x, w] = [first(inputs), item(inputs, 1)]
      const result = startWithBias(first(outputs).shape, inputs[2])
      connect(transposedWindowOf(x.shape.slice(2), w.shape.slice(2), given), transposedChannelsOf(x, w, given), (input, output, weight) => {
        result[input] = at(result, input) + at(x.data, output) * at(w.data, weight)
      })
      return [result]
    },
    derivative: ({ inputs, attributes: given, gradient }) => {
      const [x, w] = [first(inputs), item(inputs, 1)]
      const window = transposedWindowOf(x.shape.slice(2), w.shape.slice(2), given)
      const groups = intOf(given, "group", 1)
      const { strides, dilations, begin, end } = window
      return [
        () => o.conv(gradient, w, undefined, { strides, dilations, pads: [...begin, ...end], groups }),
        () => weightGradient(gradient, x, window, groups),
        () => o.reduceSum(gradient, allButChannels(gradient.shape))
      ].slice(0, inputs.length)
    }
  }
]
