/** Reduced bases beside Singular's, every coefficient. `random.long.ts` compares ten thousand random systems, `npm run bench -- groebner` larger classic ones. */
import { describe, expect, it } from "vitest"
import * as A from "../../../../stages/groebner/lib/algebra/index.ts"
import { differences } from "./random-comparison.ts"
import type { Question } from "./singular.ts"
import { singularBases, whyNoSingular } from "./singular.ts"

const { cyclic, eco, katsura, noon, reimer } = A
const small = [cyclic(4), cyclic(5), katsura(4), katsura(5), eco(5), eco(6), noon(3), noon(4), reimer(4)]

/** Both bases as sorted text. Cyclic-4 alone has infinitely many zeros. */
const bases = ({ name, text, variables }: A.ClassicSystem, characteristic: number, order: A.OrderName) => {
  const question: Question = { characteristic, variables, order, system: text, by: order !== "lex" ? "std" : name === "cyclic-4" ? "groebner" : "stdfglm" }
  const both = <E>(ring: A.Ring<E>, solve: (system: A.System<E>) => A.System<E>) => ({
    name,
    question,
    ours: () => solve({ ring, polynomials: A.parseSystem(ring, text) }).polynomials.map((f) => A.showPolynomial(ring, f)).toSorted(),
    read: (lines: ReadonlyArray<string>) => lines.map((line) => A.showPolynomial(ring, A.parsePolynomial(ring, line))).toSorted()
  })
  return characteristic === 0
    ? both(A.polynomialRing(A.rationalField, variables, order), (system) => A.groebnerBasis(system))
    : both(A.polynomialRing(A.primeField(characteristic), variables, order), (system) => A.groebnerBasis(system))
}

describe.skipIf(whyNoSingular !== undefined)(`beside Singular${whyNoSingular === undefined ? "" : `: ${whyNoSingular}`}`, () => {
  it.each([
    [32003, "degrevlex", [...small, cyclic(6), katsura(6), katsura(7)]],
    [32003, "lex", [...small, cyclic(6), katsura(6), katsura(7)]],
    [2147483647, "deglex", small],
    [0, "degrevlex", [...small, cyclic(6), katsura(6)]],
    [0, "lex", small]
  ] as const)("classic systems, characteristic %i, %s", (characteristic, order, systems) => {
    const cases = systems.map((system) => bases(system, characteristic, order))
    const theirs = singularBases(cases.map(({ question }) => question))
    for (const [at, { name, ours, read }] of cases.entries()) expect({ name, basis: ours() }).toEqual({ name, basis: read(theirs[at] ?? []) })
  })

  it("300 random systems over five fields in five kinds of orders", () => {
    expect(differences(0, 300, 60)).toEqual([])
  })
})
