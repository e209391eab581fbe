/**
 * Coefficients while samples are made: plain doubles for every field. Elements of F_p are 0 to p - 1. Rational numbers are whole
 * multiples of a unit (1 / lcm of the denominators that are drawn), so that sums and products stay whole and exact; a product of k
 * factors counts units to the k-th power. Real numbers are what they are.
 */
import { algebraError, isPrime, modularProduct, modulusLimit } from "../algebra/index.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import type { Product } from "./term-sum.ts"

export type FieldChoice =
  | { readonly kind: "prime"; readonly p: number }
  /** Numerators from -numerator to numerator, denominators from 1 to denominator. */
  | { readonly kind: "rational"; readonly numerator: number; readonly denominator: number }
  /** Uniform from -bound to bound. */
  | { readonly kind: "real"; readonly bound: number }

export interface Coefficients {
  readonly choice: FieldChoice
  /** The number 1: how many units. */
  readonly one: number
  /** How many of a unit to the k-th power make 1. */
  readonly scale: (factors: number) => number
  readonly draw: (stream: RandomStream) => number
  readonly product: Product
  /** From a sum of products to an element. */
  readonly reduce: (sum: number) => number
}

const gcd = (a: number, b: number): number => {
  let [x, y] = [Math.abs(a), Math.abs(b)]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}

export const commonMultiple = (upTo: number): number => {
  let multiple = 1
  for (let k = 2; k <= upTo; k++) multiple = (multiple / gcd(multiple, k)) * k
  return multiple
}

/** value / scale in lowest terms, the denominator positive. */
export const lowestTerms = (value: number, scale: number): { readonly numerator: number; readonly denominator: number } => {
  const common = gcd(value, scale)
  return { numerator: value / common, denominator: scale / common }
}

/** What is said of a modulus that gives no field. */
export const notPrime = (p: number): string => `${p} is no prime below ${modulusLimit}, so there is no field of ${p} elements here. Take 7, 31 or 32003, for example.`

/** Sums of so many products are summed up before they are reduced; more terms than this do not meet in one coefficient. */
const summands = 2 ** 11

/** @throws AlgebraError for a composite p, or bounds whose products doubles cannot hold. */
export const coefficientsOf = (choice: FieldChoice): Coefficients => {
  switch (choice.kind) {
    case "prime": {
      const { p } = choice
      if (!isPrime(p)) throw algebraError(notPrime(p))
      const reciprocal = 1 / p
      const reduce = (sum: number): number => {
        const rest = sum - Math.floor(sum * reciprocal) * p
        return rest < 0 ? rest + p : rest >= p ? rest - p : rest
      }
      const small = (p - 1) ** 2 * summands < 2 ** 53
      return { choice, one: 1, scale: () => 1, draw: (stream) => stream.integer(p), product: small ? undefined : modularProduct(p), reduce }
    }
    case "rational": {
      const { denominator, numerator } = choice
      const unit = commonMultiple(denominator)
      if ((numerator * unit) ** 3 * summands > 2 ** 53) {
        throw algebraError(`Fractions up to ${numerator} with denominators up to ${denominator} have products that pass 2^53. Take smaller bounds, such as 5 and 5.`)
      }
      return {
        choice,
        one: unit,
        scale: (factors) => unit ** factors,
        draw: (stream) => {
          const above = stream.integer(2 * numerator + 1) - numerator
          return above * (unit / (stream.integer(denominator) + 1))
        },
        product: undefined,
        reduce: (sum) => sum
      }
    }
    case "real":
      return {
        choice,
        one: 1,
        scale: () => 1,
        draw: (stream) => choice.bound * (2 * stream.uniform() - 1),
        product: undefined,
        reduce: (sum) => sum
      }
  }
}
