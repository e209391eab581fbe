/**
 * Compiled sessions that are kept after their scope has closed: the tasks of a sweep open the same graph again and again, and compiling a training step takes
 * from a tenth of a second to seconds. Kept are the last few small ones, since a session holds on to the memory that its graph needed.
 */

/** Idle sessions that are kept at most, and bytes that they may hold on to together. */
const [MOST_IDLE, MOST_BYTES] = [8, 128 * 2 ** 20]

interface Releasable {
  readonly runner: { release(): Promise<void> }
}

interface Entry<A> {
  readonly opened: Promise<A>
  readonly bytes: number
  users: number
}

export class SessionCache<A extends Releasable> {
  /** By key; idle ones in the order in which they became idle. */
  readonly #entries = new Map<string, Entry<A>>()

  /** The session of a key, opened if there is none. To be given back. `bytes` is what it will hold on to. */
  async take(key: string, bytes: number, open: () => Promise<A>): Promise<A> {
    const entry = this.#entries.get(key) ?? { opened: open(), bytes, users: 0 }
    entry.users++
    this.#entries.set(key, entry)
    try {
      return await entry.opened
    } catch (cause) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      throw cause
    }
  }

  /** Says that one of the session's users is done with it. Rejects when the runtime cannot release what is too much. */
  async giveBack(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.users--
    if (entry.users > 0) return
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    await Promise.all(this.#surplus().map(async ([name, { opened }]) => {
      this.#entries.delete(name)
      await (await opened).runner.release()
    }))
  }

  /** How many sessions are open, and how many of them are idle. */
  get counts(): { readonly open: number; readonly idle: number } {
    return { open: this.#entries.size, idle: this.#idle().length }
  }

  #idle(): ReadonlyArray<readonly [string, Entry<A>]> {
    return [...this.#entries].filter(([, { users }]) => users === 0)
  }

  /** Idle sessions beyond the bounds, those that were used last staying. */
  #surplus(): ReadonlyArray<readonly [string, Entry<A>]> {
    let kept = 0
    let bytes = 0
    return this.#idle().toReversed().filter(([, entry]) => {
      const fits = kept < MOST_IDLE && bytes + entry.bytes <= MOST_BYTES
      if (fits) {
        kept++
        bytes += entry.bytes
      }
      return !fits
    })
  }
}
