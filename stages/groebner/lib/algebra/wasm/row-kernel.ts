/**
 * The inner loops of elimination modulo p, in WebAssembly: a row is spread out over 64-bit sums, pivot rows are subtracted from it
 * from left to right with one reduction modulo p for each column instead of each product, and what is left is collected again.
 *
 * A sparse row is a record of three 32-bit words: its length, where its column numbers lie (ascending), where its coefficients lie.
 * Pivot rows have leading coefficient 1. A dense row has one 64-bit sum for each column, all zero between calls.
 */
import { algebraError, ComputationStopped } from "../errors.ts"
import { assemble } from "./wat.ts"

/**
 * Subtracts pivot rows. Sums stay between 0 and p^2: a product that takes one below 0 is followed by adding p^2 (p < 2^31, so
 * that p^2 < 2^62). For small p that test is not needed: see `additive`.
 */
const reduce = (name: string, step: (at: number) => string, multiplier: string) => `
(func $${name} (param $dense i32) (param $from i32) (param $to i32) (param $pivots i32) (param $p i32) (result i32)
  ;; Gives how many columns have something left.
  (local $left i32) (local $column i32) (local $sum i64) (local $factor i64) (local $modulus i64) (local $square i64)
  (local $pivot i32) (local $columns i32) (local $coefficients i32) (local $end i32) (local $place i32)
  (local.set $modulus (i64.extend_i32_u (local.get $p)))
  (local.set $square (i64.mul (local.get $modulus) (local.get $modulus)))
  (local.set $column (local.get $from))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $column) (local.get $to)))
      (local.set $place (i32.add (local.get $dense) (i32.shl (local.get $column) (i32.const 3))))
      (local.set $sum (i64.load (local.get $place)))
      (block $zero
        (br_if $zero (i64.eqz (local.get $sum)))
        (if (i64.ge_u (local.get $sum) (local.get $modulus)) (then
          (local.set $sum (i64.rem_u (local.get $sum) (local.get $modulus)))
          (i64.store (local.get $place) (local.get $sum))))
        (br_if $zero (i64.eqz (local.get $sum)))
        (local.set $pivot (i32.load (i32.add (local.get $pivots) (i32.shl (local.get $column) (i32.const 2)))))
        (if (i32.eqz (local.get $pivot)) (then
          (local.set $left (i32.add (local.get $left) (i32.const 1)))
          (br $zero)))
        (local.set $factor ${multiplier})
        (local.set $columns (i32.load offset=4 (local.get $pivot)))
        (local.set $coefficients (i32.load offset=8 (local.get $pivot)))
        (local.set $end (i32.add (local.get $columns) (i32.shl (i32.load (local.get $pivot)) (i32.const 2))))
        ;; Four entries a turn, then one.
        (block $few
          (loop $four
            (br_if $few (i32.lt_u (i32.sub (local.get $end) (local.get $columns)) (i32.const 16)))
            ${[0, 4, 8, 12].map(step).join("\n")}
            (local.set $columns (i32.add (local.get $columns) (i32.const 16)))
            (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 16)))
            (br $four)))
        (block $none
          (loop $one
            (br_if $none (i32.ge_u (local.get $columns) (local.get $end)))
            ${step(0)}
            (local.set $columns (i32.add (local.get $columns) (i32.const 4)))
            (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 4)))
            (br $one)))
        (i64.store (i32.add (local.get $dense) (i32.shl (local.get $column) (i32.const 3))) (i64.const 0)))
      (local.set $column (i32.add (local.get $column) (i32.const 1)))
      (br $next)))
  (local.get $left))`

const entry = (at: number) => `(i32.add (local.get $dense) (i32.shl (i32.load offset=${at} (local.get $columns)) (i32.const 3)))`
const product = (at: number) => `(i64.mul (local.get $factor) (i64.load32_u offset=${at} (local.get $coefficients)))`

