/** Builders of normalisations. Tensors are [N, C, spatial ...] unless it says otherwise. */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import { call, callMany, only, wholeAxis } from "./call.ts"

/** scale (x - mean) / sqrt(variance + epsilon) + bias for each channel, with statistics given: the form for inference. */
export const batchNormalization = (x: Value, scale: Value, bias: Value, mean: Value, variance: Value, epsilon = 1e-5): Value =>
  call("BatchNormalization", [x, scale, bias, mean, variance], { epsilon })

export interface BatchStatistics {
  readonly y: Value
  /** momentum * old + (1 - momentum) * the batch's, for each channel; the variance is the biased one (over n, not n - 1), as ONNX has it. */
  readonly mean: Value
  readonly variance: Value
}

/** The same with the batch's own statistics, and the running ones moved towards them: the form for training. */
export const batchNormalizationTraining = (
  x: Value, scale: Value, bias: Value, runningMean: Value, runningVariance: Value, { epsilon = 1e-5, momentum = 0.9 } = {}
): BatchStatistics => {
  const [y, mean, variance] = callMany("BatchNormalization", [x, scale, bias, runningMean, runningVariance], { epsilon, momentum, training_mode: 1 }, 3)
  if (y === undefined || mean === undefined || variance === undefined) throw new GraphError({ message: "BatchNormalization gave fewer than three outputs." })
  return { y, mean, variance }
}

/** Mean 0 and variance 1 over all axes from `axis` on, for each index before; then scale and bias, which broadcast to these axes. */
export const layerNormalization = (x: Value, scale: Value, bias?: Value, { axis = -1, epsilon = 1e-5 } = {}): Value =>
  // The second and third output, mean and reciprocal deviation, are what the derivative needs; written only if used.
  only("LayerNormalization", callMany(
    "LayerNormalization", bias === undefined ? [x, scale] : [x, scale, bias], { axis: wholeAxis("LayerNormalization", x, axis), epsilon }, 3
  ))

/** Mean 0 and variance 1 over the spatial axes of every sample and channel; then scale [C] and bias [C]. */
export const instanceNormalization = (x: Value, scale: Value, bias: Value, epsilon = 1e-5): Value =>
  call("InstanceNormalization", [x, scale, bias], { epsilon })

/** The same over groups of neighbouring channels together; scale [C] and bias [C]. */
export const groupNormalization = (x: Value, scale: Value, bias: Value, groups: number, epsilon = 1e-5): Value =>
  call("GroupNormalization", [x, scale, bias], { num_groups: groups, epsilon })
