/** The border basis algorithm beside a plain program, the Groebner engine, Singular and a worked example. */
import { spawnSync } from "node:child_process"
import { describe, expect, test } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import {
  groebnerBasis, normalForms, normalMonomials, numberedVariables, parseSystem, type Polynomial, polynomialOf, polynomialRing, primeField, showPolynomial
} from "../../../../stages/groebner/lib/algebra/index.ts"
import { borderBasis, type Growth } from "../../../../stages/groebner/lib/border/border-basis-algorithm.ts"
import { borderBasisAt, drawnPoints } from "../../../../stages/groebner/lib/border/border-basis.ts"
import type { KeyedPolynomial } from "../../../../stages/groebner/lib/border/keyed-polynomial.ts"
import { MonomialNumbers } from "../../../../stages/groebner/lib/border/monomial-numbers.ts"
import { borderOf, drawnOrderIdeal, uniformCorner } from "../../../../stages/groebner/lib/border/order-ideal.ts"
import { QuotientRing } from "../../../../stages/groebner/lib/border/quotient-ring.ts"
import { monomialsByDegree, transformed } from "../../../../stages/groebner/lib/border/transform.ts"
import { singularRing, whyNoSingular } from "../algebra/singular.ts"
import { type Plain, plainBorderBasis } from "./reference.ts"

const largest = 2000

const keyed = (numbers: MonomialNumbers, { coefficients, exponents }: Polynomial<number>): KeyedPolynomial => ({
  keys: Float64Array.from(coefficients, (_, term) => numbers.of(exponents.subarray(term * numbers.variables, (term + 1) * numbers.variables))),
  coefficients: Int32Array.from(coefficients)
})

const inRing = (numbers: MonomialNumbers, p: number, f: KeyedPolynomial): Polynomial<number> =>
  polynomialOf(ringOf(numbers, p), Array.from(f.coefficients), Array.from(f.keys).flatMap((key) => numbers.exponents(key)))

const ringOf = ({ variables }: MonomialNumbers, p: number) => polynomialRing(primeField(p), numberedVariables(variables), "degrevlex")

const textOf = (numbers: MonomialNumbers, p: number, f: KeyedPolynomial) => showPolynomial(ringOf(numbers, p), inRing(numbers, p, f))

const plainOf = (numbers: MonomialNumbers, f: KeyedPolynomial): Plain => new Map(Array.from(f.keys, (key, at) => [numbers.exponents(key).join(), BigInt(f.coefficients[at] ?? 0)]))

/** A system with few zeros, as groebner/border draws them. */
const drawnSystem = (sample: number, p: number, bounds: ReadonlyArray<number>) => {
  const stream = randomStream(3, "test", `algorithm ${p}`).at(sample)
  const numbers = new MonomialNumbers(bounds.length)
  const ideal = drawnOrderIdeal(uniformCorner(bounds, stream), stream)
  for (;;) {
    const g = borderBasisAt(numbers, p, drawnPoints(ideal.length, bounds.length, p, stream), ideal, borderOf(ideal))
    if (g !== undefined) return { numbers, f: transformed(numbers, p, g, bounds.length + 1 + stream.integer(3), { monomials: monomialsByDegree(1, numbers), degrees: "uniform", terms: 10 }, stream) }
  }
}

const computed = (numbers: MonomialNumbers, p: number, f: ReadonlyArray<KeyedPolynomial>, growth: Growth = "quotient") => {
  const made = borderBasis(numbers, p, f, { growth, largest })
  if (made === undefined) throw new Error("the universe became too large")
  return made
}

/** Primes for which sums are kept in 32 bits, in 64 bits, and in 64 bits below p^2. */
const primes = [2, 31, 32003, 2147483647]

