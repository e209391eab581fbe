/**
 * Which part of the data an ideal belongs to, by the digest of its basis: all pairs with one ideal are in one part, whatever the batch, the
 * order of the samples or how many there are, so that nothing of the test data was trained on.
 */
import type { Digest } from "../verification/digest.ts"

export const parts = ["train", "validation", "test"] as const
export type Part = (typeof parts)[number]

export interface Shares {
  readonly validation: number
  readonly test: number
}

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of the word. */
const scrambled = (word: number): number => {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Another seed gives another split. */
export const partOf = ({ high, low }: Digest, { test, validation }: Shares, seed: number): Part => {
  const place = scrambled(scrambled(scrambled(high ^ Math.floor(seed / 2 ** 32)) ^ low) ^ (seed | 0)) / 2 ** 32
  return place < test ? "test" : place < test + validation ? "validation" : "train"
}

/** A digest as one number of a column. */
export const digestNumber = ({ high, low }: Digest): bigint => BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))

export const digestFrom = (number: bigint): Digest => ({ high: Number(BigInt.asIntN(32, number >> 32n)), low: Number(BigInt.asIntN(32, number)) })
