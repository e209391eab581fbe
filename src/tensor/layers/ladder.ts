/**
 * A hierarchical VAE as one layer: images through a bottom-up encoder and a top-down decoder with Gaussian latents at every step of it,
 * as in VDVAE (Child 2021), whose strings for the blocks are understood: `32x11` is eleven blocks at 32 x 32, `32d2` halves that
 * size after a block, `8m4` starts 8 x 8 from what 4 x 4 gave.
 */
import { Schema } from "effect"
import type { Value } from "../graph.ts"
import { gaussianDivergence } from "../losses/likelihood.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at } from "../shape.ts"
import { ones, scaled, torchWeights, zeros } from "./initial.ts"
import { batchSize, Count, imageSizes, Index, type LayerKind, layer, setting } from "./layer.ts"
import type { Initial, Scope } from "./scope.ts"

interface EncoderBlock {
  readonly size: number
  /** The image gets so many times smaller after it. */
  readonly down: number
}
interface DecoderBlock {
  readonly size: number
  /** Size whose result it starts from. */
  readonly from: number | undefined
}

const Blocks = Schema.String.check(Schema.isPattern(/^\d{1,4}([xdm]\d{1,3})?(,\d{1,4}([xdm]\d{1,3})?)*$/))

const pieces = (blocks: string) => blocks.split(",").map((piece) => {
  const [, size = "0", mark = "x", count = "1"] = /^(\d+)(?:([xdm])(\d+))?$/.exec(piece) ?? []
  return { size: Number(size), mark, count: Number(count) }
})

const encoderBlocks = (blocks: string): ReadonlyArray<EncoderBlock> =>
  pieces(blocks).flatMap(({ count, mark, size }) =>
    mark === "d" ? [{ size, down: count }] : Array.from({ length: count }, () => ({ size, down: 1 })))

const decoderBlocks = (blocks: string): ReadonlyArray<DecoderBlock> =>
  pieces(blocks).flatMap(({ count, mark, size }): ReadonlyArray<DecoderBlock> =>
    mark === "m" ? [{ size, from: count }] : Array.from({ length: count }, () => ({ size, from: undefined })))

const conv = (x: Value, scope: Scope, name: string, channels: number, kernel: number, initial: Initial = torchWeights): Value => {
  const weight = scope.parameter(`${name}.weight`, [channels, at(x.shape, 1), kernel, kernel], initial)
  return o.conv(x, weight, scope.parameter(`${name}.bias`, [channels], zeros), { pads: (kernel - 1) / 2 })
}

interface Bottleneck {
  readonly middle: number
  readonly out: number
  readonly residual: boolean
  /** Start of the last convolution. */
  readonly last?: Initial
}

/** 1x1, 3x3, 3x3, 1x1 with a GELU before each; images of 2 x 2 and less have no neighbours worth a filter. */
const bottleneck = (x: Value, scope: Scope, { last, middle, out, residual }: Bottleneck): Value => {
  const kernel = at(x.shape, 2) > 2 ? 3 : 1
  let y = conv(o.gelu(x), scope, "conv1", middle, 1)
  y = conv(o.gelu(y), scope, "conv2", middle, kernel)
  y = conv(o.gelu(y), scope, "conv3", middle, kernel)
  y = conv(o.gelu(y), scope, "conv4", out, 1, last)
  return residual ? o.add(x, y) : y
}

const Ladder = Schema.Struct({
  width: setting(Count, "Channels."),
  latent: setting(Count, "Channels of each latent.", 16),
  middle: setting(Count, "Channels inside a block: a quarter of the width in VDVAE."),
  encoder: setting(Blocks, "Blocks of the encoder."),
  decoder: setting(Blocks, "Blocks of the decoder; each has a latent."),
  outputs: setting(Count, "Channels of the result: the parameters of each pixel's distribution."),
  "bias-up-to": setting(Count, "Greatest size that starts from a learned image rather than from zeros.", 64),
  posterior: Schema.optionalKey(setting(
    Index,
    "In inference, so many latents from the top are the posterior's means and the others the prior's: a partial reconstruction. All of them when left out."
  ))
})
type Ladder = typeof Ladder.Type

/** The encoder's last result at each size. */
const encode = (x: Value, scope: Scope, { encoder, middle, width }: Ladder): ReadonlyMap<number, Value> => {
  const blocks = encoderBlocks(encoder)
  const last = scaled(torchWeights, Math.sqrt(1 / blocks.length))
  const seen = new Map<number, Value>()
  let y = conv(x, scope, "in", width, 3)
  for (const [i, { down, size }] of blocks.entries()) {
    if (at(y.shape, 2) !== size) throw new Misfit(`has an encoder block ${i + 1} for ${size} rows after one that leaves ${at(y.shape, 2)}`)
    y = bottleneck(y, scope.within(`block${i + 1}`), { middle, out: width, residual: true, last })
    if (down > 1) y = o.averagePool(y, down)
    seen.set(at(y.shape, 2), y)
  }
  return seen
}

