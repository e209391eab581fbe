import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import * as A from "../../../../stages/groebner/lib/algebra/index.ts"
import type { MonomialOrder } from "../../../../stages/groebner/lib/algebra/order.ts"
import { randomPolynomial } from "./random-polynomials.ts"

const names = ["x", "y", "z"]
const orders: ReadonlyArray<MonomialOrder> = ["lex", "deglex", "degrevlex", [{ order: "degrevlex", size: 1 }, { order: "lex", size: 2 }]]
const rings = orders.map((order) => A.polynomialRing(A.primeField(31), names, order))
const over = (order: MonomialOrder) => A.polynomialRing(A.rationalField, names, order)

describe("text", () => {
  const expanded = "(x+y*z^2-3/4*z+1)^2 - 0.5*x*y^3"
  // As Singular 4.3.1 writes them with short=0, in lp, Dp, dp and (dp(1),lp(2)).
  it.each([
    ["lex", "x^2-1/2*x*y^3+2*x*y*z^2-3/2*x*z+2*x+y^2*z^4-3/2*y*z^3+2*y*z^2+9/16*z^2-3/2*z+1"],
    ["deglex", "y^2*z^4-1/2*x*y^3+2*x*y*z^2-3/2*y*z^3+2*y*z^2+x^2-3/2*x*z+9/16*z^2+2*x-3/2*z+1"],
    ["degrevlex", "y^2*z^4-1/2*x*y^3+2*x*y*z^2-3/2*y*z^3+2*y*z^2+x^2-3/2*x*z+9/16*z^2+2*x-3/2*z+1"],
    [[{ order: "degrevlex", size: 1 }, { order: "lex", size: 2 }], "x^2-1/2*x*y^3+2*x*y*z^2-3/2*x*z+2*x+y^2*z^4-3/2*y*z^3+2*y*z^2+9/16*z^2-3/2*z+1"]
  ] as const)("in %j has its terms where Singular has them", (order, text) => {
    const ring = over(order)
    expect(A.showPolynomial(ring, A.parsePolynomial(ring, expanded)).replaceAll(" ", "")).toBe(text)
  })

  it("is read back as it was written, over every field", () => {
    const stream = randomStream(0, "test", "text")
    for (const field of [A.primeField(7), A.primeField(2147483647)]) {
      const ring = A.polynomialRing(field, names, "degrevlex")
      for (let i = 0; i < 30; i++) {
        const f = randomPolynomial(ring, stream, 6, 8)
        expect(A.equals(ring, A.parsePolynomial(ring, A.showPolynomial(ring, f)), f)).toBe(true)
      }
    }
    const real = A.polynomialRing(A.realField, ["t"], "lex")
    expect(A.showPolynomial(real, A.parsePolynomial(real, "-0.125*t^2 + 1e-7*t - 2.5"))).toBe("-0.125*t^2 + 1e-7*t - 2.5")
  })

  it("of a system is split at commas and semicolons", () => {
    expect(A.parseSystem(over("lex"), "x + y,\n 2*z;").map((f) => A.showPolynomial(over("lex"), f))).toEqual(["x + y", "2*z"])
    expect(A.parseSystem(over("lex"), " \n")).toEqual([])
  })

  it.each([
    ["x + w", /Column 5 of "x \+ w": no such variable; the ring has x, y, z/],
    ["2x", /Column 2.*operator/],
    ["x^", /Column 3.*whole number \(the text ends\)/],
    ["x^40000", /exponents go up to 32767/],
    ["(x + 1", /not closed/],
    ["x/y", /only numbers can be divided by/],
    ["x/0", /division by 0/],
    ["x ? y", /Column 3.*no meaning/],
    ["", /expected here \(the text ends\)/]
  ])("%j is refused with its column", (text, message) => {
    expect(() => A.parsePolynomial(over("lex"), text)).toThrow(message)
  })
})

describe("rings", () => {
  it("refuse no variables, repeated names and blocks that do not fit", () => {
    expect(() => A.polynomialRing(A.rationalField, [], "lex")).toThrow(/at least one variable/)
    expect(() => A.polynomialRing(A.rationalField, ["x", "x"], "lex")).toThrow(/"x" is named twice/)
    expect(() => A.polynomialRing(A.rationalField, ["x", "y"], [{ order: "lex", size: 3 }])).toThrow(/lex\(3\) cover 3 variables, but the ring has 2/)
  })
})

