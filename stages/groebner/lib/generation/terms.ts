/**
 * Polynomials of one sample, one after another in two arrays: keys of monomials (descending) and coefficients. The arrays are used again
 * for the next sample, so that nothing is allocated for a term.
 */

/** Terms `start` to `end` (without it) of the store. */
export interface Range {
  readonly start: number
  readonly end: number
}

export class Terms {
  keys = new Float64Array(1024)
  values = new Float64Array(1024)
  length = 0

  clear(): void {
    this.length = 0
  }

  push(key: number, value: number): void {
    this.reserve(1)
    this.keys[this.length] = key
    this.values[this.length++] = value
  }

  /** Room for so many more. */
  reserve(more: number): void {
    if (this.length + more <= this.keys.length) return
    const size = Math.max(2 * this.keys.length, this.length + more)
    const [keys, values] = [new Float64Array(size), new Float64Array(size)]
    keys.set(this.keys)
    values.set(this.values)
    this.keys = keys
    this.values = values
  }

  /** Whether two ranges hold the same terms. */
  equal(a: Range, b: Range): boolean {
    if (a.end - a.start !== b.end - b.start) return false
    for (let i = a.start, j = b.start; i < a.end; i++, j++) if (this.keys[i] !== this.keys[j] || this.values[i] !== this.values[j]) return false
    return true
  }
}

export const lengthOf = ({ end, start }: Range): number => end - start
