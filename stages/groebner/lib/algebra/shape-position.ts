/**
 * Ideals in shape position: f(t) and x_i - g_i(t) for every other variable. Over Q the numbers in the g_i are long: some D times as long as those of f, if f has degree D. The
 * rational univariate representation f'(t) x_i = N_i(t) (Rouillier 1999, "Solving zero-dimensional systems through the rational univariate representation") describes the same zeros with
 * numbers about as long as those of f. So f and N_i are put together from few primes, each with a basis of its own, and g_i = N_i / f' modulo f from many, each of
 * which takes only arithmetic modulo f.
 */
import { ChineseRemainders } from "./chinese-remainders.ts"
import type { Rational } from "./field.ts"
import { rational } from "./field.ts"
import type { PolynomialModuloP } from "./modular-basis.ts"
import type { Polynomial } from "./polynomial.ts"
import { modularInverse, modularProduct, modulusLimit, primeBelow } from "./prime.ts"
import type { Fraction } from "./reconstruction.ts"
import { lowestTerms, nearest, reconstruct } from "./reconstruction.ts"
import { ResiduesOfIntegers } from "./residues-of-integers.ts"
import type { Residue } from "./univariate-quotient.ts"
import { derivative, UnivariateQuotient } from "./univariate-quotient.ts"
import { rowKernel } from "./wasm/row-kernel.ts"

/** Below this degree numbers are short either way. */
const leastDegree = 8

export interface ShapePosition {
  readonly variables: number
  /** The one that the others are functions of. */
  readonly parameter: number
  readonly degree: number
  /** The other variables, as their polynomials come in the basis. */
  readonly others: ReadonlyArray<number>
}

/** Undefined if a reduced basis is not in shape position, or too small for it to matter. */
export const shapePosition = (basis: ReadonlyArray<PolynomialModuloP>, variables: number): ShapePosition | undefined => {
  const [first, ...rest] = basis
  if (first === undefined || variables < 2 || basis.length !== variables) return undefined
  const parameter = first.exponents.findIndex((exponent) => exponent > 0)
  const degree = first.exponents[parameter] ?? 0
  if (degree < leastDegree) return undefined
  const onlyParameter = ({ exponents }: Polynomial<number>, from: number) => exponents.subarray(from).every((exponent, at) => exponent === 0 || at % variables === parameter)
  const others = rest.map(({ exponents }) => exponents.subarray(0, variables).indexOf(1))
  const linear = rest.every((f, at) => others[at] !== parameter && f.exponents.subarray(0, variables).reduce((sum, exponent) => sum + exponent, 0) === 1 && onlyParameter(f, variables))
  return linear && onlyParameter(first, 0) ? { variables, parameter, degree, others } : undefined
}

/** Modulo p: the coefficients of f (without the leading 1), then those of each N_i, from 1 upwards; undefined if f has a multiple zero. */
export const univariateForm = ({ degree, parameter, variables }: ShapePosition, basis: ReadonlyArray<PolynomialModuloP>, p: number): Int32Array | undefined => {
  const dense = basis.map(({ coefficients, exponents }) => {
    const residue = new Int32Array(degree)
    // The leading terms are t^D and x_i; g_i has the opposite sign.
    for (let term = 1; term < coefficients.length; term++) residue[exponents[term * variables + parameter] ?? 0] = coefficients[term] ?? 0
    return residue
  })
  const [f = new Int32Array(degree), ...negative] = dense
  const kernel = rowKernel()
  kernel.clear()
  const quotient = new UnivariateQuotient(kernel, degree)
  quotient.use(p, f)
  const slope = derivative(p, f)
  if (quotient.inverse(slope) === undefined) return undefined
  const minusSlope = slope.map((c) => (c === 0 ? 0 : p - c))
  const form = new Int32Array(basis.length * degree)
  form.set(f)
  for (const [at, g] of negative.entries()) form.set(quotient.product(g, minusSlope), (at + 1) * degree)
  return form
}

