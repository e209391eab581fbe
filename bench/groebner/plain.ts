/**
 * The backward transformation as one would write it first: polynomials as Maps from exponents in text to coefficients. It draws what the
 * generator draws, in the same order, and so makes the same samples: a peer to compare times with, and an independent statement of the result.
 * Ideals in shape position, the form of the released code, over F_p or Q with exact fractions.
 */
import type { RandomStream } from "../../src/stage/random.ts"

/** Coefficients by exponents, "2,0,1". */
export type PlainPolynomial<E> = Map<string, E>

export interface PlainSample<E> {
  readonly f: ReadonlyArray<PlainPolynomial<E>>
  readonly g: ReadonlyArray<PlainPolynomial<E>>
}

export interface PlainField<E> {
  readonly one: E
  readonly draw: (stream: RandomStream) => E
  readonly add: (a: E, b: E) => E
  readonly multiply: (a: E, b: E) => E
  readonly isZero: (a: E) => boolean
  /** Whether a coefficient of F may stay. */
  readonly fits: (a: E) => boolean
}

/** p below 2^26. */
export const plainPrimeField = (p: number): PlainField<number> => ({
  one: 1,
  draw: (stream) => stream.integer(p),
  add: (a, b) => (a + b) % p,
  multiply: (a, b) => (a * b) % p,
  isZero: (a) => a === 0,
  fits: () => true
})

export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b))

const lowest = (numerator: bigint, denominator: bigint): Fraction => {
  const common = gcd(numerator, denominator)
  return { numerator: numerator / common, denominator: denominator / common }
}

/** Transformations are drawn again until no numerator or denominator in F passes `bound`. */
export const plainRationals = (numerator: number, denominator: number, bound: number): PlainField<Fraction> => ({
  one: { numerator: 1n, denominator: 1n },
  draw: (stream) => {
    const above = BigInt(stream.integer(2 * numerator + 1) - numerator)
    return lowest(above, BigInt(stream.integer(denominator) + 1))
  },
  add: (a, b) => lowest(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator),
  multiply: (a, b) => lowest(a.numerator * b.numerator, a.denominator * b.denominator),
  isZero: (a) => a.numerator === 0n,
  fits: (a) => a.numerator <= BigInt(bound) && a.numerator >= -BigInt(bound) && a.denominator <= BigInt(bound)
})

const addTo = <E>(field: PlainField<E>, sum: PlainPolynomial<E>, key: string, value: E): void => {
  const known = sum.get(key)
  const total = known === undefined ? value : field.add(known, value)
  if (field.isZero(total)) sum.delete(key)
  else sum.set(key, total)
}

const product = (a: string, b: string): string => {
  const y = b.split(",")
  return a.split(",").map((exponent, v) => Number(exponent) + Number(y[v])).join(",")
}

/** All exponents of the last `among` of n variables by degree, in the order in which the generator counts them. */
const monomials = (n: number, among: number, degree: number): ReadonlyArray<string> => {
  const all: Array<string> = []
  const extend = (prefix: ReadonlyArray<number>, left: number): void => {
    if (prefix.length === n - 1) {
      all.push([...prefix, left].join(","))
      return
    }
    for (let exponent = prefix.length < n - among ? 0 : left; exponent >= 0; exponent--) extend([...prefix, exponent], left - exponent)
  }
  for (let d = 0; d <= degree; d++) extend([], d)
  return all
}

const degreeOf = (polynomial: PlainPolynomial<unknown>): number =>
  Math.max(-1, ...[...polynomial.keys()].map((key) => key.split(",").reduce((sum, exponent) => sum + Number(exponent), 0)))

export class PlainGenerator<E> {
  readonly #n: number
  readonly #field: PlainField<E>
  readonly #density: number
  readonly #lists = new Map<string, ReadonlyArray<string>>()

  constructor(n: number, field: PlainField<E>, density: number) {
    this.#n = n
    this.#field = field
    this.#density = density
  }

  sample(stream: RandomStream): PlainSample<E> {
    const n = this.#n
    const h = this.#polynomial(stream, 1, 5, 1, 5)
    const degree = degreeOf(h)
    h.set(this.#key(n - 1, degree), this.#field.one)
    const g = Array.from({ length: n - 1 }, (_, i) => this.#polynomial(stream, 1, degree - 1, 0, 5).set(this.#key(i, 1), this.#field.one))
    const basis = [...g, h]
    for (;;) {
      const f = this.#transformed(stream, basis)
      const fits = f.every((polynomial) => [...polynomial.values()].every(this.#field.fits))
      if (fits) return { f, g: basis }
    }
  }

  #transformed(stream: RandomStream, basis: ReadonlyArray<PlainPolynomial<E>>): ReadonlyArray<PlainPolynomial<E>> {
    const n = this.#n
    const m = n + stream.integer(3)
    const rows = Array.from({ length: m }, (_, i) => this.#row(stream, i, i < n ? i : n, this.#density, basis))
    const permuted = Array.from(stream.permutation(m), (row) => rows[row] ?? new Map<string, E>())
    return permuted.map((_, i) => this.#row(stream, i, i, 1, permuted))
  }

  /** The sum of the first `entries` polynomials times random ones, and of the one at `diagonal` itself. */
  #row(stream: RandomStream, diagonal: number, entries: number, density: number, polynomials: ReadonlyArray<PlainPolynomial<E>>): PlainPolynomial<E> {
    const sum: PlainPolynomial<E> = new Map()
    for (let j = 0; j < entries; j++) {
      if (density < 1 && stream.uniform() >= density) continue
      const entry = this.#polynomial(stream, this.#n, 3, 1, 2)
      for (const [a, x] of entry) for (const [b, y] of polynomials[j] ?? []) addTo(this.#field, sum, product(a, b), this.#field.multiply(x, y))
    }
    if (diagonal === entries) for (const [key, value] of polynomials[diagonal] ?? []) addTo(this.#field, sum, key, value)
    return sum
  }

  #polynomial(stream: RandomStream, among: number, degree: number, least: number, terms: number): PlainPolynomial<E> {
    const candidates = this.#list(among, degree)
    for (;;) {
      const count = 1 + stream.integer(Math.min(terms, candidates.length))
      const chosen: Array<number> = []
      if (count === candidates.length) chosen.push(...candidates.keys())
      while (chosen.length < count) {
        const next = stream.integer(candidates.length)
        if (!chosen.includes(next)) chosen.push(next)
      }
      const polynomial: PlainPolynomial<E> = new Map()
      for (const at of chosen) {
        const value = this.#field.draw(stream)
        if (!this.#field.isZero(value)) polynomial.set(candidates[at] ?? "", value)
      }
      if (degreeOf(polynomial) >= least) return polynomial
    }
  }

  #list(among: number, degree: number): ReadonlyArray<string> {
    const known = this.#lists.get(`${among} ${degree}`) ?? monomials(this.#n, among, degree)
    this.#lists.set(`${among} ${degree}`, known)
    return known
  }

  #key(variable: number, exponent: number): string {
    return Array.from({ length: this.#n }, (_, v) => (v === variable ? exponent : 0)).join(",")
  }
}
