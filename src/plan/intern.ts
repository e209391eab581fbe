/** Small integers for values: two values with one canonical text have one number, so that keys made of them are short. */
import type { Json } from "../stage/json.ts"
import { canonicalJson } from "../stage/json.ts"

export type Interner = (value: Json) => number

export const makeInterner = (): Interner => {
  // A `Map` tells 1 from "1" and takes -0 as 0, as canonical text does.
  const scalars = new Map<Json, number>()
  const others = new Map<string, number>()
  const numberOf = <K>(known: Map<K, number>, key: K): number => {
    const found = known.get(key)
    if (found !== undefined) return found
    const next = scalars.size + others.size
    known.set(key, next)
    return next
  }
  return (value) => (typeof value === "object" && value !== null ? numberOf(others, canonicalJson(value)) : numberOf(scalars, value))
}
