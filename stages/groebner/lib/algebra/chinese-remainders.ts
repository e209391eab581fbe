/** Many numbers from their residues modulo many primes at once: products of moduli in a tree, so that most of the work is in few multiplications of long numbers. */
import { modularInverse, modularProduct } from "./prime.ts"
import { nearest } from "./reconstruction.ts"

export class ChineseRemainders {
  /** Product of all primes. */
  readonly modulus: bigint
  /** Level by level the products of neighbours, the primes themselves first. */
  readonly #levels: ReadonlyArray<ReadonlyArray<bigint>>
  /** Of each prime p: the inverse modulo p of the product of the others. */
  readonly cofactors: Int32Array

  constructor(primes: ReadonlyArray<number>) {
    const levels = [primes.map(BigInt)]
    for (let level = levels[0] ?? []; level.length > 1;) {
      const below = level
      level = Array.from({ length: Math.ceil(below.length / 2) }, (_, at) => (below[2 * at] ?? 1n) * (below[2 * at + 1] ?? 1n))
      levels.push(level)
    }
    this.#levels = levels
    this.modulus = levels.at(-1)?.[0] ?? 1n
    this.cofactors = Int32Array.from(primes, (p) => modularInverse(Number((this.modulus % (BigInt(p) * BigInt(p))) / BigInt(p)), p))
  }

  /** The number nearest to 0 with `residues[at]` modulo prime `at`; residues already multiplied by the cofactors. */
  fromScaled(residues: ReadonlyArray<number>): bigint {
    let sums = residues.map(BigInt)
    for (const products of this.#levels.slice(0, -1)) {
      const below = sums
      sums = Array.from({ length: Math.ceil(below.length / 2) }, (_, at) =>
        2 * at + 1 < below.length ? (below[2 * at] ?? 0n) * (products[2 * at + 1] ?? 1n) + (below[2 * at + 1] ?? 0n) * (products[2 * at] ?? 1n) : below[2 * at] ?? 0n
      )
    }
    return nearest(sums[0] ?? 0n, this.modulus)
  }

  from(residues: ReadonlyArray<number>, primes: ReadonlyArray<number>): bigint {
    return this.fromScaled(residues.map((residue, at) => modularProduct(primes[at] ?? 2)(residue, this.cofactors[at] ?? 0)))
  }
}
