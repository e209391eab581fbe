/** Cells of tables as numbers. */

/** A cell of a number, or of (nested) lists of numbers, written to `into` from `at` on; how many there are, or undefined where one is none. */
export const writeNumbers = (cell: unknown, into: Array<number> | Float32Array, at: number): number | undefined => {
  if (typeof cell === "number") into[at] = cell
  else if (typeof cell === "bigint" || typeof cell === "boolean") into[at] = Number(cell)
  else if (!isList(cell)) return undefined
  else {
    let next = at
    for (let i = 0; i < cell.length; i++) {
      const written = writeNumbers(cell[i], into, next)
      if (written === undefined) return undefined
      next += written
    }
    return next - at
  }
  return 1
}

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value)

/** As messages show it. */
export const showCell = (cell: unknown): string => {
  const text = cell === null || cell === undefined ? "null" : typeof cell === "bigint" ? String(cell) : JSON.stringify(cell) ?? String(cell)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}
