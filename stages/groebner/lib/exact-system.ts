/** Stored systems as polynomials of the algebra library, for engines, and back. */
import {
  algebraError, type Coefficients, type Field, groebnerBasis, numberedVariables, type OrderName, type Polynomial, polynomialOf, polynomialRing, primeField, type Rational,
  rational, rationalField, type Ring
} from "./algebra/index.ts"
import { changedOrder } from "./generation/order-change.ts"
import type { PolynomialList, System } from "./generation/system-table.ts"

/** What a table's polynomials are read with, and written. */
export interface Exact<E> {
  readonly ring: Ring<E>
  readonly polynomials: (list: PolynomialList) => ReadonlyArray<Polynomial<E>>
  /** Undefined if a numerator or denominator passes 2^31. */
  readonly list: (polynomials: ReadonlyArray<Polynomial<E>>) => PolynomialList | undefined
  /** The reduced basis under the ring's order, the least leading monomial first. */
  readonly basis: (generators: ReadonlyArray<Polynomial<E>>) => ReadonlyArray<Polynomial<E>>
  /** The same of the ideal of a lexicographic basis. */
  readonly fromLexicographic: (basis: PolynomialList) => ReadonlyArray<Polynomial<E>>
}

type Kind = Pick<System, "characteristic" | "order" | "variables">

/** Between lists and polynomials: how a list's coefficient is read, and how coefficients are written. */
interface Conversion<E> {
  readonly coefficient: (list: PolynomialList, term: number) => E
  readonly integers: (values: ReadonlyArray<E>) => Pick<PolynomialList, "coefficients" | "denominators"> | undefined
}

const reading = <E>(ring: Ring<E>, { coefficient, integers }: Conversion<E>): Pick<Exact<E>, "ring" | "polynomials" | "list"> => {
  const n = ring.variables.length
  return {
    ring,
    polynomials: (list) => {
      let term = 0
      return Array.from(list.terms, (count) => {
        const begin = term
        term += count
        return polynomialOf(ring, Array.from({ length: count }, (_, k) => coefficient(list, begin + k)), list.exponents.subarray(begin * n, term * n))
      })
    },
    list: (polynomials) => {
      const written = integers(polynomials.flatMap(({ coefficients }) => valuesOf(ring.field, coefficients)))
      return written === undefined ? undefined : {
        terms: Int32Array.from(polynomials, ({ coefficients }) => coefficients.length),
        ...written,
        values: new Float64Array(0),
        exponents: Uint8Array.from(polynomials.flatMap(({ exponents }) => Array.from(exponents)))
      }
    }
  }
}

const valuesOf = <E>({ zero }: Field<E>, coefficients: Coefficients<E>): ReadonlyArray<E> => Array.from({ length: coefficients.length }, (_, term) => coefficients[term] ?? zero)

const ringOf = <E>(field: Field<E>, { order, variables }: Kind): Ring<E> => polynomialRing(field, numberedVariables(variables), order)

const modular = (kind: Kind): Exact<number> => {
  const ringUnder = (order: OrderName) => ringOf(primeField(kind.characteristic), { ...kind, order })
  const ring = ringUnder(kind.order)
  const residues: Conversion<number> = {
    coefficient: ({ coefficients }, term) => coefficients[term] ?? 0,
    integers: (values) => ({ coefficients: Int32Array.from(values), denominators: new Int32Array(0) })
  }
  return {
    ...reading(ring, residues),
    basis: (polynomials) => groebnerBasis({ ring, polynomials }).polynomials,
    fromLexicographic: (basis) => changedOrder(kind.characteristic, kind.variables, reading(ringUnder("lex"), residues).polynomials(basis), kind.order)
  }
}

/** Numbers below this can be stored. */
const storable = 2n ** 31n

const rationals = (kind: Kind): Exact<Rational> => {
  const ring = ringOf(rationalField, kind)
  const read = reading<Rational>(ring, {
    coefficient: ({ coefficients, denominators }, term) => rational(BigInt(coefficients[term] ?? 0), BigInt(denominators[term] ?? 1)),
    integers: (values) => values.every(({ denominator, numerator }) => numerator < storable && -numerator < storable && denominator < storable)
      ? { coefficients: Int32Array.from(values, ({ numerator }) => Number(numerator)), denominators: Int32Array.from(values, ({ denominator }) => Number(denominator)) }
      : undefined
  })
  const basis = (polynomials: ReadonlyArray<Polynomial<Rational>>) => groebnerBasis({ ring, polynomials }).polynomials
  // By the engine, modulo primes: fractions grow on the way.
  return { ...read, basis, fromLexicographic: (lexicographic) => basis(read.polynomials(lexicographic)) }
}

/** Computes with a system's polynomials, whatever their field. @throws AlgebraError over R, where bases are not computed. */
export const exactly = <A>(kind: Kind, compute: <E>(exact: Exact<E>) => A): A => {
  requireExact(kind)
  return kind.characteristic > 0 ? compute(modular(kind)) : compute(rationals(kind))
}

export interface ExactSystem<E> {
  readonly ring: Ring<E>
  readonly f: ReadonlyArray<Polynomial<E>>
  readonly g: ReadonlyArray<Polynomial<E>>
}

const systemOf = <E>({ polynomials, ring }: Exact<E>, { f, g }: System): ExactSystem<E> => ({ ring, f: polynomials(f), g: polynomials(g) })

export const modularSystem = (system: System): ExactSystem<number> => systemOf(modular(system), system)
export const rationalSystem = (system: System): ExactSystem<Rational> => systemOf(rationals(system), system)

/** @throws AlgebraError over R, where bases are not computed. */
export const requireExact = ({ characteristic }: Pick<Kind, "characteristic">): void => {
  if (characteristic < 0) throw algebraError("Systems over R have no basis that can be computed: rounding would decide which polynomials vanish.")
}
