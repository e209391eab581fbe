/**
 * Monomials as whole numbers: the exponents side by side in as few bits as their greatest values need, the greatest variable highest.
 * The product of two monomials is the sum of their keys, and the lexicographic order is that of the numbers.
 */
import { algebraError } from "../algebra/index.ts"

export interface MonomialKeys {
  readonly variables: number
  /** Bits of all exponents together, at most 52. */
  readonly bits: number
  /** Key of each variable: a monomial's key is the sum of exponent times unit. */
  readonly units: Float64Array
  /** How many values each exponent can take: a power of two. */
  readonly radices: Float64Array
}

const most = 52

/** Keys for exponents up to `limits`, one for each variable. @throws AlgebraError if they do not fit into 52 bits. */
export const monomialKeys = (limits: ReadonlyArray<number>): MonomialKeys => {
  const widths = limits.map((limit) => Math.max(1, Math.ceil(Math.log2(limit + 1))))
  const bits = widths.reduce((sum, width) => sum + width, 0)
  if (bits > most) {
    throw algebraError(`Monomials in ${limits.length} variables with exponents up to ${Math.max(...limits)} need ${bits} bits, and ${most} are there. Take fewer variables or lower degrees.`)
  }
  const units = new Float64Array(limits.length)
  const radices = Float64Array.from(widths, (width) => 2 ** width)
  for (let v = limits.length - 1, unit = 1; v >= 0; unit *= radices[v] ?? 1, v--) units[v] = unit
  return { variables: limits.length, bits, units, radices }
}

export const exponentOf = (keys: MonomialKeys, key: number, variable: number): number =>
  Math.floor(key / (keys.units[variable] ?? 1)) % (keys.radices[variable] ?? 1)

/** Writes the exponents of a monomial into `into` from `at` on. */
export const exponentsInto = ({ bits, radices, units, variables }: MonomialKeys, key: number, into: Uint8Array, at: number): void => {
  if (bits < 32) {
    for (let v = variables - 1, rest = key | 0; v >= 0; v--) {
      const radix = radices[v] ?? 1
      into[at + v] = rest & (radix - 1)
      rest >>>= 31 - Math.clz32(radix)
    }
    return
  }
  for (let v = 0; v < variables; v++) into[at + v] = Math.floor(key / (units[v] ?? 1)) % (radices[v] ?? 1)
}

export const degreeOf = (keys: MonomialKeys, key: number): number => {
  let degree = 0
  for (let v = 0; v < keys.variables; v++) degree += exponentOf(keys, key, v)
  return degree
}

/** Whether the monomial of key a divides that of key b. */
export const dividesKey = (keys: MonomialKeys, a: number, b: number): boolean => {
  for (let v = 0; v < keys.variables; v++) if (exponentOf(keys, a, v) > exponentOf(keys, b, v)) return false
  return true
}

/** C(degree + n, n): how many monomials in n variables have at most this degree. */
export const monomialCount = (n: number, degree: number): number => {
  let count = 1
  for (let i = 1; i <= n; i++) count = (count * (degree + i)) / i
  return Math.round(count)
}

/** Keys of all monomials of the last `among` variables with total degree at most `degree`, by degree, so that a lower degree's are the first of a higher one's. */
export const monomialsUpTo = (keys: MonomialKeys, among: number, degree: number): Float64Array => {
  const all: Array<number> = []
  const first = keys.variables - among
  const extend = (variable: number, left: number, key: number): void => {
    if (variable === keys.variables - 1) {
      all.push(key + left * (keys.units[variable] ?? 1))
      return
    }
    for (let exponent = left; exponent >= 0; exponent--) extend(variable + 1, left - exponent, key + exponent * (keys.units[variable] ?? 1))
  }
  for (let d = 0; d <= degree; d++) extend(first, d, 0)
  return Float64Array.from(all)
}
