/** Whole-number arithmetic modulo p < 2^31 in plain numbers: products, powers, inverses, and which p are prime. */
import { algebraError } from "./errors.ts"

/** Moduli are below this, so that elements lie in an Int32Array. */
export const modulusLimit = 2 ** 31

/** a * b mod p for 0 <= a, b < p. */
export type ModularProduct = (a: number, b: number) => number

/** The fastest exact product for the size of p. A product of two elements must stay below 2^31 for 32-bit integers and below 2^53
 * for doubles; above that, one factor is cut into 16-bit halves. */
export const modularProduct = (p: number): ModularProduct => {
  if ((p - 1) ** 2 < 2 ** 31) return (a, b) => Math.imul(a, b) % p
  const reciprocal = 1 / p
  /** x mod p for 0 <= x < 2^53: the quotient by multiplication is off by one at most. */
  const reduce = (x: number): number => {
    const rest = x - Math.floor(x * reciprocal) * p
    return rest < 0 ? rest + p : rest >= p ? rest - p : rest
  }
  if ((p - 1) ** 2 < 2 ** 53) return (a, b) => reduce(a * b)
  return (a, b) => reduce(reduce(a * (b >>> 16)) * 65536 + a * (b & 65535))
}

/** base^exponent mod p, for a product modulo p. */
export const modularPower = (product: ModularProduct, base: number, exponent: number): number => {
  let result = 1
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square = product(square, square)) {
    if (rest % 2 === 1) result = product(result, square)
  }
  return result
}

/** The inverse of a modulo p by Euclid's algorithm, for 0 < a < p and p prime. */
export const modularInverse = (a: number, p: number): number => {
  if (a === 0) throw algebraError("0 has no inverse.")
  let [r0, r1, s0, s1] = [p, a, 0, 1]
  while (r1 !== 0) {
    const quotient = Math.floor(r0 / r1)
    const [r, s] = [r0 - quotient * r1, s0 - quotient * s1]
    r0 = r1
    s0 = s1
    r1 = r
    s1 = s
  }
  return s0 < 0 ? s0 + p : s0
}

/** Whether n is prime, for every n below 2^31 (Miller-Rabin; the bases 2, 3, 5, 7 decide below 3.2e9: Jaeschke 1993). */
export const isPrime = (n: number): boolean => {
  if (!Number.isInteger(n) || n < 2 || n >= modulusLimit) return false
  for (const small of [2, 3, 5, 7]) if (n % small === 0) return n === small
  const product = modularProduct(n)
  let [odd, twos] = [n - 1, 0]
  for (; odd % 2 === 0; odd /= 2) twos++
  return [2, 3, 5, 7].every((base) => {
    let x = modularPower(product, base, odd)
    if (x === 1 || x === n - 1) return true
    for (let i = 1; i < twos; i++) {
      x = product(x, x)
      if (x === n - 1) return true
    }
    return false
  })
}

/** The greatest prime below n; n > 2. */
export const primeBelow = (n: number): number => {
  for (let candidate = Math.min(n, modulusLimit) - 1; candidate >= 2; candidate--) if (isPrime(candidate)) return candidate
  throw algebraError(`There is no prime below ${n}.`)
}
