/** Random systems over every field and order, computed here and by Singular: what differs is given as text. */
import { randomStream } from "../../../../src/stage/random.ts"
import type { RandomStream } from "../../../../src/stage/random.ts"
import * as A from "../../../../stages/groebner/lib/algebra/index.ts"
import type { MonomialOrder } from "../../../../stages/groebner/lib/algebra/order.ts"
import { randomSystem } from "./random-polynomials.ts"
import type { Question } from "./singular.ts"
import { singularBases } from "./singular.ts"

interface Sample {
  readonly question: Question
  /** Ours, as Singular writes it. */
  readonly basis: () => ReadonlyArray<string>
}

/** Half of the samples over Q have smaller systems: there, coefficients grow. */
const sampleOf = (index: number): Sample => {
  const stream = randomStream(0, "random systems", "sample").at(index)
  const n = 1 + stream.integer(5)
  const variables = A.numberedVariables(n)
  const order = orderOf(stream, n)
  const characteristic = [7, 31, 32003, 2147483647, 0][stream.integer(5)] ?? 0
  return characteristic === 0
    ? compared(A.polynomialRing(A.rationalField, variables, order), stream, (ring, polynomials) => A.groebnerBasis({ ring, polynomials }))
    : compared(A.polynomialRing(A.primeField(characteristic), variables, order), stream, (ring, polynomials) => A.groebnerBasis({ ring, polynomials }))
}

const orderOf = (stream: RandomStream, n: number): MonomialOrder => {
  const kind = stream.integer(n > 1 ? 5 : 3)
  const first = 1 + stream.integer(Math.max(1, n - 1))
  return (["lex", "degrevlex", "deglex"] as const)[kind] ?? [
    { order: "degrevlex", size: first },
    { order: kind === 3 ? "degrevlex" : "lex", size: n - first }
  ]
}

const compared = <E>(ring: A.Ring<E>, stream: RandomStream, solve: (ring: A.Ring<E>, polynomials: ReadonlyArray<A.Polynomial<E>>) => A.System<E>): Sample => {
  const n = ring.variables.length
  const characteristic = ring.field.characteristic
  const drawn = randomSystem(ring, stream, 1 + stream.integer(n + 1), 1 + stream.integer(characteristic === 0 && n > 3 ? 2 : 3), 4)
  // Now and then a zero polynomial, a duplicate or a constant.
  const [zero, again, one] = [stream.integer(10), stream.integer(10), stream.integer(30)].map((drawn) => drawn === 0)
  const system = [...drawn, ...(zero ? [A.zeroPolynomial(ring)] : []), ...(again ? drawn.slice(0, 1) : []), ...(one ? [A.constant(ring, ring.field.one)] : [])]
  return {
    question: { characteristic, variables: ring.variables, order: ring.order, system: system.map((f) => A.showPolynomial(ring, f)).join(", "), by: "groebner" },
    basis: () => solve(ring, system).polynomials.map((f) => A.showPolynomial(ring, f).replaceAll(" ", ""))
  }
}

/** Samples from..to; each that differs as one text. Our bases are sorted by leading monomial, and so must Singular's be read. */
export const differences = (from: number, to: number, seconds: number): ReadonlyArray<string> => {
  const samples = Array.from({ length: to - from }, (_, at) => sampleOf(from + at))
  const theirs = singularBases(samples.map(({ question }) => question), seconds)
  return samples.flatMap(({ basis, question }, at) => {
    const canonical = (lines: ReadonlyArray<string>) => lines.map((line) => canonicalText(question, line)).toSorted().join("; ")
    const [ours, other] = [canonical(basis()), canonical(theirs[at] ?? [])]
    return ours === other ? [] : [`sample ${from + at}: ${JSON.stringify(question)}\n ours     ${ours}\n Singular ${other}`]
  })
}

/** Singular writes residues between -p/2 and p/2. */
const canonicalText = ({ characteristic, order, variables }: Question, line: string): string => {
  const show = <E>(field: A.Field<E>) => {
    const ring = A.polynomialRing(field, variables, order)
    return A.showPolynomial(ring, A.parsePolynomial(ring, line))
  }
  return characteristic === 0 ? show(A.rationalField) : show(A.primeField(characteristic))
}
