/**
 * Losses of sequences of tokens: cross-entropy over a vocabulary at every place, with a label smoothed over all tokens and with places
 * that do not count, such as padding (Szegedy et al. 2016, section 7, for the smoothing; PyTorch's `cross_entropy` for how the two meet).
 */
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"

export interface TokenLossOptions {
  /** Share of each label that is spread evenly over all tokens, the ignored one included (0). */
  readonly smoothing?: number
  /** Token whose places do not count: neither in the sum nor in what it is divided by. */
  readonly ignore?: number
  /** 1 for places that count and 0 for others, in the shape of `tokens` and the type of `scores`; on top of `ignore`. */
  readonly mask?: Value
}

export interface TokenLoss {
  /** Mean over the places that count; 0 where none does. A scalar. */
  readonly loss: Value
  /** Loss of each place [...], 0 where it does not count. */
  readonly each: Value
  /** How many places count. A scalar of the scores' type. */
  readonly counted: Value
}

/**
 * Cross-entropy of scores [..., vocabulary] with tokens [...] (int64). Tokens that do not count may lie outside the vocabulary.
 * @throws GraphError when the shapes do not fit.
 */
export const tokenCrossEntropy = (scores: Value, tokens: Value, { ignore, mask, smoothing = 0 }: TokenLossOptions = {}): TokenLoss => {
  const vocabulary = at(scores.shape, scores.shape.length - 1)
  const logarithms = o.logSoftmax(scores)
  const own = o.neg(o.reduceSum(o.mul(o.oneHot(tokens, vocabulary, scores), logarithms), [-1]))
  const smoothed = smoothing === 0 ? own : o.sub(o.mul(own, 1 - smoothing), o.mul(o.reduceMean(logarithms, [-1]), smoothing))
  const counts = countedPlaces(scores, tokens, ignore, mask)
  if (counts === undefined) {
    return { loss: o.reduceMean(smoothed), each: smoothed, counted: scores.graph.constant(sizeOf(tokens.shape), scores.type) }
  }
  const each = o.mul(smoothed, counts)
  const counted = o.reduceSum(counts)
  return { loss: o.div(o.reduceSum(each), o.max(counted, 1)), each, counted }
}

/** How many of the places that count have their token as the greatest score, and all of them in a sequence [N, places]. */
export const tokenAccuracy = (scores: Value, tokens: Value, { ignore, mask }: Pick<TokenLossOptions, "ignore" | "mask"> = {}): { readonly tokens: Value; readonly sequences: Value } => {
  const right = o.cast(o.equal(o.argMax(scores, -1), tokens), scores.type)
  const counts = countedPlaces(scores, tokens, ignore, mask)
  if (counts === undefined) return { tokens: o.reduceMean(right), sequences: o.reduceMean(o.reduceMin(right, [-1])) }
  const wrong = o.mul(o.sub(1, right), counts)
  return {
    tokens: o.sub(1, o.div(o.reduceSum(wrong), o.max(o.reduceSum(counts), 1))),
    sequences: o.sub(1, o.reduceMean(o.reduceMax(wrong, [-1])))
  }
}

const countedPlaces = (scores: Value, tokens: Value, ignore: number | undefined, mask: Value | undefined): Value | undefined => {
  if (ignore === undefined) return mask
  const counts = o.cast(o.not(o.equal(tokens, ignore)), scores.type)
  return mask === undefined ? counts : o.mul(counts, mask)
}
