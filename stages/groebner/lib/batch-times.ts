/** How long batches of samples take. Code is compiled during the first, which therefore counts only where it is the only one. */
export class BatchTimes {
  readonly #batches: Array<{ readonly samples: number; readonly milliseconds: number }> = []

  /** Does and times a batch of so many samples, which `samples` counts in what came of it. */
  timed<A>(batch: () => A, samples: (made: A) => number): A {
    const begun = performance.now()
    const made = batch()
    this.#batches.push({ samples: samples(made), milliseconds: performance.now() - begun })
    return made
  }

  /** The samples that count, and their seconds. */
  total(): { readonly samples: number; readonly seconds: number } {
    const counted = this.#batches.length > 1 ? this.#batches.slice(1) : this.#batches
    return {
      samples: counted.reduce((sum, { samples }) => sum + samples, 0),
      seconds: counted.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000
    }
  }
}
