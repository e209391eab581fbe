/**
 * A pair as a line of text. `infix` and `infix+` are the files of the released code (Kera et al. 2024), `F : G` with polynomials between [SEP]
 * and terms as C3 E2 E0; `infix+` keeps a fraction in one word. `prefix` is the same with operators first. `calt` is the raw text of CALT, `F # G`
 * with polynomials as computer algebra systems write them between bars.
 */
import type { PolynomialList, System } from "../generation/system-table.ts"

export const textForms = ["infix", "infix+", "prefix", "calt"] as const
export type TextForm = (typeof textForms)[number]

export const lineOf = ({ characteristic, f, g, variables }: System, form: TextForm): string => {
  const polynomial = form === "calt" ? algebraic : form === "prefix" ? prefix : form === "infix" ? infix : unsplit
  const [between, arrow] = form === "calt" ? [" | ", " # "] : [" [SEP] ", " : "]
  return [f, g].map((list) => terms(list, variables, characteristic).map((all) => polynomial(all)).join(between)).join(arrow)
}

interface Term {
  readonly numerator: number
  readonly denominator: number
  readonly exponents: ReadonlyArray<number>
}

/** Terms of each polynomial; 0 has one with coefficient 0. */
const terms = (list: PolynomialList, n: number, characteristic: number): ReadonlyArray<ReadonlyArray<Term>> => {
  let at = 0
  const read = (term: number): Term => ({
    numerator: (characteristic < 0 ? list.values[term] : list.coefficients[term]) ?? 0,
    denominator: characteristic === 0 ? list.denominators[term] ?? 1 : 1,
    exponents: Array.from(list.exponents.subarray(term * n, (term + 1) * n))
  })
  return Array.from(list.terms, (count) => {
    at += count
    return count === 0 ? [{ numerator: 0, denominator: 1, exponents: new Array<number>(n).fill(0) }] : Array.from({ length: count }, (_, k) => read(at - count + k))
  })
}

const powers = ({ exponents }: Term): string => exponents.map((exponent) => `E${exponent}`).join(" ")

const infix = (all: ReadonlyArray<Term>): string =>
  all.map((term) => `C${term.numerator}${term.denominator === 1 ? "" : ` / C${term.denominator}`} ${powers(term)}`).join(" + ")

const unsplit = (all: ReadonlyArray<Term>): string =>
  all.map((term) => `C${term.numerator}${term.denominator === 1 ? "" : `/${term.denominator}`} ${powers(term)}`).join(" + ")

const prefix = (all: ReadonlyArray<Term>): string =>
  all.map((term, k) => `${k < all.length - 1 ? "+ " : ""}${term.denominator === 1 ? `C${term.numerator}` : `/ C${term.numerator} C${term.denominator}`} ${powers(term)}`).join(" ")

/** `x0^2*x1 - 3/4*x1 + 1` */
const algebraic = (all: ReadonlyArray<Term>): string =>
  all.map(({ denominator, exponents, numerator }, k) => {
    const size = `${Math.abs(numerator)}${denominator === 1 ? "" : `/${denominator}`}`
    const factors = exponents.flatMap((exponent, v) => (exponent === 0 ? [] : exponent === 1 ? [`x${v}`] : [`x${v}^${exponent}`]))
    const product = (size === "1" && factors.length > 0 ? factors : [size, ...factors]).join("*")
    return k === 0 ? `${numerator < 0 ? "-" : ""}${product}` : `${numerator < 0 ? "- " : "+ "}${product}`
  }).join(" ")
