/**
 * Whether a polynomial in one variable has no repeated factor: its greatest common divisor with its derivative is 1. Over F_p exactly;
 * over Q and R modulo primes below 2^31, where "squarefree" is certain and "not squarefree" is wrong with a chance below 2^-60.
 */
import { modularInverse, modularProduct, type ModularProduct } from "../algebra/prime.ts"

/** Coefficients from x^0 on, the last not 0, all in 0 to p - 1. */
export const squarefreeModulo = (coefficients: ReadonlyArray<number>, p: number): boolean => {
  const product = modularProduct(p)
  const derivative = trimmed(coefficients.slice(1).map((value, at) => product(value, (at + 1) % p)))
  // Over F_p, a derivative of 0 says that the polynomial is a p-th power.
  if (derivative.length === 0) return coefficients.length <= 1
  return gcdDegree([...coefficients], derivative, product, p) === 0
}

/** Degree of the greatest common divisor. */
const gcdDegree = (a: Array<number>, b: Array<number>, product: ModularProduct, p: number): number => {
  let [x, y] = [a, b]
  while (y.length > 0) {
    const inverse = modularInverse(y.at(-1) ?? 1, p)
    while (x.length >= y.length) {
      const factor = product(x.at(-1) ?? 0, inverse)
      const shift = x.length - y.length
      for (let i = 0; i < y.length; i++) {
        const difference = (x[i + shift] ?? 0) - product(factor, y[i] ?? 0)
        x[i + shift] = difference < 0 ? difference + p : difference
      }
      trimmed(x)
    }
    ;[x, y] = [y, x]
  }
  return x.length - 1
}

const trimmed = (coefficients: Array<number>): Array<number> => {
  while (coefficients.length > 0 && coefficients.at(-1) === 0) coefficients.pop()
  return coefficients
}
