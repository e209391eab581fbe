/** Aligned columns of text, and other small ways to say things on a terminal. Pure. */

/** Rows of equal length; a column that is mostly numbers is aligned to the right. Two spaces between columns, none at line ends. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>, header?: ReadonlyArray<string>): string => {
  const all = header === undefined ? rows : [header, ...rows]
  const width = Math.max(0, ...all.map((row) => row.length))
  const widths = Array.from({ length: width }, (_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)))
  const right = Array.from({ length: width }, (_, at) => rows.length > 0 && rows.every((row) => /^-?[\d.,]*%?$/.test(row[at] ?? "")))
  return all.map((row) =>
    row.map((cell, at) => (right[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join("  ").trimEnd()
  ).join("\n")
}

/** `1 task`, `12 tasks`. */
export const count = (number: number, one: string, many = `${one}s`): string => `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`

/** A duration in the unit a person would choose: `340 ms`, `2.4 s`, `3 min 20 s`, `2 h 05 min`. */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`
}

/** Every line moved in. */
export const indent = (text: string, by = "  "): string => text.split("\n").map((line) => (line === "" ? "" : by + line)).join("\n")
