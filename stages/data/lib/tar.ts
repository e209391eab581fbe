/** Files of a tar archive, packed with gzip or not, as data sets are published. */
import { gunzipSync } from "node:zlib"

const block = 512

/** Contents by the last part of their names, or what is wrong with the archive. */
export const parseTar = (packed: Uint8Array): ReadonlyMap<string, Uint8Array> | string => {
  const bytes = packed[0] === 0x1f && packed[1] === 0x8b ? unpacked(packed) : packed
  if (bytes === undefined) return "it is a damaged gzip file, or was cut short"
  const text = (from: number, length: number) => new TextDecoder("latin1").decode(bytes.subarray(from, from + length)).replace(/\0.*$/s, "")
  const files = new Map<string, Uint8Array>()
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0;) {
    if (text(at + 257, 5) !== "ustar" && !/^[\w./-]+$/.test(text(at, 100))) return "it is no tar archive"
    const size = Number.parseInt(text(at + 124, 12).trim(), 8)
    if (!(size >= 0) || at + block + size > bytes.length) return "it is no tar archive, or was cut short"
    const kind = text(at + 156, 1)
    const name = text(at, 100).split("/").at(-1) ?? ""
    // Ordinary files only; folders and extended headers are passed over.
    if (kind === "0" || kind === "") files.set(name, bytes.subarray(at + block, at + block + size))
    at += block + Math.ceil(size / block) * block
  }
  return files
}

const unpacked = (bytes: Uint8Array): Uint8Array | undefined => {
  try {
    return gunzipSync(bytes)
  } catch {
    return undefined
  }
}
