/** What a task has finished, kept so that a killed one need not compute it again: items in their order, as bytes. */
import { deserialize, serialize } from "node:v8"

/** Bytes that are kept; items after them would be computed again. */
const most = 2 ** 28

/** All items are written each time, which may take a tenth of the time. */
const leastPause = 10_000

export class Kept<Item> {
  readonly #items: Array<Item>
  /** How many items an earlier attempt has left. */
  readonly resumed: number
  #room = most
  #due = performance.now() + leastPause
  #changed = false

  /** Of a checkpoint; none when its bytes say nothing. */
  constructor(saved: Uint8Array | undefined) {
    this.#items = [...itemsOf<Item>(saved)]
    this.resumed = this.#items.length
    this.#room -= bytesOf(this.#items)
  }

  /** Item i, if an earlier attempt has left it. */
  earlier(i: number): Item | undefined {
    return i < this.resumed ? this.#items[i] : undefined
  }

  add(item: Item): void {
    if (this.#room <= 0) return
    this.#room -= bytesOf(item)
    this.#items.push(item)
    this.#changed = true
  }

  /** A checkpoint, when it is time for one. */
  due(): Uint8Array | undefined {
    if (!this.#changed || performance.now() < this.#due) return undefined
    const begun = performance.now()
    const bytes = serialize(this.#items)
    this.#due = performance.now() + Math.max(leastPause, 10 * (performance.now() - begun))
    this.#changed = false
    return bytes
  }
}

const itemsOf = <Item>(saved: Uint8Array | undefined): ReadonlyArray<Item> => {
  try {
    return saved === undefined ? [] : deserialize(saved)
  } catch {
    return []
  }
}

/** About how much memory a value takes. */
const bytesOf = (value: unknown): number =>
  ArrayBuffer.isView(value) ? value.byteLength + 64
    : typeof value === "object" && value !== null ? Object.values(value).reduce<number>((sum, part) => sum + bytesOf(part), 0)
      : 8