test.each(primes)("over F_%d every step is that of a plain program: universe, span with all its coefficients, survivors", (p) => {
  for (let sample = 0; sample < 6; sample++) {
    const { f, numbers } = drawnSystem(sample, p, p === 2 ? [2, 2] : [3, 2])
    const { orderIdeal, steps } = computed(numbers, p, f)
    const plain = plainBorderBasis(f.map((g) => plainOf(numbers, g)), BigInt(p))
    const name = (key: number) => numbers.exponents(key).join()
    expect(orderIdeal.map(name)).toEqual(plain.orderIdeal)
    expect(steps.map(({ maximal, span, survivors, universe }) => ({ maximal: maximal.map(name), universe, span: span.map((g) => plainOf(numbers, g)), survivors }))).toEqual(plain.steps)
  }
})

test("the example that the published program documents: of six polynomials the third and the fifth are to be multiplied by x first", () => {
  const p = 32003
  const numbers = new MonomialNumbers(3)
  const ring = polynomialRing(primeField(p), ["x", "y", "z"], "degrevlex")
  const system = parseSystem(ring, "z^2+3*y-7*z, y*z-4*y, x*z-4*y, y^2-4*y, x*y-4*y, x^5-8*x^4+14*x^3+8*x^2-15*x+15*y")
  const made = computed(numbers, p, system.map((f) => keyed(numbers, f)))
  const [first] = made.steps
  const monomial = (key: number) => showPolynomial(ring, polynomialOf(ring, [1], numbers.exponents(key)))
  expect(new Set(first?.maximal.map(monomial))).toEqual(new Set(["z^2", "y*z", "y^2", "x^4*z", "x^4*y", "x^5"]))
  expect(first?.survivors.map(([at, v]) => [monomial(first.span[at]?.keys[0] ?? 0), ring.variables[v]])).toEqual([["x*z", "x"], ["x*y", "x"]])
  // The border basis of the example, from the paper of Kehrein and Kreuzer.
  const published = parseSystem(ring, "z^2+3*y-7*z, y*z-4*y, x*z-4*y, y^2-4*y, x*y-4*y, x^2*z-16*y, x^2*y-16*y, x^3*z-64*y, x^3*y-64*y, x^4*z-256*y, x^4*y-256*y, x^5-8*x^4+14*x^3+8*x^2-15*x+15*y")
  expect(new Set(made.basis.map((f) => textOf(numbers, p, f)))).toEqual(new Set(published.map((f) => textOf(numbers, p, keyed(numbers, f)))))
})

