/** Durations and sizes as people write them. */

const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 }

/** Seconds of `90s`, `30m`, `1h30m`, `2d`, `500ms`; undefined when the text is none of these. */
export const parseDuration = (text: string): number | undefined => {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text.trim()) return undefined
  let total = 0
  for (const [, amount = "", unit = ""] of parts) {
    const factor = Object.hasOwn(seconds, unit) ? seconds[unit] : undefined
    if (factor === undefined) return undefined
    total += Number(amount) * factor
  }
  return total
}

const bytes: Readonly<Record<string, number>> = {
  B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40
}

/** MiB of `512MiB`, `2GiB`, `1.5 GB`, rounded up; undefined when the text is none of these. */
export const parseMemory = (text: string): number | undefined => {
  const [, amount = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text) ?? []
  const factor = Object.hasOwn(bytes, unit) ? bytes[unit] : undefined
  return factor === undefined ? undefined : Math.ceil(Number(amount) * factor / 2 ** 20)
}
