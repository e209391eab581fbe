/**
 * How long batches of samples take, by the clock and in processor time of this thread, which other work on the machine does not lengthen. Code is compiled
 * during the first batch, which therefore counts only where it is the only one.
 */
export interface Times {
  /** That were timed. */
  readonly samples: number
  readonly seconds: number
  readonly processor: number
}

export class BatchTimes {
  readonly #batches: Array<Times> = []

  /** Does and times a batch; `samples` counts them in what came of it. */
  timed<A>(batch: () => A, samples: (made: A) => number): A {
    const [begun, used] = [performance.now(), process.threadCpuUsage()]
    const made = batch()
    const { system, user } = process.threadCpuUsage(used)
    this.#batches.push({ samples: samples(made), seconds: (performance.now() - begun) / 1000, processor: (system + user) / 1e6 })
    return made
  }

  total(): Times {
    const counted = this.#batches.length > 1 ? this.#batches.slice(1) : this.#batches
    const sum = (of: keyof Times) => counted.reduce((total, batch) => total + batch[of], 0)
    return { samples: sum("samples"), seconds: sum("seconds"), processor: sum("processor") }
  }
}