/** The reduced basis over Q, of what `univariateForm` gives modulo primes, from f on. `stop` may throw. */
export const basisInShapePosition = (shape: ShapePosition, form: ReadonlyArray<Fraction>, stop: () => void): ReadonlyArray<Polynomial<Rational>> => {
  const { degree, others, parameter, variables } = shape
  const polynomial = (lead: number, power: number, tail: ReadonlyArray<Rational>): Polynomial<Rational> => {
    const powers = [...tail.keys()].filter((at) => tail[at]?.numerator !== 0n).reverse()
    const exponents = new Uint16Array((powers.length + 1) * variables)
    exponents[lead] = power
    for (const [term, at] of powers.entries()) exponents[(term + 1) * variables + parameter] = at
    return { coefficients: [rational(1n), ...powers.flatMap((at) => tail[at] ?? [])], exponents }
  }
  const f = form.slice(0, degree).map(({ denominator, numerator }) => rational(numerator, denominator))
  const functions = new Division(shape, form).quotients(stop)
  return [
    polynomial(parameter, degree, f),
    ...others.map((variable, at) => polynomial(variable, 1, functions.slice(at * degree, (at + 1) * degree).map(({ denominator, numerator }) => ({ denominator, numerator: -numerator }))))
  ]
}

/** N_i / f' modulo f over Q. */
class Division {
  readonly #count: number
  readonly #degree: number
  readonly #quotient: UnivariateQuotient
  readonly #integers: ResiduesOfIntegers
  readonly #primes: Array<number> = []
  #next = modulusLimit

  constructor({ degree, others }: ShapePosition, form: ReadonlyArray<Fraction>) {
    const kernel = rowKernel()
    kernel.clear()
    this.#degree = degree
    this.#count = others.length
    this.#quotient = new UnivariateQuotient(kernel, degree)
    // All over one denominator, which stands at the end.
    const common = form.reduce((multiple, { denominator }) => (multiple % denominator === 0n ? multiple : multiple * denominator), 1n)
    this.#integers = new ResiduesOfIntegers(kernel, [...form.map(({ denominator, numerator }) => numerator * (common / denominator)), common])
  }

