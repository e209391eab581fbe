/** Normalisations with learned scale and bias, which start at 1 and 0. */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import { ones, StartingValues, startingAt, zeros } from "./initial.ts"
import { Count, features, imageSizes, type LayerKind, layer, Positive, setting, Share } from "./layer.ts"
import type { Scope } from "./scope.ts"

const epsilon = setting(Positive, "Added to the variance.", 1e-5)

const scaleAndBias = (scope: Scope, size: number, initial?: StartingValues): readonly [Value, Value] =>
  [scope.parameter("weight", [size], startingAt(initial, ones)), scope.parameter("bias", [size], zeros)]

interface BatchNorm {
  readonly epsilon: number
  readonly momentum: number
  readonly initial?: StartingValues
}

/**
 * By the batch's statistics in training, with running ones beside it as PyTorch keeps them (the variance over n - 1); by the running
 * ones in inference.
 */
const batchNorm = ({ epsilon, initial, momentum }: BatchNorm) => (x: Value, scope: Scope): Value => {
  const channels = x.shape[1]
  if (channels === undefined) throw new Misfit("needs channels")
  const [scale, bias] = scaleAndBias(scope, channels, initial)
  const mean = scope.statistic("mean", [channels], zeros)
  const variance = scope.statistic("variance", [channels], ones)
  if (!scope.training) return o.batchNormalization(x, scale, bias, mean, variance, epsilon)
  const count = sizeOf(x.shape) / channels
  if (count < 2) throw new Misfit("needs more than one value of a channel in training")
  const after = o.batchNormalizationTraining(x, scale, bias, mean, variance, { epsilon, momentum: 1 - momentum })
  scope.follow("mean", after.mean)
  const kept = o.mul(variance, 1 - momentum)
  scope.follow("variance", o.add(o.mul(o.sub(after.variance, kept), count / (count - 1)), kept))
  return after.y
}

export const normalisationLayers: ReadonlyArray<LayerKind> = [
  layer(
    "batch-norm",
    "Mean 0 and variance 1 for each channel over the batch; over all training data in inference.",
    Schema.Struct({
      epsilon,
      momentum: setting(Share, "Share of a batch's statistics in the running ones.", 0.1),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the scale."))
    }),
    (settings) => batchNorm(settings)
  ),
  layer(
    "layer-norm",
    "Mean 0 and variance 1 along the last axis.",
    Schema.Struct({ epsilon, affine: setting(Schema.Boolean, "Learns scale and bias.", true) }),
    ({ affine, epsilon }) => (x, scope) => {
      const size = features(x)
      if (!affine) return o.layerNormalization(x, o.full(x, [size], 1), undefined, { epsilon })
      const [scale, bias] = scaleAndBias(scope, size)
      return o.layerNormalization(x, scale, bias, { epsilon })
    }
  ),
  layer(
    "group-norm",
    "Mean 0 and variance 1 over groups of neighbouring channels of each sample.",
    Schema.Struct({ groups: setting(Count, "Number of groups."), epsilon }),
    ({ epsilon, groups }) => (x, scope) => {
      const { channels } = imageSizes(x, [1, 2, 3])
      if (channels % groups !== 0) throw new Misfit(`has ${groups} groups, which do not divide ${channels} channels`)
      const [scale, bias] = scaleAndBias(scope, channels)
      return o.groupNormalization(x, scale, bias, groups, epsilon)
    }
  ),
  layer("instance-norm", "Mean 0 and variance 1 for each channel of each sample.", Schema.Struct({ epsilon }), ({ epsilon }) => (x, scope) => {
    const { channels } = imageSizes(x, [1, 2, 3])
    const [scale, bias] = scaleAndBias(scope, channels)
    return o.instanceNormalization(x, scale, bias, epsilon)
  }),
  layer(
    "scale",
    "Multiplies each channel by a learned number (LayerScale, when along features).",
    Schema.Struct({ initial: setting(StartingValues, "Start of the numbers.", "ones"), along: setting(Schema.Literals(["channels", "features"]), "Axis.", "channels") }),
    ({ along, initial }) => (x, scope) => {
      const axis = along === "channels" ? 1 : x.shape.length - 1
      const size = at(x.shape, axis)
      const factor = scope.parameter("weight", [size], startingAt(initial, ones))
      return o.mul(x, o.reshape(factor, [size, ...x.shape.slice(axis + 1).map(() => 1)]))
    }
  )
]
