/** Amounts as people write them on the command line, and as they are shown. Pure. */
import { parseDuration } from "../spec/units.ts"

/** Milliseconds of `30d`, `12h`, `2w`; undefined for anything else. */
export const readAge = (text: string): number | undefined => {
  const weeks = /^(\d+(?:\.\d+)?)\s*w$/.exec(text.trim())?.[1]
  const seconds = weeks === undefined ? parseDuration(text) : Number(weeks) * 7 * 86_400
  return seconds === undefined ? undefined : seconds * 1000
}

const factors: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Bytes of `500M`, `1.5 GB`, `20GiB`, `1000`; undefined for anything else. Powers of 1024, as `du` has them. */
export const readBytes = (text: string): number | undefined => {
  const [, amount = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([KMGTkmgt]?)(?:i?[Bb])?\s*$/.exec(text) ?? []
  const factor = factors[unit.toUpperCase()]
  return amount === "" || factor === undefined ? undefined : Math.round(Number(amount) * factor)
}

/** `0 bytes`, `512 bytes`, `3.4 MiB`. */
export const bytesText = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 2 ** (10 * power)).toFixed(1)} ${["", "KiB", "MiB", "GiB", "TiB"][power] ?? ""}`
}
