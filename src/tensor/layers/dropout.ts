/** Layers that are random in training and do nothing in inference. Their random numbers are inputs of the training graph. */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { batchSize, type LayerKind, layer, setting, Share } from "./layer.ts"
import type { Scope } from "./scope.ts"

/** Sets a share of the values to 0 in training and makes the others larger by as much. */
export const dropOut = (x: Value, scope: Scope, share: number, name = "dropout"): Value =>
  scope.training && share > 0 ? o.dropout(x, scope.noise(name, x.shape, "uniform"), share) : x

/** The same for whole samples at once: the branch of a residual layer is left out. */
export const dropPath = (x: Value, scope: Scope, share: number): Value =>
  scope.training && share > 0 ? o.dropout(x, scope.noise("drop-path", [batchSize(x), ...x.shape.slice(1).map(() => 1)], "uniform"), share) : x

/** Whole channels at once. */
const dropChannels = (x: Value, scope: Scope, share: number): Value =>
  scope.training && share > 0 ? o.dropout(x, scope.noise("dropout", x.shape.map((size, axis) => (axis < 2 ? size : 1)), "uniform"), share) : x

const settings = Schema.Struct({ rate: setting(Share.check(Schema.isLessThan(1)), "Share that is left out.", 0.5) })

export const dropoutLayers: ReadonlyArray<LayerKind> = [
  layer("dropout", "Leaves out single values in training.", settings, ({ rate }) => (x, scope) => dropOut(x, scope, rate)),
  layer("dropout-channels", "Leaves out whole channels in training.", settings, ({ rate }) => (x, scope) => dropChannels(x, scope, rate)),
  layer("drop-path", "Leaves out whole samples in training; last in the body of a residual layer.", settings, ({ rate }) => (x, scope) => dropPath(x, scope, rate))
]
