/**
 * Extensions F_q, q = p^k, of small prime fields, as polynomials in a primitive element x modulo its minimal polynomial. An element is k digits from 0 to
 * p - 1, the constant one first.
 */
import { isPrime } from "../algebra/prime.ts"

export type Digits = ReadonlyArray<number>

export interface ExtensionField {
  readonly p: number
  /** k of q = p^k. */
  readonly degree: number
  readonly multiply: (a: Digits, b: Digits) => Digits
}

/** For a degree of 2 or more, with p^degree below 2^53. */
export const extensionField = (p: number, degree: number): ExtensionField => {
  const order = p ** degree - 1
  const factors = primeFactors(order)
  const x = Array.from({ length: degree }, (_, d) => Number(d === 1))
  for (let candidate = 0; candidate < order; candidate++) {
    // The constant coefficient is never 0, and the others come in the order of their number in base p, 0 left out: among binomials primitive ones are rare.
    const above = Math.floor(candidate / (p - 1)) + 1
    const lower = Array.from({ length: degree }, (_, d) => (d === 0 ? (candidate % (p - 1)) + 1 : Math.floor(above / p ** (d - 1)) % p))
    const field: ExtensionField = { p, degree, multiply: (a, b) => product(p, lower, a, b) }
    // Of p^k residues, q - 1 are powers of x only where all but 0 are units: where the polynomial is irreducible.
    if (isOne(power(field, x, order)) && factors.every((factor) => !isOne(power(field, x, order / factor)))) return field
  }
  throw new Error(`no primitive polynomial of degree ${degree} over F_${p}`)
}

export const power = (field: ExtensionField, base: Digits, exponent: number): Digits => {
  let result: Digits = Array.from({ length: field.degree }, (_, d) => Number(d === 0))
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = field.multiply(result, square)
    square = field.multiply(square, square)
  }
  return result
}

/** a b modulo p and the monic polynomial with these lower coefficients. Sums of products stay below 2^53 for p below 2^23. */
const product = (p: number, lower: Digits, a: Digits, b: Digits): Digits => {
  const degree = lower.length
  const sum = new Array<number>(2 * degree - 1).fill(0)
  for (let i = 0; i < degree; i++) {
    const digit = a[i] ?? 0
    if (digit > 0) for (let j = 0; j < degree; j++) sum[i + j] = (sum[i + j] ?? 0) + digit * (b[j] ?? 0)
  }
  for (let top = sum.length - 1; top >= degree; top--) {
    const lead = p - ((sum[top] ?? 0) % p)
    for (let d = 0, at = top - degree; d < degree; d++, at++) sum[at] = (sum[at] ?? 0) + lead * (lower[d] ?? 0)
  }
  sum.length = degree
  for (let d = 0; d < degree; d++) sum[d] = (sum[d] ?? 0) % p
  return sum
}

const isOne = (a: Digits): boolean => a.every((digit, d) => digit === Number(d === 0))

const primeFactors = (n: number): ReadonlyArray<number> => {
  const factors: Array<number> = []
  let rest = n
  for (let factor = 2; factor * factor <= rest && !isPrime(rest); factor++) {
    if (rest % factor !== 0) continue
    factors.push(factor)
    while (rest % factor === 0) rest /= factor
  }
  return rest > 1 ? [...factors, rest] : factors
}
