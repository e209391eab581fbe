/**
 * Which entries of the factors of M = U P A are random polynomials, by the form of the backward transformation: what a certificate lists, row by row.
 */
export const transformationForms = ["released", "bruhat", "identity", "random"] as const
export type TransformationForm = (typeof transformationForms)[number]

/** Forms whose structure proves that F = M G generates what G does. */
export type CertifiedForm = Exclude<TransformationForm, "random">

/** Columns `start` to `end`, without it. */
export interface Columns {
  readonly start: number
  readonly end: number
}

const none: Columns = { start: 0, end: 0 }

/** Of row i of the m x n matrix A, whose first n rows have 1 on the diagonal besides. */
export const innerColumns = (form: TransformationForm, i: number, n: number): Columns => {
  switch (form) {
    case "released":
      return { start: 0, end: Math.min(i, n) }
    case "bruhat":
      return i < n ? { start: i + 1, end: n } : none
    case "identity":
      return i < n ? none : { start: 0, end: n }
    case "random":
      return { start: 0, end: n }
  }
}

/** Of row i of the m x m matrix U, which has 1 on the diagonal. */
export const outerColumns = (form: TransformationForm, i: number, m: number): Columns =>
  form === "released" ? { start: 0, end: i } : form === "bruhat" ? { start: i + 1, end: m } : none
