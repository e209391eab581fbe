/** All kinds of layers that an architecture can name, besides those that are made of other layers (compose.ts). */
import { activationLayers } from "./activation.ts"
import { attentionLayers } from "./attention.ts"
import { convolutionLayers } from "./convolution.ts"
import { dropoutLayers } from "./dropout.ts"
import { embeddingLayers } from "./embedding.ts"
import { graphConvolutionLayers } from "./graph-convolution.ts"
import { ladderLayers } from "./ladder.ts"
import type { LayerKind } from "./layer.ts"
import { linearLayers } from "./linear.ts"
import { normalisationLayers } from "./normalisation.ts"
import { numberLayers } from "./numbers.ts"
import { poolingLayers } from "./pooling.ts"
import { rearrangementLayers } from "./rearrangement.ts"
import { variableLayers } from "./variables.ts"

export const layerKinds: ReadonlyMap<string, LayerKind> = new Map(
  [
    linearLayers, convolutionLayers, normalisationLayers, activationLayers, poolingLayers, rearrangementLayers, dropoutLayers, attentionLayers,
    embeddingLayers, numberLayers, graphConvolutionLayers, variableLayers, ladderLayers
  ].flat().map((kind) => [kind.name, kind])
)
