/** A polynomial ring: a field, named variables, and the order that its polynomials are sorted by. */
import { algebraError } from "./errors.ts"
import type { Field } from "./field.ts"
import type { MonomialOrder } from "./order.ts"
import { blocksOf } from "./order.ts"

export interface Ring<E> {
  readonly field: Field<E>
  /** The first is the greatest. */
  readonly variables: ReadonlyArray<string>
  readonly order: MonomialOrder
}

/** Names that the text of polynomials can hold. */
const name = /^[A-Za-z_][A-Za-z_0-9]*$/

/** @throws AlgebraError for no variables, bad or repeated names, or blocks that do not fit. */
export const polynomialRing = <E>(field: Field<E>, variables: ReadonlyArray<string>, order: MonomialOrder): Ring<E> => {
  if (variables.length === 0) throw algebraError("A polynomial ring needs at least one variable.")
  const bad = variables.find((variable, at) => !name.test(variable) || variables.indexOf(variable) !== at)
  if (bad !== undefined) throw algebraError(`The variable "${bad}" is named twice or is no name: letters, digits and underscores, a letter first.`)
  blocksOf(order, variables.length)
  return { field, variables, order }
}

/** x0, ..., x{n-1}. */
export const numberedVariables = (n: number): ReadonlyArray<string> => Array.from({ length: n }, (_, at) => `x${at}`)
