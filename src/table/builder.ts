/** What all columns being written share: the interface, nulls, and the error for a value that does not fit. */

/** A value that its column cannot hold; the writer adds the column and the row. */
export class BadCell extends Error {
  readonly value: unknown
  constructor(expected: string, value: unknown) {
    super(expected)
    this.value = value
  }
}

/** The columns of one record batch, depth first. Buffers are views that hold until the builder takes its next value. */
export interface BatchParts {
  /** (length, nulls) for each column. */
  readonly nodes: Array<number>
  readonly buffers: Array<Uint8Array>
}

export interface ColumnBuilder {
  readonly length: number
  /** Bytes that the pending values take, about. */
  readonly bytes: number
  add(value: unknown): void
  /** Appends `values[start]` up to `values[end - 1]`. */
  addRange(values: ArrayLike<unknown>, start: number, end: number): void
  /** Moves what is pending to `parts` and starts anew. */
  take(parts: BatchParts): void
}

export const grown = (needed: number, length: number): number => Math.max(needed, length * 2, 64)
export const asBytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Which of the pending values are there; nothing is kept as long as all are. */
class Validity {
  #bits: Uint8Array | undefined
  nulls = 0

  setNull(index: number): void {
    const needed = (index >> 3) + 1
    if (this.#bits === undefined || this.#bits.length < needed) {
      const bits = new Uint8Array(grown(needed, this.#bits?.length ?? 0)).fill(255)
      if (this.#bits !== undefined) bits.set(this.#bits)
      this.#bits = bits
    }
    const byte = this.#bits[index >> 3] ?? 255
    this.#bits[index >> 3] = byte & ~(1 << (index & 7))
    this.nulls++
  }

  take(parts: BatchParts, length: number): void {
    parts.nodes.push(length, this.nulls)
    if (this.nulls === 0) {
      parts.buffers.push(new Uint8Array(0))
      return
    }
    const bits = new Uint8Array((length + 7) >> 3).fill(255)
    if (this.#bits !== undefined) bits.set(this.#bits.subarray(0, bits.length))
    // Bits after the last value are zero, so that the same rows are the same bytes.
    if (length % 8 !== 0) bits[bits.length - 1] = (bits[bits.length - 1] ?? 0) & ((1 << (length % 8)) - 1)
    parts.buffers.push(bits)
    this.#bits = undefined
    this.nulls = 0
  }
}

/** What all builders share: nulls, and runs of values taken one by one. */
export abstract class Builder implements ColumnBuilder {
  length = 0
  abstract readonly bytes: number
  protected readonly validity = new Validity()
  readonly #nullable: boolean

  constructor(nullable: boolean) {
    this.#nullable = nullable
  }

  add(value: unknown): void {
    if (value !== null) this.push(value)
    else if (this.#nullable) {
      this.validity.setNull(this.length)
      this.pushNull()
    } else throw new BadCell("a value (the column is not nullable)", null)
    this.length++
  }

  addRange(values: ArrayLike<unknown>, start: number, end: number): void {
    for (let i = start; i < end; i++) this.add(values[i])
  }

  take(parts: BatchParts): void {
    this.validity.take(parts, this.length)
    this.takeBuffers(parts)
    this.length = 0
  }

  protected abstract push(value: unknown): void
  protected abstract pushNull(): void
  protected abstract takeBuffers(parts: BatchParts): void
}
