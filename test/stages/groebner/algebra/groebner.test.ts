import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import * as A from "../../../../stages/groebner/lib/algebra/index.ts"
import { multiModularBasis } from "../../../../stages/groebner/lib/algebra/multi-modular.ts"
import type { MonomialOrder } from "../../../../stages/groebner/lib/algebra/order.ts"
import { randomPolynomial, randomSystem } from "./random-polynomials.ts"

const over = (p: number, variables: ReadonlyArray<string>, order: MonomialOrder) => A.polynomialRing(A.primeField(p), variables, order)
const overQ = (variables: ReadonlyArray<string>, order: MonomialOrder) => A.polynomialRing(A.rationalField, variables, order)
const shown = <E>({ polynomials, ring }: A.System<E>) => polynomials.map((f) => A.showPolynomial(ring, f).replaceAll(" ", ""))
const modular = (ring: A.Ring<number>, text: string, options?: A.BasisOptions) => shown(A.groebnerBasis({ ring, polynomials: A.parseSystem(ring, text) }, options))
const rational = (ring: A.Ring<A.Rational>, text: string, options?: A.BasisOptions) => shown(A.groebnerBasis({ ring, polynomials: A.parseSystem(ring, text) }, options))

describe("bases that Singular 4.3.1 computed", () => {
  it("cyclic-4 in lex over Q: not zero-dimensional", () => {
    const { text, variables } = A.cyclic(4)
    expect(rational(overQ(variables, "lex"), text)).toEqual([
      "x2^2*x3^6-x2^2*x3^2-x3^4+1",
      "x2^3*x3^2+x2^2*x3^3-x2-x3",
      "x1*x3^4-x1+x3^5-x3",
      "x1*x2-x1*x3+x2^2*x3^4+x2*x3-2*x3^2",
      "x1^2+2*x1*x3+x3^2",
      "x0+x1+x2+x3"
    ])
  })

  it("katsura-3 in lex over Q: fractions of twelve digits", () => {
    const { text, variables } = A.katsura(3)
    const basis = rational(overQ(variables, "lex"), text)
    expect(basis[0]).toBe("x3^8-8/11*x3^7+4/33*x3^6+131/5346*x3^5-70/8019*x3^4+1/3564*x3^3+5/42768*x3^2-1/128304*x3")
    expect(basis[3]).toBe(
      "x0-53230079232/1971025*x3^7+10415423232/1971025*x3^6+9146536848/1971025*x3^5-2158574456/1971025*x3^4-838935856/5913075*x3^3+275119624/5913075*x3^2+4884038/5913075*x3-1"
    )
    expect(basis).toHaveLength(4)
  })

  it("eco-4 in degrevlex over Q", () => {
    const { text, variables } = A.eco(4)
    const ring = overQ(variables, "degrevlex")
    const singular = "x0+x1+x2+1, x3^2+24*x1+15*x2+11*x3+31, x2*x3-3, x1*x3-3*x1-3*x2-5, x2^2-8/3*x1+x2-1/3*x3-11/3, x1*x2+5/3*x1+2/3*x2+1/3*x3+11/3, x1^2+2*x1+4/3*x2+1"
    expect(rational(ring, text, { exactCheck: true })).toEqual(singular.split(", "))
  })

  it("katsura-3 in degrevlex over F_32003", () => {
    const { text, variables } = A.katsura(3)
    const ring = over(32003, variables, "degrevlex")
    // Singular writes residues from -p/2 to p/2; ours are from 0.
    const singular = [
      "x0+2*x1+2*x2+2*x3-1",
      "x2^2+2*x1*x3-13711*x2*x3-4568*x3^2-4572*x1+13715*x2-9145*x3",
      "x1*x2-2*x1*x3-9147*x2*x3-13719*x3^2+2286*x1+9144*x2+4573*x3",
      "x1^2+2*x1*x3+4573*x2*x3-9142*x3^2-9144*x1-4572*x2+13715*x3",
      "x2*x3^2+3557*x3^3-1778*x1*x3-3161*x2*x3+5926*x3^2-10075*x1-6124*x2+11853*x3",
      "x1*x3^2-10668*x3^3-3556*x1*x3-10075*x2*x3+3556*x3^2-889*x1-11853*x2",
      "x3^4+12535*x3^3+7471*x1*x3+6188*x2*x3+10117*x3^2+10521*x1+11393*x2+11829*x3"
    ]
    const expected = shown({ ring, polynomials: singular.map((text) => A.parsePolynomial(ring, text)) })
    expect(modular(ring, text)).toEqual(expected)
    expect(modular(ring, text, { algorithm: "buchberger" })).toEqual(expected)
  })
})

