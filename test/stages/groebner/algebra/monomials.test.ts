import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import { ExponentOverflow } from "../../../../stages/groebner/lib/algebra/errors.ts"
import { MonomialTable } from "../../../../stages/groebner/lib/algebra/monomials.ts"
import type { MonomialOrder } from "../../../../stages/groebner/lib/algebra/order.ts"
import { comparator, showOrder } from "../../../../stages/groebner/lib/algebra/order.ts"

const cases = ([1, 2, 3, 5, 9, 40] as const).flatMap((n) => {
  const orders: ReadonlyArray<MonomialOrder> = ["lex", "deglex", "degrevlex", ...(n < 2 ? [] : [[{ order: "degrevlex", size: 1 }, { order: "lex", size: n - 1 }] as const])]
  return orders.flatMap((order) => ([8, 16] as const).map((bits) => ({ n, order, bits, shown: showOrder(order) })))
})

describe.each(cases)("$n variables, $shown, $bits bits an exponent", ({ bits, n, order }) => {
  const stream = randomStream(n, "test", `${showOrder(order)} ${bits}`)
  const draw = () => Uint16Array.from({ length: n }, () => (stream.integer(3) === 0 ? stream.integer(60) : stream.integer(3)))

  it("answers as arithmetic on exponents does", () => {
    const table = new MonomialTable(order, n, bits, 4)
    const compare = comparator(order, n)
    const exponentsOf = (id: number) => {
      const exponents = new Uint16Array(n)
      table.toExponents(id, exponents, 0)
      return [...exponents]
    }
    for (let i = 0; i < 40; i++) {
      const [e, f] = [draw(), draw()]
      const [a, b] = [table.fromExponents(e, 0), table.fromExponents(f, 0)]
      const multiple = [...e].map((exponent, v) => Math.max(exponent, f[v] ?? 0))
      expect(exponentsOf(a)).toEqual([...e])
      expect(table.degrees[a]).toBe(e.reduce((sum, exponent) => sum + exponent, 0))
      const product = table.product(a, b)
      expect(exponentsOf(product)).toEqual([...e].map((exponent, v) => exponent + (f[v] ?? 0)))
      expect(table.quotient(product, b)).toBe(a)
      const lcm = table.leastCommonMultiple(a, b)
      expect(exponentsOf(lcm)).toEqual(multiple)
      expect(table.fromExponents(multiple, 0)).toBe(lcm)
      expect(table.coprime(a, b, lcm)).toBe(e.every((exponent, v) => exponent === 0 || f[v] === 0))
      expect(table.divides(a, b)).toBe(e.every((exponent, v) => exponent <= (f[v] ?? 0)))
      expect(table.divides(a, lcm)).toBe(true)
      expect(table.divides(product, a)).toBe([...f].every((exponent) => exponent === 0))
      expect(Math.sign(table.compare(a, b))).toBe(Math.sign(compare(e, 0, f, 0)))
    }
  })

  it("refuses an exponent that does not fit", () => {
    const table = new MonomialTable(order, n, bits)
    const limit = bits === 8 ? 127 : 32767
    for (const v of [0, n - 1]) {
      const exponents = new Uint16Array(n)
      exponents[v] = limit
      const greatest = table.fromExponents(exponents, 0)
      exponents[v] = 1
      expect(() => table.product(greatest, table.fromExponents(exponents, 0))).toThrow(ExponentOverflow)
      exponents[v] = limit + 1
      expect(() => table.fromExponents(exponents, 0)).toThrow(ExponentOverflow)
    }
  })
})
