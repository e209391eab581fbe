/**
 * Points modulo primes up to 2^31: the prime of F_p itself where that is large, or, for fractions, a random prime for each point. A difference of
 * fractions that is not 0 vanishes modulo few of the primes, so that no wrong coefficient can be the one that a prime overlooks.
 */
import type { RandomStream } from "../../../../src/stage.ts"
import { isPrime, modularInverse, modularPower, modularProduct, type ModularProduct } from "../algebra/prime.ts"
import type { PolynomialList } from "../generation/system-table.ts"
import { MonomialValues, type Opened, type Rows } from "./monomial-values.ts"
import { type Identity, identityDegree, type Points, pointsFor } from "./points.ts"

/** Terms whose products of half a coefficient and a residue can be summed up in a double: 2^(16 + 31 + 6). */
const chunk = 64

/** Random primes lie between 2^30 and 2^31; there are more than 2^25.5 of them. */
const primeBits = 30
const primes = 2 ** 25.5

/** Numerators below this have products with residues that doubles hold. */
const small = 2 ** 22

interface Point {
  readonly p: number
  readonly product: ModularProduct
  readonly reduce: (sum: number) => number
  readonly coordinates: ReadonlyArray<number>
  /** Of small denominators, 0 where it was not computed yet. */
  readonly inverses: Float64Array
}

export class ResiduePoints implements Points {
  readonly #n: number
  readonly #characteristic: number
  readonly #stream: RandomStream
  readonly #known: Array<Point> = []
  readonly #monomials: MonomialValues
  #points = 0
  #opened: Opened | undefined
  /** `#points` residues each. */
  #registers = new Float64Array(0)

