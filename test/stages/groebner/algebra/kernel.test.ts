import { describe, expect, it } from "vitest"
import { randomStream } from "../../../../src/stage/random.ts"
import { modularInverse } from "../../../../stages/groebner/lib/algebra/prime.ts"
import { Residues, squareRoot } from "../../../../stages/groebner/lib/algebra/reconstruction.ts"
import { rational } from "../../../../stages/groebner/lib/algebra/field.ts"
import { rowKernel } from "../../../../stages/groebner/lib/algebra/wasm/row-kernel.ts"
import { assemble } from "../../../../stages/groebner/lib/algebra/wasm/wat.ts"

const run = async (text: string, memory = new WebAssembly.Memory({ initial: 1 })) => {
  const { instance } = await WebAssembly.instantiate(assemble(text), { env: { memory } })
  return (name: string, ...parameters: ReadonlyArray<number | bigint>): unknown => {
    const found = instance.exports[name]
    return typeof found === "function" ? found(...parameters) : undefined
  }
}

describe("the assembler", () => {
  it("assembles loops, branches, locals, constants of every size and memory accesses", async () => {
    const call = await run(`
      (func $sum (param $n i32) (result i32)
        (local $total i32)
        (block $done (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $total (i32.add (local.get $total) (local.get $n))) ;; a comment
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next)))
        (local.get $total))
      (func $choose (param $a i32) (result i64)
        (local $result i64)
        (if (local.get $a) (then (local.set $result (i64.const -9223372036854775808))) (else (local.set $result (i64.const 300))))
        (local.get $result))
      (func $store (param $at i32) (param $value i64) (result i32)
        (i64.store offset=200 (local.get $at) (local.get $value))
        (i32.load offset=204 (local.get $at)))`)
    expect(call("sum", 100)).toBe(5050)
    expect([call("choose", 1), call("choose", 0)]).toEqual([-(2n ** 63n), 300n])
    expect(call("store", 8, -(2n ** 32n))).toBe(-1)
  })

  it.each([
    ["(func $f (i32.pow (i32.const 1)))", /"i32.pow" is no instruction/],
    ["(func $f (local.get $x))", /\$x is not declared/],
    ["(func $f (br $nowhere))", /no block around/],
    ["(func $f", /not closed/],
    ["(func $f))", /\) too many/]
  ])("%s is refused", (text, message) => {
    expect(() => assemble(text)).toThrow(message)
  })
})

describe.each([2, 7, 32003, 1048573, 1048583, 2147483647])("rows modulo %i", (p) => {
  it("are reduced by pivot rows as whole numbers of any size are", () => {
    const stream = randomStream(0, "test", `rows ${p}`)
    const kernel = rowKernel()
    const columns = 40
    for (let round = 0; round < 20; round++) {
      kernel.clear()
      const dense = kernel.allocateZero(8 * columns)
      const pivots = kernel.allocateZero(4 * columns)
      const store = (entries: ReadonlyArray<readonly [number, number]>) => {
        const row = kernel.allocate(12)
        const at = kernel.allocate(8 * entries.length)
        kernel.words().set([entries.length, at, at + 4 * entries.length], row / 4)
        kernel.words().set([...entries.map(([column]) => column), ...entries.map(([, value]) => value)], at / 4)
        return row
      }
      // Extreme values often: p - 1 is where sums could overflow.
      const value = () => (stream.integer(2) === 0 ? p - 1 : 1 + stream.integer(Math.min(p - 1, 2 ** 31 - 2)))
      const expected = Array.from({ length: columns }, () => 0n)
      const known = new Map<number, ReadonlyArray<readonly [number, number]>>()
      for (let column = 0; column < columns; column++) {
        if (stream.integer(3) === 0) continue
        const tail = Array.from({ length: columns - column - 1 }, (_, at) => column + 1 + at).filter(() => stream.integer(2) === 0)
        const row = [[column, 1] as const, ...tail.map((at) => [at, value()] as const)]
        known.set(column, row)
        kernel.words()[pivots / 4 + column] = store(row)
      }
      const start = Array.from({ length: columns }, (_, column) => [column, value()] as const).filter(() => stream.integer(3) > 0)
      for (const [column, entry] of start) expected[column] = BigInt(entry)
      for (const [column, row] of [...known].toSorted(([a], [b]) => a - b)) {
        const factor = (expected[column] ?? 0n) % BigInt(p)
        for (const [at, entry] of row) expected[at] = (((expected[at] ?? 0n) - factor * BigInt(entry)) % BigInt(p) + BigInt(p)) % BigInt(p)
      }
      kernel.scatter(dense, store(start))
      const left = kernel.reduce(dense, 0, columns, pivots, p)
      const survivors = [...expected.keys()].filter((column) => (expected[column] ?? 0n) % BigInt(p) !== 0n)
      expect(left).toBe(survivors.length)
      if (left === 0) continue
      const [places, entries] = [kernel.allocate(4 * left), kernel.allocate(4 * left)]
      kernel.collect(dense, 0, columns, places, entries)
      expect([...kernel.words().subarray(places / 4, places / 4 + left)]).toEqual(survivors)
      const inverse = modularInverse(kernel.words()[entries / 4] ?? 0, p)
      const scaled = survivors.map((column) => Number(((expected[column] ?? 0n) * BigInt(inverse)) % BigInt(p)))
      kernel.scale(entries, left, inverse, p)
      expect([...kernel.words().subarray(entries / 4, entries / 4 + left)]).toEqual(scaled)
      expect(scaled[0]).toBe(1)
      expect(kernel.words().subarray(dense / 4, dense / 4 + 2 * columns).every((word) => word === 0)).toBe(true)
    }
  })
})

describe("numbers from residues", () => {
  it("whole square roots", () => {
    for (const n of [0n, 1n, 2n, 3n, 4n, 15n, 16n, 17n, 2n ** 200n - 1n, 2n ** 200n, 10n ** 61n]) {
      const root = squareRoot(n)
      expect(root * root <= n && n < (root + 1n) * (root + 1n)).toBe(true)
    }
  })

  it("fractions come back once the modulus is large enough, and not before", () => {
    const fractions = [rational(-355n, 113n), rational(0n), rational(12345678901234567890n, 97n), rational(1n, 2n ** 70n), rational(-7n)]
    const residues = new Residues(fractions.length)
    const primes = [2147483647, 2147483629, 2147483587, 2147483579, 2147483563, 2147483549, 2147483543]
    const found = primes.map((p) => {
      const modulo = (n: bigint) => Number(((n % BigInt(p)) + BigInt(p)) % BigInt(p))
      residues.join(p, Int32Array.from(fractions, ({ denominator, numerator }) =>
        Number((BigInt(modulo(numerator)) * BigInt(modularInverse(modulo(denominator), p))) % BigInt(p))
      ))
      return residues.fractions()?.map(({ denominator, numerator }) => rational(numerator, denominator))
    })
    expect(found[0]).not.toEqual(fractions)
    expect(found.at(-1)).toEqual(fractions)
  })
})