describe.each(["f4", "buchberger"] as const)("by %s", (algorithm) => {
  const xy = over(31, ["x", "y"], "lex")

  it.each([
    ["", []],
    ["0", []],
    ["0, 0", []],
    ["5", ["1"]],
    ["x - 1, x - 2", ["1"]],
    ["2*x", ["x"]],
    ["x, x, x", ["x"]],
    ["x*y - 1, x*y - 1", ["x*y+30"]],
    ["x^2 - y, x^2 - 1", ["y+30", "x^2+30"]],
    ["x*y, x^2", ["x*y", "x^2"]],
    ["y^3 - 1, x - y^2", ["y^3+30", "x+30*y^2"]]
  ])("the ideal of (%s) over F_31", (system, basis) => {
    expect(modular(xy, system, { algorithm })).toEqual(basis)
  })

  it.each([
    ["", []],
    ["3/7", ["1"]],
    ["2*x - 1/3, 0", ["x-1/6"]],
    ["x^2 + y^2 - 1, x - y", ["y^2-1/2", "x-y"]]
  ])("the ideal of (%s) over Q", (system, basis) => {
    expect(rational(overQ(["x", "y"], "lex"), system, { algorithm })).toEqual(basis)
  })

  it("in one variable is the greatest common divisor", () => {
    expect(modular(over(32003, ["t"], "lex"), "(t-1)^3*(t-2)*(t+5), (t-1)^2*(t+5)*(t-9), (t-1)^2*(t+5)*t", { algorithm })).toEqual(
      modular(over(32003, ["t"], "degrevlex"), "(t-1)^2*(t+5)", { algorithm })
    )
  })

  it("in nine variables, and in an elimination order: the twisted cubic from its parametrisation", () => {
    const variables = A.numberedVariables(9)
    const linear = variables.map((name, at) => `${name} - x${(at + 1) % 9}*x${(at + 2) % 9}`).slice(0, 4).join(", ")
    const basis = A.groebnerBasis({ ring: over(7, variables, "degrevlex"), polynomials: A.parseSystem(over(7, variables, "degrevlex"), linear) }, { algorithm })
    expect(A.isGroebnerBasis(basis.ring, basis.polynomials)).toBe(true)
    expect(A.dimension(basis.polynomials, 9)).toBe(5)

    const cubic = overQ(["t", "x", "y", "z"], [{ order: "degrevlex", size: 1 }, { order: "degrevlex", size: 3 }])
    expect(rational(cubic, "x - t, y - t^2, z - t^3", { algorithm })).toEqual(["y^2-x*z", "x*y-z", "x^2-y", "t-x"])
  })
})