  /** `characteristic`: p, or 0 for fractions. */
  constructor(characteristic: number, n: number, stream: RandomStream) {
    this.#n = n
    this.#characteristic = characteristic
    this.#stream = stream
    this.#monomials = new MonomialValues(n, 1, (exponents, at, into, place) => {
      const { coordinates, product } = this.#point(at)
      into[place] = exponents.reduce((value, exponent, v) => product(value, modularPower(product, coordinates[v] ?? 0, exponent)), 1)
    })
  }

  open(identity: Identity): boolean {
    const { basis, entries, f } = identity
    const monomials = this.#monomials
    monomials.trim()
    const opened = { identity, f: monomials.rowsOf(f), basis: monomials.rowsOf(basis), entries: monomials.rowsOf(entries) }
    const degree = identityDegree(opened.f.degree, opened.basis.degree, opened.entries.degree)
    const points = pointsFor(-Math.log2(this.#characteristic > 0 ? degree / this.#characteristic : chanceOverQ(degree, identity)))
    if (points === undefined) return false
    monomials.provide(points)
    this.#points = points
    this.#opened = opened
    const registers = basis.terms.length + 2 * f.terms.length + 2
    if (this.#registers.length < registers * points) this.#registers = new Float64Array(2 * registers * points)
    return true
  }

  loadF(polynomial: number, register: number): void {
    if (this.#opened !== undefined) this.#load(this.#opened.identity.f, this.#opened.f, polynomial, register)
  }

  loadBasis(polynomial: number, register: number): void {
    if (this.#opened !== undefined) this.#load(this.#opened.identity.basis, this.#opened.basis, polynomial, register)
  }

  addProducts(register: number, entry: number, sources: ReadonlyArray<number>, from: number, to: number): void {
    if (this.#opened === undefined) return
    const { entries, identity } = this.#opened
    const [points, registers] = [this.#points, this.#registers]
    for (let j = from, e = entry; j < to; j++, e++) {
      if (entries.firsts[e] === entries.firsts[e + 1]) continue
      for (let at = 0; at < points; at++) {
        const { product, reduce } = this.#point(at)
        const value = product(this.#value(identity.entries, entries, e, at), registers[(sources[j] ?? 0) * points + at] ?? 0)
        registers[register * points + at] = reduce((registers[register * points + at] ?? 0) + value)
      }
    }
  }

  copy(from: number, to: number): void {
    for (let at = 0; at < this.#points; at++) this.#registers[to * this.#points + at] = this.#registers[from * this.#points + at] ?? 0
  }

  clear(register: number): void {
    for (let at = 0; at < this.#points; at++) this.#registers[register * this.#points + at] = 0
  }

  equal(a: number, b: number): boolean {
    for (let at = 0; at < this.#points; at++) if (this.#registers[a * this.#points + at] !== this.#registers[b * this.#points + at]) return false
    return true
  }

  #load(list: PolynomialList, rows: Rows, polynomial: number, register: number): void {
    for (let at = 0; at < this.#points; at++) this.#registers[register * this.#points + at] = this.#value(list, rows, polynomial, at)
  }

  /** Of a polynomial at a point. */
  #value({ coefficients, denominators }: PolynomialList, { firsts, rows }: Rows, polynomial: number, at: number): number {
    const { stride, table } = this.#monomials
    const point = this.#point(at)
    const { inverses, reduce } = point
    const fractions = denominators.length > 0
    const end = firsts[polynomial + 1] ?? 0
    let value = 0
    for (let first = firsts[polynomial] ?? 0; first < end; first += chunk) {
      const last = Math.min(end, first + chunk)
      let [high, low] = [0, 0]
      for (let term = first; term < last; term++) {
        let residue = coefficients[term] ?? 0
        if (fractions) {
          const denominator = denominators[term] ?? 1
          const inverse = inverses[denominator] ?? 0
          residue = inverse > 0 && residue < small && residue > -small ? reduce(residue * inverse) : residueOf(point, residue, denominator)
        }
        const monomial = table[Math.imul(rows[term] ?? 0, stride) + at] ?? 0
        high += (residue >>> 16) * monomial
        low += (residue & 0xffff) * monomial
      }
      value = reduce(reduce(high) * 0x10000 + reduce(low) + value)
    }
    return value
  }

  #point(at: number): Point {
    const known = this.#known[at]
    if (known !== undefined) return known
    const stream = this.#stream.at(at)
    const p = this.#characteristic > 0 ? this.#characteristic : randomPrime(stream)
    const reciprocal = 1 / p
    const point: Point = {
      p,
      product: modularProduct(p),
      reduce: (sum) => {
        const rest = sum - Math.floor(sum * reciprocal) * p
        return rest < 0 ? rest + p : rest >= p ? rest - p : rest
      },
      coordinates: Array.from({ length: this.#n }, () => stream.integer(p)),
      inverses: new Float64Array(1024)
    }
    this.#known[at] = point
    return point
  }
}

/** Denominators are below the primes, so that they have inverses. */
const residueOf = ({ inverses, p, product }: Point, numerator: number, denominator: number): number => {
  const inverse = modularInverse(denominator, p)
  if (denominator < inverses.length) inverses[denominator] = inverse
  return product(((numerator % p) + p) % p, inverse)
}

const randomPrime = (stream: RandomStream): number => {
  for (;;) {
    const candidate = 2 ** primeBits + stream.integer(2 ** primeBits)
    if (isPrime(candidate)) return candidate
  }
}

/**
 * The chance that an identity of fractions that does not hold does at a random point modulo a random prime: the prime divides the numerator of a
 * coefficient of the difference, or the point is a zero of what is left.
 */
const chanceOverQ = (degree: number, { basis, entries, f }: Identity): number => {
  const denominators = [f, basis, entries, entries].map(denominatorBits)
  // Products of three numerators below 2^31, fewer than 2^62 of them, over the least common denominator.
  const numerator = 3 * 31 + 62 + denominators.reduce((sum, bits) => sum + bits, 0)
  return degree / 2 ** primeBits + numerator / primeBits / primes
}

/** Logarithm of a bound of the least common multiple of the denominators: 3^greatest (Hanson 1972), or their product. Infinite where one may pass a prime. */
const denominatorBits = ({ denominators }: PolynomialList): number => {
  let greatest = 1
  for (const denominator of denominators) if (denominator > greatest) greatest = denominator
  return greatest >= 2 ** primeBits ? Infinity : Math.min(greatest * Math.log2(3), denominators.length * Math.log2(greatest))
}