describe("the border basis", () => {
  test.each<readonly [number, ReadonlyArray<number>]>([[7, [3, 3]], [31, [3, 2, 2]], [2147483647, [2, 2, 2]]])("over F_%d is what the Groebner engine says of each monomial of the border, however universes grow", (p, bounds) => {
    for (let sample = 0; sample < 12; sample++) {
      const { f, numbers } = drawnSystem(sample, p, bounds)
      const ring = ringOf(numbers, p)
      const { basis, orderIdeal } = computed(numbers, p, f)
      const groebner = groebnerBasis({ ring, polynomials: f.map((g) => inRing(numbers, p, g)) }, { order: "degrevlex" }).polynomials
      expect(orderIdeal.flatMap((key) => numbers.exponents(key))).toEqual(Array.from(normalMonomials(groebner, "degrevlex", numbers.variables) ?? []))
      // b minus its normal form
      const leads = basis.map(({ keys }) => polynomialOf(ring, [1], numbers.exponents(keys[0] ?? 0)))
      const forms = normalForms(ring, leads, groebner)
      expect(basis.map((g) => inRing(numbers, p, { keys: g.keys.subarray(1), coefficients: g.coefficients.subarray(1).map((value) => p - value) }))).toEqual(forms)
      expect(computed(numbers, p, f, "universe").basis).toEqual(basis)
    }
  })

  test("of a system without zeros is 1", () => {
    const numbers = new MonomialNumbers(2)
    const { basis, orderIdeal } = computed(numbers, 7, parseSystem(ringOf(numbers, 7), "x0*x1, x0+1, x1+2").map((f) => keyed(numbers, f)))
    expect(orderIdeal).toEqual([])
    expect(basis.map((f) => textOf(numbers, 7, f))).toEqual(["1"])
  })

  test("of a curve is not found: the universe outgrows its limit", () => {
    const numbers = new MonomialNumbers(2)
    expect(borderBasis(numbers, 7, parseSystem(ringOf(numbers, 7), "x0*x1, x0^2*x1").map((f) => keyed(numbers, f)), { growth: "quotient", largest: 100 })).toBeUndefined()
  })

  test.skipIf(whyNoSingular !== undefined)("has the dimension and the normal forms that Singular gives", () => {
    const p = 31
    const samples = Array.from({ length: 20 }, (_, sample) => {
      const { f, numbers } = drawnSystem(sample, p, [3, 2, 3])
      return { f, numbers, ...computed(numbers, p, f) }
    })
    const script = samples.map(({ basis, f, numbers }) => {
      const text = (list: ReadonlyArray<KeyedPolynomial>) => list.map((g) => textOf(numbers, p, g)).join(",")
      return `${singularRing({ characteristic: p, variables: numberedVariables(numbers.variables), order: "degrevlex" })} ideal s=std(ideal(${text(f)})); ideal b=${text(basis)}; ` +
        `print(string(vdim(s))+" "+string(size(reduce(b,s)))+" "+string(size(reduce(s,std(b))))); kill r;`
    })
    const run = spawnSync("Singular", ["-q"], { input: `option(redSB);\n${script.join("\n")}\nquit;\n`, encoding: "utf8", timeout: 60_000 })
    expect(run.stdout.trim().split("\n")).toEqual(samples.map(({ orderIdeal }) => `${orderIdeal.length} 0 0`))
  })
})

describe("the quotient ring", () => {
  test("commutes for border bases and for nothing that differs from one in one coefficient", () => {
    const p = 31
    for (let sample = 0; sample < 20; sample++) {
      const { f, numbers } = drawnSystem(sample, p, [3, 2, 2])
      const { basis, orderIdeal } = computed(numbers, p, f)
      const ring = (polynomials: ReadonlyArray<KeyedPolynomial>) => QuotientRing.of(numbers, p, orderIdeal, polynomials)
      expect(ring(basis)?.commutes()).toBe(true)
      expect(f.every((g) => ring(basis)?.vanishes(g) === true)).toBe(true)
      const stream = randomStream(sample, "test", "change")
      const [which, by] = [stream.integer(basis.length), 1 + stream.integer(p - 1)]
      const changed = basis.map((g, at) => {
        const place = g.keys.length - 1
        const value = ((g.coefficients[place] ?? 0) + by) % p
        return at !== which || place === 0 || value === 0 ? g : { ...g, coefficients: g.coefficients.with(place, value) }
      })
      // In one variable, and for a single point, every such polynomial is a border basis: of another ideal.
      const wrong = ring(changed)
      expect(wrong?.commutes() === true && f.every((g) => wrong.vanishes(g))).toBe(changed.every((g, at) => g === basis[at]))
    }
  })

  test("is not there for polynomials that have no form of a border basis", () => {
    const numbers = new MonomialNumbers(2)
    const ideal = [numbers.of([0, 0]), numbers.of([1, 0])]
    const basis = (text: string) => QuotientRing.of(numbers, 7, ideal, parseSystem(ringOf(numbers, 7), text).map((f) => keyed(numbers, f)))
    expect(basis("x0^2 - 1, x0*x1 - x0, x1 - 1")?.commutes()).toBe(true)
    for (const text of ["x0^2 - 1, x0*x1 - x0", "x0^2 - 1, x0*x1 - x0, x1 - 1, x1 - 2", "x0^2 - 1, x0*x1 - x0, 2*x1 - 1", "x0^2 + x1, x0*x1 - x0, x1 - 1", "x0^3, x0*x1, x1"]) expect(basis(text)).toBeUndefined()
  })
})