interface Latent {
  readonly x: Value
  readonly z: Value
  /** [N] in nats. */
  readonly divergence: Value
}

const channels = (x: Value, from: number, to: number): Value => o.slice(x, [from], [to], [1])

/** A latent's value: drawn from the posterior in training, in inference the mean of the posterior or of the prior. */
const drawLatent = (x: Value, seen: Value, scope: Scope, number: number, { latent, middle, posterior, width }: Ladder): Latent => {
  const q = bottleneck(o.concat([x, seen], 1), scope.within("posterior"), { middle, out: 2 * latent, residual: false })
  const prior = bottleneck(x, scope.within("prior"), { middle, out: 2 * latent + width, residual: false, last: zeros })
  const [qm, qs] = [channels(q, 0, latent), channels(q, latent, 2 * latent)]
  const [pm, ps, feature] = [channels(prior, 0, latent), channels(prior, latent, 2 * latent), channels(prior, 2 * latent, 2 * latent + width)]
  const z = scope.training
    ? o.add(qm, o.mul(o.exp(qs), scope.noise("latent", qm.shape, "normal")))
    : posterior === undefined || number < posterior ? qm : pm
  return { x: o.add(x, feature), z, divergence: o.reduceSum(gaussianDivergence(qm, qs, pm, ps), [1, 2, 3]) }
}

const decode = (seen: ReadonlyMap<number, Value>, scope: Scope, settings: Ladder): { readonly result: Value; readonly divergences: ReadonlyArray<Value> } => {
  const { decoder, middle, width } = settings
  const blocks = decoderBlocks(decoder)
  const scale = Math.sqrt(1 / blocks.length)
  const states = new Map<number, Value>()
  const divergences: Array<Value> = []
  let result: Value | undefined
  for (const [i, { from, size }] of blocks.entries()) {
    const own = scope.within(`block${i + 1}`)
    const below = seen.get(size)
    if (below === undefined) throw new Misfit(`has a decoder block for ${size} rows, which the encoder never has`)
    let x = states.get(size) ?? begin(below, scope, size, settings)
    if (from !== undefined) {
      const smaller = states.get(from)
      if (smaller === undefined || size % from !== 0) throw new Misfit(`has a decoder block that starts from ${from} rows, which come not before it`)
      x = o.add(x, o.upsample(smaller, size / from))
    }
    const latent = drawLatent(x, below, own, i, settings)
    divergences.push(latent.divergence)
    x = o.add(latent.x, conv(latent.z, own, "latent", width, 1, scaled(torchWeights, scale)))
    x = bottleneck(x, own.within("residual"), { middle, out: width, residual: true, last: scaled(torchWeights, scale) })
    states.set(size, x)
    result = x
  }
  if (result === undefined) throw new Misfit("has no decoder blocks")
  return { result, divergences }
}

/** Where the decoder starts at a size: a learned image, for every sample the same. */
const begin = (like: Value, scope: Scope, size: number, settings: Ladder): Value => {
  const nothing = o.mul(like, 0)
  return size > settings["bias-up-to"] ? nothing : o.add(nothing, scope.parameter(`start${size}`, [settings.width, size, size], zeros))
}

export const ladderLayers: ReadonlyArray<LayerKind> = [
  layer(
    "ladder",
    "A hierarchical VAE. Its result are the parameters of each pixel's distribution; the output `divergence` [N, latents] is each latent's KL divergence in nats.",
    Ladder,
    (settings) => (x, scope) => {
      const { spatial: [rows = 0, columns = 0] } = imageSizes(x)
      if (rows !== columns) throw new Misfit("needs square images")
      const seen = encode(x, scope.within("encoder"), settings)
      const own = scope.within("decoder")
      const { divergences, result } = decode(seen, own, settings)
      if (at(result.shape, 2) !== rows) throw new Misfit(`has a decoder that ends at ${at(result.shape, 2)} rows`)
      scope.output("divergence", o.concat(divergences.map((each) => o.reshape(each, [batchSize(x), 1])), 1))
      const each = [settings.width, 1, 1]
      const final = o.add(o.mul(result, own.parameter("gain", each, ones)), own.parameter("bias", each, zeros))
      return conv(final, own, "out", settings.outputs, 1)
    }
  )
]