const subtractive = (at: number) => `
  (local.set $place ${entry(at)})
  (local.set $sum (i64.sub (i64.load (local.get $place)) ${product(at)}))
  (i64.store (local.get $place) (i64.add (local.get $sum) (i64.and (i64.shr_s (local.get $sum) (i64.const 63)) (local.get $square))))`

/** Adds p - factor times the pivot row; below 2^20 at least 2^23 products fit into 63 bits, more than there are columns. */
const additive = (at: number) => `
  (local.set $place ${entry(at)})
  (i64.store (local.get $place) (i64.add (i64.load (local.get $place)) ${product(at)}))`

const text = `
${reduce("reduce", subtractive, "(local.get $sum)")}
${reduce("reduceSmall", additive, "(i64.sub (local.get $modulus) (local.get $sum))")}

(func $scatter (param $dense i32) (param $row i32)
  ;; Spreads a sparse row over a dense one that is zero.
  (local $columns i32) (local $coefficients i32) (local $end i32)
  (local.set $columns (i32.load offset=4 (local.get $row)))
  (local.set $coefficients (i32.load offset=8 (local.get $row)))
  (local.set $end (i32.add (local.get $columns) (i32.shl (i32.load (local.get $row)) (i32.const 2))))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $columns) (local.get $end)))
      (i64.store ${entry(0)} (i64.load32_u (local.get $coefficients)))
      (local.set $columns (i32.add (local.get $columns) (i32.const 4)))
      (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 4)))
      (br $next))))

(func $collect (param $dense i32) (param $from i32) (param $to i32) (param $columns i32) (param $coefficients i32)
  ;; Writes column numbers and coefficients of what is not zero, and makes the dense row zero.
  (local $place i32) (local $sum i64)
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
      (local.set $place (i32.add (local.get $dense) (i32.shl (local.get $from) (i32.const 3))))
      (local.set $sum (i64.load (local.get $place)))
      (if (i64.ne (local.get $sum) (i64.const 0)) (then
        (i32.store (local.get $columns) (local.get $from))
        (i32.store (local.get $coefficients) (i32.wrap_i64 (local.get $sum)))
        (i64.store (local.get $place) (i64.const 0))
        (local.set $columns (i32.add (local.get $columns) (i32.const 4)))
        (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 4)))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $next))))

(func $scale (param $coefficients i32) (param $length i32) (param $factor i32) (param $p i32)
  ;; Multiplies modulo p.
  (local $end i32)
  (local.set $end (i32.add (local.get $coefficients) (i32.shl (local.get $length) (i32.const 2))))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $coefficients) (local.get $end)))
      (i32.store (local.get $coefficients) (i32.wrap_i64 (i64.rem_u
        (i64.mul (i64.load32_u (local.get $coefficients)) (i64.extend_i32_u (local.get $factor)))
        (i64.extend_i32_u (local.get $p)))))
      (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 4)))
      (br $next))))

(func $subtract (param $into i32) (param $from i32) (param $length i32) (param $factor i32) (param $p i32)
  ;; Subtracts a multiple of coefficients from others, modulo p.
  (local $end i32) (local $negative i64) (local $modulus i64)
  (local.set $modulus (i64.extend_i32_u (local.get $p)))
  (local.set $negative (i64.sub (local.get $modulus) (i64.extend_i32_u (local.get $factor))))
  (local.set $end (i32.add (local.get $from) (i32.shl (local.get $length) (i32.const 2))))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
      (i32.store (local.get $into) (i32.wrap_i64 (i64.rem_u
        (i64.add (i64.load32_u (local.get $into)) (i64.mul (local.get $negative) (i64.load32_u (local.get $from))))
        (local.get $modulus))))
      (local.set $into (i32.add (local.get $into) (i32.const 4)))
      (local.set $from (i32.add (local.get $from) (i32.const 4)))
      (br $next))))
`

