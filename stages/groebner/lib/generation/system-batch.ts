/** Samples on their way into the table: from keys and units to exponents and fractions, some thousand rows at a time. */
import { lowestTerms } from "./coefficients.ts"
import type { Generator, Sample } from "./generator.ts"
import { exponentsInto } from "./monomial-keys.ts"
import type { PolynomialList, System } from "./system-table.ts"
import { lengthOf, type Range } from "./terms.ts"

const noIntegers = new Int32Array(0)
const noValues = new Float64Array(0)

/** Polynomials of a generator's store whose coefficients count units of 1 / scale. */
const listOf = ({ coefficients, keys, terms }: Generator, ranges: ReadonlyArray<Range>, scaleOf: (at: number) => number): PolynomialList => {
  const { kind } = coefficients.choice
  const counts = new Int32Array(ranges.length)
  let total = 0
  ranges.forEach((range, polynomial) => {
    counts[polynomial] = lengthOf(range)
    total += lengthOf(range)
  })
  const exponents = new Uint8Array(total * keys.variables)
  const integers = kind === "real" ? noIntegers : new Int32Array(total)
  const denominators = kind === "rational" ? new Int32Array(total) : noIntegers
  const values = kind === "real" ? new Float64Array(total) : noValues
  let at = 0
  ranges.forEach((range, polynomial) => {
    const scale = scaleOf(polynomial)
    for (let i = range.start; i < range.end; i++, at++) {
      const key = terms.keys[i] ?? 0
      exponentsInto(keys, key, exponents, at * keys.variables)
      const value = terms.values[i] ?? 0
      if (kind === "prime") {
        integers[at] = value
      } else if (kind === "real") {
        values[at] = value
      } else {
        const { denominator, numerator } = lowestTerms(value, scale)
        integers[at] = numerator
        denominators[at] = denominator
      }
    }
  })
  return { terms: counts, coefficients: integers, denominators, values, exponents }
}

/** The last sample of a generator, its basis under lex, as it stands in the table. */
export const systemOf = (generator: Generator, number: number, { ideal, transformed }: Sample): System => {
  const { choice } = generator.coefficients
  const unit = generator.coefficients.scale(1)
  return {
    sample: number,
    variables: generator.keys.variables,
    characteristic: choice.kind === "prime" ? choice.p : choice.kind === "rational" ? 0 : -1,
    order: "lex",
    form: transformed.form,
    f: listOf(generator, transformed.system, () => transformed.scale),
    g: listOf(generator, ideal.basis, () => ideal.scale),
    certificate: listOf(generator, [...transformed.inner, ...transformed.outer], () => unit),
    permutation: Int32Array.from(transformed.permutation)
  }
}

/** A row of the table. */
export const systemRow = ({ certificate, characteristic, f, form, g, order, permutation, sample, variables }: System) => ({
  sample,
  variables,
  characteristic,
  order,
  form,
  f_terms: f.terms,
  f_coefficients: f.coefficients,
  f_denominators: f.denominators,
  f_values: f.values,
  f_exponents: f.exponents,
  g_terms: g.terms,
  g_coefficients: g.coefficients,
  g_denominators: g.denominators,
  g_values: g.values,
  g_exponents: g.exponents,
  c_terms: certificate.terms,
  c_coefficients: certificate.coefficients,
  c_denominators: certificate.denominators,
  c_values: certificate.values,
  c_exponents: certificate.exponents,
  permutation
})

export const defectRow = ({ attempts, bounded, isBasis, radical, verbatim, zeros }: Omit<Sample, "ideal" | "transformed">) => ({
  zeros,
  verbatim,
  f_is_basis: isBasis,
  radical: radical ?? null,
  bounded,
  attempts
})
