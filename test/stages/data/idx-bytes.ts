/** The bytes of an IDX file of unsigned bytes. */
export const idxBytes = (shape: ReadonlyArray<number>, values: ReadonlyArray<number>): Uint8Array => {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  header.setUint8(2, 8)
  header.setUint8(3, shape.length)
  shape.forEach((size, axis) => header.setUint32(4 + 4 * axis, size))
  return Uint8Array.from([...new Uint8Array(header.buffer), ...values])
}