  /** The coefficients of all g_i. */
  quotients(stop: () => void): ReadonlyArray<Rational> {
    const sum = this.#denominator(stop)
    for (let count = this.#primesFor(sum.numerator);; count = Math.ceil(count * 1.2)) {
      while (this.#primes.length < count) this.#draw()
      const primes = this.#primes.slice(0, count)
      const remainders = new ChineseRemainders(primes)
      const residues = primes.map((p, at) => {
        stop()
        return this.#modulo(p, modularProduct(p)(Number(sum.denominator % BigInt(p)), remainders.cofactors[at] ?? 0))
      })
      const values = Array.from({ length: this.#count * this.#degree }, (_, at) => {
        if (at % 64 === 0) stop()
        return remainders.fromScaled(residues.map((row) => row?.[at] ?? 0))
      })
      const found = overOneDenominator(values, remainders.modulus)
      if (found === undefined) continue
      const denominator = sum.denominator * found.denominator
      if (this.#holds(found.numerators, denominator)) return lowestTerms(found.numerators, denominator)
    }
  }

  /**
   * A sum of all coefficients with weights: its denominator is the common one of them all, but for small factors that a sum may lose, and its numerator about as long as
   * theirs. For this one number the modulus must be as long as numerator and denominator together; for the others the numerators' length is enough.
   */
  #denominator(stop: () => void): Fraction {
    const residues: Array<number> = []
    for (let count = 4;; count = Math.ceil(count * 1.25)) {
      while (this.#primes.length < count) this.#draw()
      for (const p of this.#primes.slice(residues.length)) {
        stop()
        residues.push(this.#weighted(p))
      }
      const remainders = new ChineseRemainders(this.#primes)
      const value = remainders.from(residues, this.#primes)
      const found = reconstruct(value < 0n ? value + remainders.modulus : value, remainders.modulus)
      // A fraction this much shorter than the modulus is none by chance.
      if (found !== undefined && (found.numerator < 0n ? -found.numerator : found.numerator) * found.denominator < remainders.modulus >> 64n) return found
    }
  }

  /** So many that their product is longer than the number, with room for what the sum lost. */
  #primesFor(numerator: bigint): number {
    return Math.ceil((numerator.toString(16).length * 4 + 64) / Math.log2(primeBelow(modulusLimit)))
  }

  /** Whether numerators agree with another prime. */
  #holds(numerators: ReadonlyArray<bigint>, denominator: bigint): boolean {
    const p = this.#draw()
    const prime = BigInt(p)
    const residues = this.#modulo(p, Number(denominator % prime))
    return numerators.every((numerator, at) => (numerator - BigInt(residues?.[at] ?? 0)) % prime === 0n)
  }

  /** One more prime modulo which f' has an inverse. */
  #draw(): number {
    do this.#next = primeBelow(this.#next)
    while (this.#inverse(this.#next) === undefined)
    this.#primes.push(this.#next)
    return this.#next
  }

  /** Goes over to p; 1 / (e f'), where the N_i are multiplied by e. */
  #inverse(p: number): { readonly integers: Int32Array; readonly inverse: Residue } | undefined {
    const degree = this.#degree
    const times = modularProduct(p)
    const integers = this.#integers.modulo(p)
    const common = integers.at(-1) ?? 0
    if (common === 0) return undefined
    const scale = modularInverse(common, p)
    const f = integers.slice(0, degree).map((c) => times(c, scale))
    this.#quotient.use(p, f)
    const inverse = this.#quotient.inverse(derivative(p, f))
    return inverse === undefined ? undefined : { integers, inverse: inverse.map((c) => times(c, scale)) }
  }

  /** All coefficients times a factor. */
  #modulo(p: number, factor: number): Int32Array | undefined {
    const found = this.#inverse(p)
    if (found === undefined) return undefined
    const times = modularProduct(p)
    const inverse = found.inverse.map((c) => times(c, factor))
    const all = new Int32Array(this.#count * this.#degree)
    for (let at = 0; at < this.#count; at++) all.set(this.#quotient.product(inverse, this.#numerator(found.integers, at)), at * this.#degree)
    return all
  }

  #weighted(p: number): number {
    const found = this.#inverse(p)
    if (found === undefined) return 0
    const times = modularProduct(p)
    const sum = new Int32Array(this.#degree)
    for (let at = 0; at < this.#count; at++) {
      const weight = weightOf(at + 1)
      this.#numerator(found.integers, at).forEach((c, power) => (sum[power] = ((sum[power] ?? 0) + times(c, weight)) % p))
    }
    return this.#quotient.product(found.inverse, sum).reduce((total, c, power) => (total + times(c, weightOf(power + this.#count + 1))) % p, 0)
  }

  #numerator(integers: Int32Array, at: number): Residue {
    return integers.subarray((at + 1) * this.#degree, (at + 2) * this.#degree)
  }
}

/** Numbers that are small beside the modulus once all are multiplied by a small one, which is found on the way; undefined if there is none. */
const overOneDenominator = (values: ReadonlyArray<bigint>, modulus: bigint): { readonly numerators: ReadonlyArray<bigint>; readonly denominator: bigint } | undefined => {
  const largest = modulus >> 40n
  const found: Array<Fraction> = []
  let common = 1n
  for (const value of values) {
    const residue = common === 1n ? value : nearest(value * common, modulus)
    if ((residue < 0n ? -residue : residue) <= largest) {
      found.push({ numerator: residue, denominator: common })
      continue
    }
    const fraction = reconstruct(residue < 0n ? residue + modulus : residue, modulus, largest)
    if (fraction === undefined) return undefined
    common *= fraction.denominator
    found.push({ numerator: fraction.numerator, denominator: common })
  }
  return { numerators: found.map(({ denominator, numerator }) => (denominator === common ? numerator : numerator * (common / denominator))), denominator: common }
}

/** Whole numbers below 2^20 without a pattern. */
const weightOf = (at: number): number => (Math.imul(at, 0x9e3779b1) >>> 12) + 1