describe.each(rings)("arithmetic in $order", (ring) => {
  const stream = randomStream(1, "test", A.showOrder(ring.order))
  const draw = () => randomPolynomial(ring, stream, 5, 6)
  const same = (f: A.Polynomial<number>, g: A.Polynomial<number>) => expect(A.showPolynomial(ring, f)).toBe(A.showPolynomial(ring, g))

  it("is that of a commutative ring", () => {
    for (let i = 0; i < 25; i++) {
      const [f, g, h] = [draw(), draw(), draw()]
      same(A.multiply(ring, f, A.add(ring, g, h)), A.add(ring, A.multiply(ring, f, g), A.multiply(ring, f, h)))
      same(A.multiply(ring, f, g), A.multiply(ring, g, f))
      same(A.add(ring, A.subtract(ring, f, g), g), f)
      same(A.scale(ring, 3, f), A.add(ring, f, A.add(ring, f, f)))
    }
  })

  it("agrees with evaluation at points", () => {
    const { field } = ring
    const at = (f: A.Polynomial<number>, point: ReadonlyArray<number>) => {
      let sum = 0
      for (let t = 0; t < A.termCount(f); t++) {
        let value = f.coefficients[t] ?? 0
        for (let v = 0; v < 3; v++) for (let e = f.exponents[3 * t + v] ?? 0; e > 0; e--) value = field.multiply(value, point[v] ?? 0)
        sum = field.add(sum, value)
      }
      return sum
    }
    for (let i = 0; i < 25; i++) {
      const [f, g] = [draw(), draw()]
      const point = [stream.integer(31), stream.integer(31), stream.integer(31)]
      expect(at(A.multiply(ring, f, g), point)).toBe(field.multiply(at(f, point), at(g, point)))
    }
  })

  it("divides with a remainder that no leading monomial divides", () => {
    const compare = A.comparator(ring.order, 3)
    for (let i = 0; i < 15; i++) {
      const divisors = [draw(), draw()].filter((g) => !A.isZero(g))
      const f = A.multiply(ring, draw(), draw())
      const { quotients, remainder } = A.divide(ring, f, divisors)
      same(divisors.reduce((sum, g, at) => A.add(ring, sum, A.multiply(ring, quotients[at] ?? remainder, g)), remainder), f)
      for (const [at, g] of divisors.entries()) {
        for (let t = 0; t < A.termCount(remainder); t++) {
          expect([0, 1, 2].some((v) => (g.exponents[v] ?? 0) > (remainder.exponents[3 * t + v] ?? 0))).toBe(true)
        }
        const product = A.multiply(ring, quotients[at] ?? remainder, g)
        if (!A.isZero(product)) expect(compare(product.exponents, 0, f.exponents, 0)).toBeLessThanOrEqual(0)
      }
    }
  })

  it("cancels leading terms in S-polynomials", () => {
    const compare = A.comparator(ring.order, 3)
    for (let i = 0; i < 25; i++) {
      const [f, g] = [draw(), draw()]
      if (A.isZero(f) || A.isZero(g)) continue
      const s = A.sPolynomial(ring, f, g)
      const multiple = [0, 1, 2].map((v) => Math.max(f.exponents[v] ?? 0, g.exponents[v] ?? 0))
      if (!A.isZero(s)) expect(compare(s.exponents, 0, multiple, 0)).toBeLessThan(0)
      expect(A.isZero(A.sPolynomial(ring, f, f))).toBe(true)
    }
  })
})

it("exponents never wrap: a product beyond 32767 is refused", () => {
  const ring = over("degrevlex")
  const f = A.parsePolynomial(ring, "x^32767")
  expect(() => A.multiply(ring, f, f)).toThrow(A.ExponentOverflow)
  expect(() => A.multiply(ring, f, A.parsePolynomial(ring, "x"))).toThrow(/passed 32767/)
  expect(A.totalDegree(A.multiply(ring, f, A.parsePolynomial(ring, "y^32767*z^32767")), 3)).toBe(3 * 32767)
})