describe("properties, on random systems", () => {
  const stream = randomStream(3, "test", "bases")
  const names = A.numberedVariables(3)
  const orders = ["lex", "deglex", "degrevlex", [{ order: "lex", size: 1 }, { order: "degrevlex", size: 2 }]] as const

  it.each([2, 7, 32003, 2147483647])("modulo %i: reduced, satisfies Buchberger's criterion, generates the same ideal, whatever order it came through", (p) => {
    for (let round = 0; round < 12; round++) {
      const order = orders[round % 4] ?? "lex"
      const ring = over(p, names, order)
      const system = randomSystem(ring, stream, 2 + stream.integer(2), 3, 3)
      const basis = A.groebnerBasis({ ring, polynomials: system })
      expect(A.isReduced(ring, basis.polynomials)).toBe(true)
      expect(A.isGroebnerBasis(ring, basis.polynomials)).toBe(true)
      expect(A.contains(ring, basis.polynomials, system)).toBe(true)
      expect(shown(A.groebnerBasis({ ring, polynomials: system }, { algorithm: "buchberger" }))).toEqual(shown(basis))

      // Through another order and back; from other generators of the same ideal.
      const other = A.groebnerBasis(basis, { order: orders[(round + 1) % 4] ?? "lex" })
      expect(shown(A.groebnerBasis(other, { order }))).toEqual(shown(basis))
      const [first = A.zeroPolynomial(ring), ...rest] = system
      const mixed = rest.map((f) => A.add(ring, f, A.multiply(ring, first, randomPolynomial(ring, stream, 2, 2))))
      expect(shown(A.groebnerBasis({ ring, polynomials: [...mixed, first] }))).toEqual(shown(basis))

      // Combinations of generators reduce to zero, and something outside the ideal does not.
      const member = system.reduce((sum, f) => A.add(ring, sum, A.multiply(ring, f, randomPolynomial(ring, stream, 2, 3))), A.zeroPolynomial(ring))
      expect(A.contains(ring, basis.polynomials, [member])).toBe(true)
      if (!A.isUnit(basis.polynomials, 3)) expect(A.contains(ring, basis.polynomials, [A.add(ring, member, A.constant(ring, 1))])).toBe(false)
    }
  })

  it("what is free of the first variable generates the same ideal of the others, whether it was eliminated by lex or by blocks", () => {
    const stream = randomStream(4, "test", "elimination")
    const [, ...rest] = names
    const smaller = over(32003, rest, "degrevlex")
    const eliminated = ({ polynomials, ring }: A.System<number>) => polynomials
      .filter(({ exponents }) => exponents.every((exponent, at) => at % 3 !== 0 || exponent === 0))
      .map((f) => A.parsePolynomial(smaller, A.showPolynomial(ring, f)))
    for (let round = 0; round < 8; round++) {
      const ring = over(32003, names, "lex")
      const polynomials = randomSystem(ring, stream, 2 + (round % 2), 3, 3)
      const byLex = eliminated(A.groebnerBasis({ ring, polynomials }))
      const byBlocks = eliminated(A.groebnerBasis({ ring, polynomials }, { order: [{ order: "degrevlex", size: 1 }, { order: "degrevlex", size: 2 }] }))
      // The block of the others is degrevlex, so that theirs is the reduced basis already.
      expect(shown(A.groebnerBasis({ ring: smaller, polynomials: byLex }))).toEqual(shown({ ring: smaller, polynomials: byBlocks }))
      if (round % 2 === 0) expect(byLex.length).toBeGreaterThan(0)
    }
  })

  it("over Q, by many primes and by exact fractions alike", () => {
    for (let round = 0; round < 8; round++) {
      const ring = overQ(names, orders[round % 4] ?? "lex")
      const polynomials = randomSystem(ring, stream, 2, 2, 3)
      const exact = A.groebnerBasis({ ring, polynomials }, { algorithm: "buchberger" })
      expect(shown(A.groebnerBasis({ ring, polynomials }, { exactCheck: true }))).toEqual(shown(exact))
      expect(A.contains(ring, exact.polynomials, polynomials)).toBe(true)
    }
  })
})

