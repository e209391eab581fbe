/**
 * The longer check of the classic systems: `node test/stages/groebner/algebra/classic.long.ts [--all]` compares their reduced bases in degrevlex and lex over F_32003
 * and Q with Singular's, every coefficient. Where Singular takes minutes over Q, our basis is taken modulo three primes that it was not made from and compared with
 * Singular's modulo these; with `--all` that of katsura-8 too.
 */
import * as A from "../../../../stages/groebner/lib/algebra/index.ts"
import type { Question } from "./singular.ts"
import { singularBases } from "./singular.ts"

const { cyclic, eco, katsura, noon, reimer } = A
const quick = [cyclic(5), cyclic(6), katsura(5), katsura(6), eco(5), eco(6), eco(7), eco(8), noon(3), noon(4), noon(5), reimer(4)]
const larger = [katsura(7), katsura(8)]
const all = process.argv.includes("--all")

const questionOf = ({ text, variables }: A.ClassicSystem, characteristic: number, order: A.OrderName): Question =>
  ({ characteristic, variables, order, system: text, by: order === "lex" ? "stdfglm" : "std" })

/** As sorted text. */
const texts = <E>(ring: A.Ring<E>, polynomials: ReadonlyArray<A.Polynomial<E>>): ReadonlyArray<string> => polynomials.map((f) => A.showPolynomial(ring, f)).toSorted()

const same = (some: ReadonlyArray<string>, others: ReadonlyArray<string>): boolean => some.length === others.length && some.every((text, at) => text === others[at])

let failed = 0
/** Says how a comparison went and what both sides took; wall clock, a process start and the reading of text included on Singular's side. */
const compare = (what: string, question: Question, ours: () => ReadonlyArray<string>, read: (line: string) => string): void => {
  const begun = performance.now()
  const mine = ours()
  const done = performance.now()
  const [answer = []] = singularBases([question], 900)
  const equal = same(mine, answer.map(read).toSorted())
  if (!equal) failed++
  process.stdout.write(`${what}: ${equal ? "equal" : "DIFFERENT"} (${mine.length} polynomials; ours ${seconds(done - begun)}, Singular ${seconds(performance.now() - done)})\n`)
}
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`

const solve = <E>(ring: A.Ring<E>, solver: (system: A.System<E>) => A.System<E>, text: string) => solver({ ring, polynomials: A.parseSystem(ring, text) }).polynomials

const compareModular = (system: A.ClassicSystem, characteristic: number, order: A.OrderName): void => {
  const ring = A.polynomialRing(A.primeField(characteristic), system.variables, order)
  compare(`${system.name}, ${order}, F_${characteristic}`, questionOf(system, characteristic, order),
    () => texts(ring, solve(ring, (one) => A.groebnerBasis(one), system.text)), (line) => A.showPolynomial(ring, A.parsePolynomial(ring, line)))
}

const compareRational = (system: A.ClassicSystem, order: A.OrderName): void => {
  const ring = A.polynomialRing(A.rationalField, system.variables, order)
  compare(`${system.name}, ${order}, Q`, questionOf(system, 0, order),
    () => texts(ring, solve(ring, (one) => A.groebnerBasis(one), system.text)), (line) => A.showPolynomial(ring, A.parsePolynomial(ring, line)))
}

/** Primes below those that bases over Q are made from. */
const otherPrimes = [1073741789, 536870909, 32003]

const compareImages = (system: A.ClassicSystem, order: A.OrderName): void => {
  const over = A.polynomialRing(A.rationalField, system.variables, order)
  const begun = performance.now()
  const basis = solve(over, (one) => A.groebnerBasis(one), system.text)
  process.stdout.write(`${system.name}, ${order}, Q: ours ${seconds(performance.now() - begun)}\n`)
  for (const p of otherPrimes) {
    const ring = A.polynomialRing(A.primeField(p), system.variables, order)
    compare(`${system.name}, ${order}, Q, modulo ${p}`, questionOf(system, p, order), () => texts(ring, basis.map((f) => imageOf(ring, f))), (line) => A.showPolynomial(ring, A.parsePolynomial(ring, line)))
  }
}

const imageOf = (ring: A.Ring<number>, f: A.Polynomial<A.Rational>): A.Polynomial<number> =>
  A.polynomialOf(ring, Array.from({ length: f.coefficients.length }, (_, term) => {
    const { denominator, numerator } = f.coefficients[term] ?? A.rationalField.zero
    return ring.field.fraction(numerator, denominator)
  }), f.exponents)

for (const order of ["degrevlex", "lex"] as const) {
  for (const system of [...quick, ...larger]) compareModular(system, 32003, order)
  for (const system of quick) compareRational(system, order)
}
compareRational(katsura(7), "degrevlex")
compareImages(katsura(7), "lex")
if (all) {
  compareRational(katsura(8), "degrevlex")
  compareImages(katsura(8), "lex")
}
process.stdout.write(failed === 0 ? "classic systems: all equal to Singular's\n" : `classic systems: ${failed} different\n`)
process.exitCode = failed === 0 ? 0 : 1
