/**
 * Systems of polynomials as a table, a row for each sample: F, its basis G, and the certificate that F generates what G does. Polynomials of a
 * list (f_, g_, c_) stand one after another: how many terms each has, then all coefficients, then all exponents, n for each term.
 */
import { Bool, Category, column, doc, Float64, Int32, Int64, listOf, nullable, UInt8 } from "../../../../src/stage.ts"
import { type OrderName, orderNames } from "../algebra/index.ts"
import { type TransformationForm, transformationForms } from "./matrix-forms.ts"

/** How F was made from G; `none` where no matrix of these forms did. */
export const systemForms = [...transformationForms, "none"] as const
export type SystemForm = TransformationForm | "none"

export const systemColumns = {
  sample: column(Int64, doc("number of the sample; its content depends on the seed and this number alone")),
  variables: column(Int32, doc("n")),
  characteristic: column(Int32, doc("p of F_p; 0 for Q, -1 for R")),
  order: column(Category, doc(`${orderNames.join(", ")}: terms descend under it, and G is the basis under it`)),
  form: column(Category, doc(`how F was made from G, and so what the certificate holds: ${systemForms.join(", ")}`)),
  f_terms: column(listOf(Int32), doc("F: how many terms each polynomial has")),
  f_coefficients: column(listOf(Int32), doc("F: residues (F_p) or numerators (Q); empty over R")),
  f_denominators: column(listOf(Int32), doc("F: denominators over Q, else empty")),
  f_values: column(listOf(Float64), doc("F: coefficients over R, else empty")),
  f_exponents: column(listOf(UInt8), doc("F: n for each term, terms descending under the order")),
  g_terms: column(listOf(Int32), doc("the basis G: how many terms each polynomial has")),
  g_coefficients: column(listOf(Int32), doc("G: residues or numerators")),
  g_denominators: column(listOf(Int32), doc("G: denominators")),
  g_values: column(listOf(Float64), doc("G: coefficients over R")),
  g_exponents: column(listOf(UInt8), doc("G: exponents")),
  c_terms: column(listOf(Int32), doc("certificate, the random entries of A and of U row by row, then the lexicographic basis where the order is another: how many terms each has")),
  c_coefficients: column(listOf(Int32), doc("certificate: residues or numerators")),
  c_denominators: column(listOf(Int32), doc("certificate: denominators")),
  c_values: column(listOf(Float64), doc("certificate: coefficients over R")),
  c_exponents: column(listOf(UInt8), doc("certificate: exponents")),
  permutation: column(listOf(Int32), doc("certificate: which row of A G each row of P A G is; empty without certificate"))
}

export const defectColumns = {
  zeros: column(Int32, doc("generators in F that are 0")),
  verbatim: column(Int32, doc("polynomials of G that stand in F as they are")),
  f_is_basis: column(Bool, doc("F is a Groebner basis already")),
  radical: column(nullable(Bool), doc("the ideal is radical; null where the coefficients are real")),
  bounded: column(Bool, doc("all coefficients of F are within the bound; false where the last attempt was kept")),
  attempts: column(Int32, doc("samples drawn until this one was kept"))
}

/** Polynomials of a list: views of a table's cells, or of buffers. */
export interface PolynomialList {
  /** How many terms each polynomial has. */
  readonly terms: Int32Array
  /** Residues or numerators; empty over R. */
  readonly coefficients: Int32Array
  /** Over Q; else empty. */
  readonly denominators: Int32Array
  /** Over R; else empty. */
  readonly values: Float64Array
  /** n for each term. */
  readonly exponents: Uint8Array
}

export interface System {
  readonly sample: number
  readonly variables: number
  /** p of F_p; 0 for Q, -1 for R. */
  readonly characteristic: number
  /** Terms descend under it, and G is the basis under it. */
  readonly order: OrderName
  readonly form: SystemForm
  readonly f: PolynomialList
  readonly g: PolynomialList
  /** The random entries of the factors of M in F = M G (`matrix-forms.ts`); in another order than lex, then the lexicographic basis that stands for G there. */
  readonly certificate: PolynomialList
  readonly permutation: Int32Array
}
