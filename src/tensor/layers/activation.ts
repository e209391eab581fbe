/** Nonlinearities, element by element. */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { constant } from "./initial.ts"
import { type LayerKind, layer, Positive, setting } from "./layer.ts"

const plain = (name: string, summary: string, apply: (x: Value) => Value): LayerKind => layer(name, summary, Schema.Struct({}), () => (x) => apply(x))
const Slope = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

export const activationLayers: ReadonlyArray<LayerKind> = [
  plain("relu", "x where positive, 0 elsewhere.", o.relu),
  layer("leaky-relu", "x where positive, a small multiple elsewhere.", Schema.Struct({ slope: setting(Slope, "Slope for negative values.", 0.01) }),
    ({ slope }) => (x) => o.leakyRelu(x, slope)),
  layer("p-relu", "A leaky ReLU whose slopes are learned, one for each channel.", Schema.Struct({ slope: setting(Schema.Finite, "Slope at the start.", 0.25) }),
    ({ slope }) => (x, scope) => {
      const channels = at(x.shape, 1)
      return o.pRelu(x, o.reshape(scope.parameter("weight", [channels], constant(slope)), [channels, ...x.shape.slice(2).map(() => 1)]))
    }),
  layer("elu", "x where positive, alpha (exp(x) - 1) elsewhere.", Schema.Struct({ alpha: setting(Positive, "Limit for negative values.", 1) }),
    ({ alpha }) => (x) => o.elu(x, alpha)),
  plain("gelu", "x times the normal distribution's Phi(x).", o.gelu),
  plain("gelu-tanh", "GELU with Phi approximated by a tanh.", o.geluTanh),
  plain("silu", "x sigmoid(x).", o.silu),
  plain("mish", "x tanh(softplus(x)).", o.mish),
  plain("softplus", "log(1 + exp(x)).", o.softplus),
  plain("sigmoid", "1 / (1 + exp(-x)).", o.sigmoid),
  plain("tanh", "Hyperbolic tangent.", o.tanh),
  plain("hard-sigmoid", "x / 6 + 1 / 2, between 0 and 1 (as PyTorch's).", (x) => o.hardSigmoid(x, 1 / 6, 0.5)),
  plain("hard-swish", "x hardSigmoid(x).", o.hardSwish),
  plain("softmax", "Positive numbers that add up to 1 along the last axis.", (x) => o.softmax(x))
]
