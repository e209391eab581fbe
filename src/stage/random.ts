/**
 * Seeded streams of random numbers: the same bytes on every machine and at every level of parallelism. A stream is keyed by (seed,
 * stage, purpose), so that no stream shifts another; every draw is a function of its position in the stream, and
 * `at(i)` is the stream of sample i, whoever computes it and in which order.
 */
import { createHash } from "node:crypto"
import { inverseNormal } from "./normal.ts"
import { philoxBlock } from "./philox.ts"
import { MOST_BLOCKS, philoxWords } from "./philox-words.ts"

const TWO_26 = 2 ** 26
const TWO_32 = 2 ** 32
/** Third counter word of the blocks that make substreams' keys; draws have 0 there, so that the two never meet. */
const SUBSTREAM = 1
/** Fewer blocks than this are made one by one. */
const FEW_BLOCKS = 32

export class RandomStream {
  private readonly key0: number
  private readonly key1: number
  private readonly block = new Uint32Array(4)
  /** How many blocks have been made; the last of them is in `block`. */
  private blocks = 0
  /** How many words of that block have been drawn. */
  private drawn = 4

  constructor(key0: number, key1: number) {
    this.key0 = key0
    this.key1 = key1
  }

  /** An integer of [0, 2^32). Takes one word. */
  uint32(): number {
    if (this.drawn === 4) this.nextBlock()
    return this.block[this.drawn++] ?? 0
  }

  private nextBlock(): void {
    philoxBlock(this.blocks | 0, Math.floor(this.blocks / TWO_32), 0, 0, this.key0, this.key1, this.block)
    this.blocks++
    this.drawn = 0
  }

  /** A multiple of 2^-53 in [0, 1). Takes two words. */
  uniform(): number {
    const high = this.uint32() >>> 5
    return (high * TWO_26 + (this.uint32() >>> 6)) / 2 ** 53
  }

  /** A standard normal number (mean 0, variance 1), by inversion of one of 2^52 equally likely probabilities. Takes two words. */
  normal(): number {
    const high = this.uint32() >>> 6
    return inverseNormal((high * TWO_26 + (this.uint32() >>> 6) + 0.5) / 2 ** 52)
  }

  /** An integer of [0, n), each equally likely. `n` is an integer of 1 to 2^32. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) throw new RangeError(`integer(n) needs an integer n of 1 to 2^32, not ${n}`)
    // Words past the largest multiple of n would favour the small remainders.
    const limit = TWO_32 - (TWO_32 % n)
    for (;;) {
      const word = this.uint32()
      if (word < limit) return word % n
    }
  }

  /** -1 or 1, each with probability 1/2. */
  sign(): -1 | 1 {
    return this.uint32() >>> 31 === 0 ? 1 : -1
  }

  /** The numbers 0 to n-1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const held = order[i] ?? 0
      order[i] = order[j] ?? 0
      order[j] = held
    }
    return order
  }

  /** Fills `out` as that many calls of `uniform()` would. In single precision values are rounded down, so that 1 is never reached. */
  fillUniform<A extends Float32Array | Float64Array>(out: A): A {
    if (out instanceof Float32Array) {
      this.pairs(out.length, (words, from, count) => {
        for (let i = 0; i < count; i++) out[from + i] = ((words[2 * i] ?? 0) >>> 8) / 2 ** 24
      })
    } else {
      this.pairs(out.length, (words, from, count) => {
        for (let i = 0; i < count; i++) out[from + i] = (((words[2 * i] ?? 0) >>> 5) * TWO_26 + ((words[2 * i + 1] ?? 0) >>> 6)) / 2 ** 53
      })
    }
    return out
  }

  /** Fills `out` as that many calls of `normal()` would, rounded to the array's precision. */
  fillNormal<A extends Float32Array | Float64Array>(out: A): A {
    this.pairs(out.length, (words, from, count) => {
      for (let i = 0; i < count; i++) out[from + i] = inverseNormal((((words[2 * i] ?? 0) >>> 6) * TWO_26 + ((words[2 * i + 1] ?? 0) >>> 6) + 0.5) / 2 ** 52)
    })
    return out
  }

  /** Hands out `total` pairs of words in order, many at a time where whole blocks are left: words, number of the first pair, how many pairs. */
  private pairs(total: number, use: (words: Uint32Array, from: number, count: number) => void): void {
    const single = new Uint32Array(2)
    for (let done = 0; done < total;) {
      const blocks = this.drawn === 4 ? Math.min(MOST_BLOCKS, Math.floor((total - done) / 2)) : 0
      if (blocks < FEW_BLOCKS) {
        single[0] = this.uint32()
        single[1] = this.uint32()
        use(single, done++, 1)
      } else {
        use(philoxWords(this.blocks, blocks, this.key0, this.key1), done, 2 * blocks)
        this.blocks += blocks
        done += 2 * blocks
      }
    }
  }

  /** The stream of sample `i` (0 to 2^53-1): independent of this one's position and of every other sample's. */
  at(i: number): RandomStream {
    if (!Number.isSafeInteger(i) || i < 0) throw new RangeError(`at(i) needs an integer i >= 0, not ${i}`)
    const key = new Uint32Array(4)
    philoxBlock(i | 0, Math.floor(i / TWO_32), SUBSTREAM, 0, this.key0, this.key1, key)
    return new RandomStream(key[0] ?? 0, key[1] ?? 0)
  }

  /** How many words have been drawn: a number to keep in a checkpoint and to give to `restore`. */
  state(): number {
    return 4 * this.blocks - 4 + this.drawn
  }

  /** Goes on from a state of the same stream. */
  restore(state: number): void {
    if (!Number.isSafeInteger(state) || state < 0) throw new RangeError(`restore needs a number that state() gave, not ${state}`)
    this.blocks = Math.floor(state / 4)
    this.drawn = 4
    if (state % 4 === 0) return
    this.nextBlock()
    this.drawn = state % 4
  }
}

/**
 * The stream of (seed, stage, purpose). Its key is the first 64 bits of SHA-256("reprise/random" NUL seed NUL stage NUL purpose), the
 * seed in decimal, as two big-endian words.
 */
export const randomStream = (seed: number, stage: string, purpose: string): RandomStream => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is an integer, not ${seed}`)
  const digest = createHash("sha256").update(["reprise/random", String(seed), stage, purpose].join("\0")).digest()
  return new RandomStream(digest.readUInt32BE(0), digest.readUInt32BE(4))
}
