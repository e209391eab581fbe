/**
 * Elimination of leading terms modulo p, in WebAssembly: multiples of pivot rows are added to a dense row from its greatest column on, with one division by p
 * for each column, until the leading column has no pivot. What stands behind it is left as it is: the rows of a stable span are in echelon form, not reduced.
 *
 * A pivot row has a 32-bit word for each column, 1 at its own. The dense row has a sum for each column, of 32 or 64 bits, all zero between calls.
 */
import { algebraError } from "../algebra/index.ts"
import { assemble } from "../algebra/wasm/wat.ts"

/** How sums are kept. Narrow: 32 bits, four at a time, for as many products as fit. Small: 64 bits, room for 2^23 products below 2^20. Any: 64 bits, held below p^2. */
interface Sums {
  readonly name: "Narrow" | "Small" | "Any"
  readonly type: "i32" | "i64"
  /** Base-2 logarithm of the bytes of a sum. */
  readonly shift: 2 | 3
  /** What a pivot row is multiplied by, from the sum in its column. */
  readonly factor: string
  /** Works on as many entries as `entries` says, `offset` of them further. */
  readonly step: (offset: number) => string
  /** The same for four, or as often one as is left. */
  readonly few: string
}

const asWide = (value: string) => `(i64.extend_i32_u ${value})`
const wideProduct = (at: number) => `(i64.mul (local.get $factor) (i64.load32_u offset=${4 * at} (local.get $entry)))`
const wideSum = (at: number) => `(i64.load offset=${8 * at} (local.get $place))`
const additive = (at: number) => `(i64.store offset=${8 * at} (local.get $place) (i64.add ${wideSum(at)} ${wideProduct(at)}))`
/** A sum that falls below 0 gets p^2 < 2^62 more. */
const subtractive = (at: number) => `
  (local.set $sum (i64.sub ${wideSum(at)} ${wideProduct(at)}))
  (i64.store offset=${8 * at} (local.get $place) (i64.add (local.get $sum) (i64.and (i64.shr_s (local.get $sum) (i64.const 63)) (local.get $square))))`

const negative = (type: string) => `(${type}.sub (local.get $modulus) (local.get $sum))`

const allSums: ReadonlyArray<Sums> = [
  {
    name: "Narrow",
    type: "i32",
    shift: 2,
    factor: negative("i32"),
    step: (at) => `(v128.store offset=${16 * at} (local.get $place) (i32x4.add (v128.load offset=${16 * at} (local.get $place))
      (i32x4.mul (local.get $factors) (v128.load offset=${16 * at} (local.get $entry)))))`,
    few: "(i32.store (local.get $place) (i32.add (i32.load (local.get $place)) (i32.mul (local.get $factor) (i32.load (local.get $entry)))))"
  },
  { name: "Small", type: "i64", shift: 3, factor: negative("i64"), step: additive, few: additive(0) },
  { name: "Any", type: "i64", shift: 3, factor: "(local.get $sum)", step: subtractive, few: subtractive(0) }
]

/** Four steps a turn, then one entry. */
const reduce = ({ factor, few, name, shift, step, type }: Sums) => {
  const entries = name === "Narrow" ? 16 : 4
  return `
(func $reduce${name} (param $dense i32) (param $from i32) (param $to i32) (param $pivots i32) (param $p i32) (result i32)
  ;; Gives the column that it stops at, $to if nothing is left. Whether a temporary pivot was used stands at address 0.
  (local $sum ${type}) (local $factor ${type}) (local $modulus ${type}) (local $square ${type})
  (local $factors v128) (local $pivot i32) (local $entry i32) (local $end i32) (local $place i32) (local $used i32)
  (local.set $modulus ${type === "i32" ? "(local.get $p)" : asWide("(local.get $p)")})
  (local.set $square (${type}.mul (local.get $modulus) (local.get $modulus)))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
      (local.set $place (i32.add (local.get $dense) (i32.shl (local.get $from) (i32.const ${shift}))))
      (local.set $sum (${type}.load (local.get $place)))
      (block $zero
        (br_if $zero (${type}.eqz (local.get $sum)))
        (if (${type}.ge_u (local.get $sum) (local.get $modulus)) (then
          (local.set $sum (${type}.rem_u (local.get $sum) (local.get $modulus)))
          (${type}.store (local.get $place) (local.get $sum))))
        (br_if $zero (${type}.eqz (local.get $sum)))
        (local.set $pivot (i32.load (i32.add (local.get $pivots) (i32.shl (local.get $from) (i32.const 2)))))
        (br_if $done (i32.eqz (local.get $pivot)))
        (local.set $used (i32.or (local.get $used) (local.get $pivot)))
        (local.set $factor ${factor})
        ${name === "Narrow" ? "(local.set $factors (i32x4.splat (local.get $factor)))" : ""}
        (local.set $pivot (i32.and (local.get $pivot) (i32.const -2)))
        (local.set $entry (i32.add (local.get $pivot) (i32.shl (local.get $from) (i32.const 2))))
        (local.set $end (i32.add (local.get $pivot) (i32.shl (local.get $to) (i32.const 2))))
        (block $few
          (loop $many
            (br_if $few (i32.lt_u (i32.sub (local.get $end) (local.get $entry)) (i32.const ${4 * entries})))
            ${[0, 1, 2, 3].map(step).join("\n")}
            (local.set $entry (i32.add (local.get $entry) (i32.const ${4 * entries})))
            (local.set $place (i32.add (local.get $place) (i32.const ${entries << shift})))
            (br $many)))
        (block $none
          (loop $one
            (br_if $none (i32.ge_u (local.get $entry) (local.get $end)))
            ${few}
            (local.set $entry (i32.add (local.get $entry) (i32.const 4)))
            (local.set $place (i32.add (local.get $place) (i32.const ${1 << shift})))
            (br $one)))
        (${type}.store (i32.add (local.get $dense) (i32.shl (local.get $from) (i32.const ${shift}))) (${type}.const 0)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $next)))
  (i32.store (i32.const 0) (i32.and (local.get $used) (i32.const 1)))
  (local.get $from))`
}

