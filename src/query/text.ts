/** Values of any type as text: what a text column shows of them. */

const iterable = (view: ArrayBufferView): ReadonlyArray<unknown> =>
  view instanceof BigInt64Array ? Array.from(view, String)
    : view instanceof Float32Array || view instanceof Float64Array || view instanceof Int32Array || view instanceof Uint8Array ? Array.from(view)
    : []

/** Text as it is; everything else as JSON has it, with 64-bit integers written out. */
export const asText = (value: unknown): string =>
  typeof value === "string" ? value
    : typeof value === "bigint" ? String(value)
    : JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? String(inner) : ArrayBuffer.isView(inner) ? iterable(inner) : inner)