/** Room of the kernel, handed out from the front and all given back at once. Addresses are in bytes, multiples of 8. */
export interface RowKernel {
  /** All that was handed out is free again. */
  readonly clear: () => void
  /** Room for so many bytes, with whatever lay there before. @throws ComputationStopped if there is no more memory */
  readonly allocate: (bytes: number) => number
  /** The same, all zero. */
  readonly allocateZero: (bytes: number) => number
  /** The whole memory in 32-bit words. Allocation may replace it: ask again afterwards. */
  readonly words: () => Int32Array<ArrayBuffer>
  /** Subtracts pivot rows from the columns `from` to `to` of a dense row, which are then below p; gives how many of them are left
   * that are not zero. `pivots` has the record of each column's pivot row, 0 for none. */
  readonly reduce: (dense: number, from: number, to: number, pivots: number, p: number) => number
  /** Spreads a sparse row over a dense one that is zero. */
  readonly scatter: (dense: number, row: number) => void
  /** Writes the column numbers and coefficients of what is not zero from `from` to `to`, and makes the dense row zero there. */
  readonly collect: (dense: number, from: number, to: number, columns: number, coefficients: number) => void
  /** Multiplies coefficients modulo p. */
  readonly scale: (coefficients: number, length: number, factor: number, p: number) => void
  /** Subtracts factor times `length` coefficients from as many others, modulo p. */
  readonly subtract: (into: number, from: number, length: number, factor: number, p: number) => void
}

const page = 65536

const makeKernel = (): RowKernel => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(text)), { env: { memory } })
  /** An export, all of whose parameters and results are 32-bit integers. */
  const named = (name: string) => {
    const found = exports[name]
    if (typeof found !== "function") throw algebraError(`The kernel has no function ${name}.`)
    return found
  }
  const [any, small] = [named("reduce"), named("reduceSmall")]
  const [scatter, collect, scale, subtract] = [named("scatter"), named("collect"), named("scale"), named("subtract")]
  let words = new Int32Array(memory.buffer)
  let next = 8 // 0 means no pivot
  const allocate = (bytes: number): number => {
    const at = next
    next += Math.ceil(bytes / 8) * 8
    const missing = next - words.length * 4
    if (missing > 0) {
      try {
        memory.grow(Math.min(65536 - words.length * 4 / page, Math.max(Math.ceil(missing / page), words.length * 4 / page)))
      } catch {
        throw new ComputationStopped({ message: `A matrix of ${Math.ceil(next / 2 ** 20)} MiB does not fit into memory. Take a smaller system, or more memory.` })
      }
      words = new Int32Array(memory.buffer)
      if (next > words.length * 4) throw new ComputationStopped({ message: `A matrix of ${Math.ceil(next / 2 ** 20)} MiB is more than the 4096 MiB that WebAssembly can address. Take a smaller system.` })
    }
    return at
  }
  return {
    clear: () => {
      next = 8
    },
    allocate,
    allocateZero: (bytes) => {
      const at = allocate(bytes)
      words.fill(0, at / 4, next / 4)
      return at
    },
    words: () => words,
    // Each with its own parameters: these are called for every row, and a call that gathers them first takes longer than many a row.
    reduce: (dense, from, to, pivots, p) => Number(p < 2 ** 20 ? small(dense, from, to, pivots, p) : any(dense, from, to, pivots, p)),
    scatter: (dense, row) => void scatter(dense, row),
    collect: (dense, from, to, columns, coefficients) => void collect(dense, from, to, columns, coefficients),
    scale: (coefficients, length, factor, p) => void scale(coefficients, length, factor, p),
    subtract: (into, from, length, factor, p) => void subtract(into, from, length, factor, p)
  }
}

let kernel: RowKernel | undefined

/** One kernel for the thread, made when it is first needed: its memory is scratch, and no computation leaves anything in it. */
export const rowKernel = (): RowKernel => (kernel ??= makeKernel())
