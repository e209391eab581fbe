/**
 * Fields to evaluate polynomials in at random points. A polynomial of degree d that is not zero vanishes at a random point of a
 * field with q elements with probability d / q at most (Schwartz, Zippel), so identities over a small F_p are tested in an
 * extension F_q, q = p^k, whose elements are powers of a primitive element: products add exponents, sums use Zech's logarithms.
 */
import { modularProduct } from "../algebra/prime.ts"
import type { RandomStream } from "../../../../src/stage.ts"

/** Elements are numbers whose meaning is the field's own; `zero` and `one` are two of them. */
export interface PointField {
  /** How many elements. */
  readonly size: number
  readonly zero: number
  readonly one: number
  readonly add: (a: number, b: number) => number
  readonly negate: (a: number) => number
  readonly multiply: (a: number, b: number) => number
  /** a^k for k = 0 .. most, written into `into`. */
  readonly powers: (a: number, most: number, into: Float64Array, at: number) => void
  /** The element that a coefficient of F_p, or of R, is. */
  readonly element: (coefficient: number) => number
  readonly random: (stream: RandomStream) => number
  /**
   * The value of `count` terms, from number `first` on, at a point whose coordinates' powers lie in `powers`, `stride` for each of the n
   * variables; for fields that have a faster way than term by term.
   */
  readonly sumOfTerms?: (residues: Int32Array, exponents: Uint8Array, first: number, count: number, n: number, powers: Float64Array, stride: number) => number
}

/** F_p itself. */
export const primePoints = (p: number): PointField => {
  const multiply = modularProduct(p)
  return {
    size: p,
    zero: 0,
    one: 1,
    add: (a, b) => (a + b >= p ? a + b - p : a + b),
    negate: (a) => (a === 0 ? 0 : p - a),
    multiply,
    powers: (a, most, into, at) => {
      for (let k = 0, power = 1; k <= most; k++, power = multiply(power, a)) into[at + k] = power
    },
    element: (residue) => residue,
    random: (stream) => stream.integer(p)
  }
}

/** Doubles from -1 to 1. */
export const realPoints: PointField = {
  size: 2 ** 52,
  zero: 0,
  one: 1,
  add: (a, b) => a + b,
  negate: (a) => -a,
  multiply: (a, b) => a * b,
  powers: (a, most, into, at) => {
    for (let k = 0, power = 1; k <= most; k++, power *= a) into[at + k] = power
  },
  element: (coefficient) => coefficient,
  random: (stream) => 2 * stream.uniform() - 1
}

/** The same computation with absolute values throughout: what rounding errors of the other one are measured by. */
export const magnitudes: PointField = {
  ...realPoints,
  negate: (a) => a,
  element: Math.abs,
  random: (stream) => Math.abs(realPoints.random(stream))
}

/** Tables of an extension field take twelve bytes an element. */
const largest = 2 ** 18

/** Tables that were made, by p: they take a while. */
const made = new Map<number, PointField>()

/** The largest extension of F_p with at most 2^18 elements, or F_p itself where p is larger than that allows. */
export const extensionPoints = (p: number): PointField => {
  let degree = 1
  while (p ** (degree + 1) <= largest) degree++
  const field = made.get(p) ?? (degree === 1 ? primePoints(p) : extension(p, degree))
  made.set(p, field)
  return field
}

/** F_q with q = p^degree. An element that is not 0 is the exponent of the primitive element, 0 to q - 2; zero is q - 1. */
const extension = (p: number, degree: number): PointField => {
  const size = p ** degree
  const order = size - 1
  const logarithms = new Int32Array(size)
  const powers = primitivePowers(p, degree)
  powers.forEach((vector, exponent) => (logarithms[vector] = exponent))
  logarithms[0] = order
  // 1 + g^k: the digit of 1 is the last of a vector.
  const zech = Int32Array.from(powers, (vector) => logarithms[vector % p === p - 1 ? vector - (p - 1) : vector + 1] ?? order)
  const minusOne = p === 2 ? 0 : order / 2
  const multiply = (a: number, b: number): number => (a === order || b === order ? order : a + b >= order ? a + b - order : a + b)
  return {
    size,
    zero: order,
    one: 0,
    multiply,
    add: (a, b) => {
      if (a === order) return b
      if (b === order) return a
      const [low, high] = a < b ? [a, b] : [b, a]
      const sum = zech[high - low] ?? order
      return sum === order ? order : low + sum >= order ? low + sum - order : low + sum
    },
    negate: (a) => multiply(a, minusOne),
    powers: (a, most, into, at) => {
      into[at] = 0
      for (let k = 1; k <= most; k++) into[at + k] = multiply(into[at + k - 1] ?? 0, a)
    },
    element: (residue) => logarithms[residue] ?? order,
    // Not zero, so that the powers of a coordinate have logarithms.
    random: (stream) => stream.integer(order),
    sumOfTerms: (residues, exponents, first, count, n, powers, stride) => {
      let sum = order
      for (let term = first; term < first + count; term++) {
        let exponent = logarithms[residues[term] ?? 0] ?? order
        if (exponent === order) continue
        for (let v = 0, at = term * n, place = 0; v < n; v++, at++, place += stride) exponent = (exponent + ((powers[place + (exponents[at] ?? 0)] ?? 0) | 0)) | 0
        exponent %= order
        if (sum === order) {
          sum = exponent
        } else {
          const low = sum < exponent ? sum : exponent
          const ratio = zech[sum < exponent ? exponent - sum : sum - exponent] ?? order
          sum = ratio === order ? order : low + ratio >= order ? low + ratio - order : low + ratio
        }
      }
      return sum
    }
  }
}

/**
 * All powers of a primitive element x of F_p[x] / f, as vectors of coefficients in base p, the constant one last: the first monic f whose x
 * runs through all elements but 0.
 */
const primitivePowers = (p: number, degree: number): Int32Array => {
  const size = p ** degree
  const top = size / p
  const powers = new Int32Array(size - 1)
  // Multiples of f's lower coefficients, negated: what a leading coefficient becomes.
  const replaced = new Int32Array(p)
  for (let candidate = 1; candidate < size; candidate++) {
    if (candidate % p === 0) continue // x divides f
    for (let lead = 0; lead < p; lead++) replaced[lead] = digitwise(0, candidate, lead, p)
    let vector = 1
    let exponent = 0
    do {
      powers[exponent++] = vector
      const lead = Math.floor(vector / top)
      const shifted = (vector - lead * top) * p
      vector = lead === 0 ? shifted : digitwise(shifted, replaced[lead] ?? 0, 1, p)
    } while (vector !== 1 && exponent < size - 1)
    if (vector === 1 && exponent === size - 1) return powers
  }
  throw new Error(`no primitive polynomial of degree ${degree} over F_${p}`)
}

/** a + c b, digit by digit in base p. */
const digitwise = (a: number, b: number, c: number, p: number): number => {
  let sum = 0
  for (let unit = 1; a > 0 || b > 0; unit *= p) {
    sum += ((a % p + c * (b % p)) % p) * unit
    a = Math.floor(a / p)
    b = Math.floor(b / p)
  }
  return sum
}