it("over Q, a first prime that hides a part of the ideal is found out", () => {
  const ring = overQ(["x", "y"], "lex")
  const from = (text: string) => {
    const problem = { variables: 2, order: ring.order, generators: A.parseSystem(ring, text), below: 2 ** 31 }
    return shown({ ring, polynomials: multiModularBasis(problem, () => {}, () => true) })
  }
  // Modulo the greatest prime below 2^31 both generators are x + y; in the second case it divides the leading coefficient.
  expect(from(`x + y, x + ${2n ** 31n}*y`)).toEqual(["y", "x"])
  expect(from(`${2n ** 31n - 1n}*x - 1`)).toEqual([`x-1/${2n ** 31n - 1n}`])
  // Two primes in a row, the second of which judges, would be taken in: which primes are taken depends on the system.
  expect(rational(ring, `x + y, x + ${1n + 2147483647n * 2147483629n}*y`)).toEqual(["y", "x"])
})

describe("the quotient ring", () => {
  // As Singular's vdim says.
  it.each([
    { ...A.cyclic(5), dimension: 70 }, { ...A.cyclic(6), dimension: 156 }, { ...A.katsura(4), dimension: 16 }, { ...A.katsura(6), dimension: 64 },
    { ...A.eco(6), dimension: 16 }, { ...A.noon(4), dimension: 73 }, { ...A.reimer(3), dimension: 12 }
  ])("of $name has the known dimension $dimension", ({ dimension, text, variables }) => {
    const ring = over(32003, variables, "degrevlex")
    const basis = A.groebnerBasis({ ring, polynomials: A.parseSystem(ring, text) })
    const n = variables.length
    expect((A.normalMonomials(basis.polynomials, "degrevlex", n)?.length ?? 0) / n).toBe(dimension)
    expect(A.isZeroDimensional(basis.polynomials, n)).toBe(true)
    expect(A.dimension(basis.polynomials, n)).toBe(0)
  })

  it("of an infinite variety has no finite basis", () => {
    const ring = over(7, ["x", "y", "z"], "lex")
    const curve = A.parseSystem(ring, "x*z - y^2, x^3 - y*z")
    const basis = A.groebnerBasis({ ring, polynomials: curve }).polynomials
    expect(A.dimension(basis, 3)).toBe(1)
    expect(A.isZeroDimensional(basis, 3)).toBe(false)
    expect(A.normalMonomials(basis, "lex", 3)).toBeUndefined()
    expect(A.dimension([], 3)).toBe(3)
    expect(A.dimension(A.parseSystem(ring, "1"), 3)).toBe(-1)
  })
})

describe("what cannot be done is said", () => {
  const ring = over(32003, ["x", "y"], "lex")

  it("floats are no field to compute bases in", () => {
    const real = A.polynomialRing(A.realField, ["x"], "lex")
    expect(() => A.groebnerBasis({ ring: real, polynomials: A.parseSystem(real, "0.1*x") })).toThrow(/over F_p and Q, not over R: rounding/)
  })

  it("a computation ends when it is told to", () => {
    expect(() => modular(ring, "x^2 - y, x*y - 1", { shouldStop: () => true })).toThrow(A.ComputationStopped)
    let asked = 0
    expect(() => modular(over(32003, A.cyclic(6).variables, "degrevlex"), A.cyclic(6).text, { shouldStop: () => ++asked > 100 })).toThrow(/stopped before it was done/)
    // Nothing is left behind in the kernel's memory.
    expect(modular(ring, "x^2 - y, x*y - 1")).toEqual(["y^3+32002", "x+32002*y^2"])
  })

  it("exponents beyond 127 take more room, beyond 32767 they are refused", () => {
    expect(modular(ring, "x - y^200, y^300 - 1")).toEqual(["y^300+32002", "x+32002*y^200"])
    expect(() => modular(ring, "x^200 - y, y^200 - x, x^32767 - 1")).not.toThrow()
    expect(() => modular(over(7, ["x", "y", "z"], "degrevlex"), "x^30000*y - z, y^30000*x^30000 - 1, x*z^30000 - y^30000")).toThrow(A.ExponentOverflow)
  })
})
