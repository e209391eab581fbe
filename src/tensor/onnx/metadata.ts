/**
 * What a model file says of itself beside its graph (metadata_props): text by name, lists as JSON. Programs that do not know these names
 * leave them alone.
 */
import { Option, Schema } from "effect"

/** How samples were scaled before the network, channel by channel: (x - mean) / std. */
const Normalisation = Schema.Struct({ mean: Schema.Array(Schema.Finite), std: Schema.Array(Schema.Finite) })

export interface ModelMetadata {
  /** Name of the network. */
  readonly architecture?: string
  /** Already part of the graph: the model takes samples as the data sets have them. */
  readonly normalisation?: typeof Normalisation.Type
  /** Names of the classes, in the order of the scores. */
  readonly classes?: ReadonlyArray<string>
  /** Operator set of the file that the model came from. */
  readonly opset?: number
  /** What identifies how the weights came about: `sha256:` and the digest of the text `training`, or of the file they were read from. */
  readonly fingerprint?: string
  /** How the weights came about, as JSON: the stage, its parameters, digests of what it was given. */
  readonly training?: string
}

export const metadataText = ({ architecture, classes, fingerprint, normalisation, opset, training }: ModelMetadata): Record<string, string> => ({
  ...(architecture === undefined ? {} : { architecture }),
  ...(normalisation === undefined ? {} : { normalisation: JSON.stringify(normalisation) }),
  ...(classes === undefined ? {} : { classes: JSON.stringify(classes) }),
  ...(opset === undefined ? {} : { opset: String(opset) }),
  ...(fingerprint === undefined ? {} : { fingerprint }),
  ...(training === undefined ? {} : { training })
})

const normalisationText = Schema.fromJsonString(Normalisation)
const classesText = Schema.fromJsonString(Schema.Array(Schema.String))

/** What is there and readable; other programs may use the same names for something else. */
export const readMetadata = (text: Readonly<Record<string, string>>): ModelMetadata => {
  const normalisation = Option.getOrUndefined(Schema.decodeUnknownOption(normalisationText)(text["normalisation"]))
  const classes = Option.getOrUndefined(Schema.decodeUnknownOption(classesText)(text["classes"]))
  const opset = Number(text["opset"])
  return {
    ...(text["architecture"] === undefined ? {} : { architecture: text["architecture"] }),
    ...(normalisation === undefined ? {} : { normalisation }),
    ...(classes === undefined ? {} : { classes }),
    ...(Number.isInteger(opset) ? { opset } : {}),
    ...(text["fingerprint"] === undefined ? {} : { fingerprint: text["fingerprint"] }),
    ...(text["training"] === undefined ? {} : { training: text["training"] })
  }
}
