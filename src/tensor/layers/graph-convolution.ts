/** Convolution over the joints of a skeleton (ST-GCN, Yan et al. 2018). */
import { Schema } from "effect"
import * as o from "../ops.ts"
import { Misfit } from "../operator.ts"
import { batchSize, Count, imageSizes, type LayerKind, layer, Name, setting } from "./layer.ts"
import { ones, StartingValues, startingAt, torchBias, torchWeights } from "./initial.ts"
import { skeletonNamed, spatialPartition } from "./skeletons.ts"
import { tensor } from "../tensor.ts"

/** Neighbourhoods of a joint: itself, as far from the centre or further, nearer. */
const PARTS = 3

export const graphConvolutionLayers: ReadonlyArray<LayerKind> = [
  layer(
    "graph-conv",
    "Mixes channels and neighbouring joints of [channels, times, bodies * joints], each kind of neighbour with weights of its own.",
    Schema.Struct({
      channels: setting(Count, "Output channels."),
      graph: setting(Name, "The skeleton.", "ntu-rgbd"),
      importance: setting(Schema.Boolean, "Learns a factor for every edge.", true),
      initial: Schema.optionalKey(setting(StartingValues, "Start of the weights.")),
      "initial-bias": Schema.optionalKey(setting(StartingValues, "Start of the bias."))
    }),
    ({ channels, graph, importance, initial, ...rest }) => {
      return (x, scope) => {
        const skeleton = skeletonNamed(graph)
        const { joints } = skeleton
        const { channels: inputs, spatial: [times = 0, places = 0] } = imageSizes(x)
        if (places % joints !== 0) throw new Misfit(`has a graph of ${joints} joints`)
        const shape = [PARTS * channels, inputs, 1, 1]
        const mixed = o.conv(
          x,
          scope.parameter("weight", shape, startingAt(initial, torchWeights)),
          scope.parameter("bias", [PARTS * channels], startingAt(rest["initial-bias"], torchBias(shape)))
        )
        const adjacency = x.graph.constant(tensor(spatialPartition(skeleton), [PARTS, joints, joints]))
        const edges = importance ? o.mul(adjacency, scope.parameter("importance", [PARTS, joints, joints], ones)) : adjacency
        // One product for each kind of neighbour leaves the channels where they are; one for all of them would need a transpose.
        const parts = Array.from({ length: PARTS }, (_, part) => {
          const own = o.reshape(o.slice(mixed, [part * channels], [(part + 1) * channels], [1]), [batchSize(x), channels, times, places / joints, joints])
          return o.matMul(own, o.reshape(o.slice(edges, [part], [part + 1], [0]), [joints, joints]))
        })
        return o.reshape(parts.reduce((a, b) => o.add(a, b)), [batchSize(x), channels, times, places])
      }
    }
  )
]