const settle = ({ name, shift, type }: Sums) => `
(func $settle${name} (param $dense i32) (param $from i32) (param $to i32) (param $row i32) (param $factor i32) (param $p i32)
  ;; Writes factor times the dense row and makes that zero.
  (local $place i32) (local $modulus i64)
  (local.set $modulus ${asWide("(local.get $p)")})
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
      (local.set $place (i32.add (local.get $dense) (i32.shl (local.get $from) (i32.const ${shift}))))
      (i32.store (i32.add (local.get $row) (i32.shl (local.get $from) (i32.const 2))) (i32.wrap_i64 (i64.rem_u
        (i64.mul (i64.rem_u ${type === "i32" ? asWide("(i32.load (local.get $place))") : "(i64.load (local.get $place))"} (local.get $modulus)) ${asWide("(local.get $factor)")})
        (local.get $modulus))))
      (${type}.store (local.get $place) (${type}.const 0))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $next))))`

const text = allSums.flatMap((sums) => [reduce(sums), settle(sums)]).join("\n")

/** Which sums hold `count` products of residues. */
const sumsFor = (p: number, count: number): Sums["name"] => (p + count * (p - 1) ** 2 < 2 ** 32 ? "Narrow" : p < 2 ** 20 ? "Small" : "Any")

/** Elimination in rows of one width modulo one p. Addresses are in bytes, multiples of 16. */
export interface HeadKernel {
  /** Room for a row, all zero. @throws AlgebraError if there is no more memory */
  readonly row: () => number
  /** The whole memory in 32-bit words. `row` may replace it: ask again afterwards. */
  readonly words: () => Int32Array<ArrayBuffer>
  /** Address of the first word of the dense row, in words, and how many words apart its sums are. */
  readonly dense: number
  readonly apart: number
  /** Address in words of the list of pivots: the address in bytes of each column's pivot row, 1 more if it is temporary; 0 for none. */
  readonly pivots: number
  /** Adds pivot rows to the dense one from a column on; gives the column that is left in front and has no pivot, the width if nothing is left. */
  readonly reduce: (from: number) => number
  /** Whether the last reduction used a temporary pivot. */
  readonly usedTemporary: () => boolean
  /** Writes `factor` times the dense row as a pivot row, and makes the dense row zero. */
  readonly settle: (from: number, row: number, factor: number) => void
}

const page = 65536

/** The functions and their memory, handed out from the front. */
const makeMemory = () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(text)), { env: { memory } })
  let words = new Int32Array(memory.buffer)
  let next = 16
  return {
    call: (name: string): ((...parameters: ReadonlyArray<number>) => number) => {
      const found = exports[name]
      if (typeof found !== "function") throw algebraError(`The kernel has no function ${name}.`)
      return (...parameters) => Number(found(...parameters))
    },
    clear: () => {
      next = 16
    },
    allocate: (count: number): number => {
      const at = next
      next += Math.ceil(count / 4) * 16
      const pages = words.length * 4 / page
      const missing = Math.ceil(next / page) - pages
      if (missing > 0) {
        try {
          memory.grow(Math.max(missing, Math.min(pages, 65536 - pages)))
        } catch {
          throw algebraError(`The rows of a universe need ${Math.ceil(next / 2 ** 20)} MiB, more than there is. Lower \`largest\`, or take smaller systems.`)
        }
        words = new Int32Array(memory.buffer)
      }
      words.fill(0, at / 4, next / 4)
      return at
    },
    words: () => words
  }
}

let memory: ReturnType<typeof makeMemory> | undefined

/** Rows of so many columns modulo p. There is one memory for the thread: what an earlier kernel held is gone. */
export const headKernel = (width: number, p: number): HeadKernel => {
  const { allocate, call, clear, words } = (memory ??= makeMemory())
  clear()
  const sums = sumsFor(p, width)
  const apart = sums === "Narrow" ? 1 : 2
  const dense = allocate(apart * width)
  const pivots = allocate(width)
  const [reduceRow, settleRow] = [call(`reduce${sums}`), call(`settle${sums}`)]
  return {
    row: () => allocate(width),
    words,
    dense: dense / 4,
    apart,
    pivots: pivots / 4,
    reduce: (from) => reduceRow(dense, from, width, pivots, p),
    usedTemporary: () => words()[0] === 1,
    settle: (from, row, factor) => settleRow(dense, from, width, row, factor, p)
  }
}
