/**
 * What one computation of a basis teaches the next, of the same system modulo another prime: which rows of each matrix did not vanish
 * (Traverso 1988, "Groebner trace algorithms"). Rows that vanished are then not even built.
 */
export class Trace {
  /** Of each matrix: the rows that something was left of. */
  #useful: Array<ReadonlySet<number>> = []
  #complete = false
  #step = 0

  /** Before a computation: the first that comes to its end is learned from, later ones follow it. */
  begin(): void {
    if (!this.#complete) this.#useful = []
    this.#step = 0
  }

  /** Whether a row is worth adding to the matrix at hand. */
  wants(row: number): boolean {
    return !this.#complete || this.#useful[this.#step]?.has(row) !== false
  }

  /** After each matrix: the rows of which something was left. */
  endStep(useful: ReadonlyArray<number>): void {
    if (!this.#complete) this.#useful.push(new Set(useful))
    this.#step++
  }

  end(): void {
    this.#complete = true
  }
}
