/** The own engine on stored systems, timed around the computation alone, and the comparison of any engine's basis with G. */
import { AlgebraError, type BasisOptions, ComputationStopped, groebnerBasis, parsePolynomial, type Rational, samePolynomials, type System as Generators } from "../algebra/index.ts"
import { type ExactSystem, modularSystem, rationalSystem } from "../exact-system.ts"
import type { System } from "../generation/system-table.ts"
import type { Run } from "./outcome.ts"
import type { ForwardOrder } from "./singular-text.ts"

/** A system that bases can be computed of, whatever its field. */
export interface Problem {
  /** The own engine's run; it gives up after so many seconds. */
  readonly solve: (order: ForwardOrder, seconds: number) => Run
  /** Whether these polynomials, as text, are G. */
  readonly isBasis: (printed: ReadonlyArray<string>) => boolean
}

export const problemOf = (system: System): Problem =>
  system.characteristic > 0
    ? problem(modularSystem(system), (generators: Generators<number>, options) => groebnerBasis(generators, options))
    : problem(rationalSystem(system), (generators: Generators<Rational>, options) => groebnerBasis(generators, options))

const problem = <E>({ f, g, ring }: ExactSystem<E>, basis: (generators: Generators<E>, options: BasisOptions) => Generators<E>): Problem => ({
  solve: (order, seconds) => {
    const begun = performance.now()
    try {
      const { polynomials } = basis({ ring, polynomials: f }, { order, shouldStop: () => performance.now() - begun > seconds * 1000 })
      const taken = (performance.now() - begun) / 1000
      return { outcome: "solved", seconds: taken, right: order === ring.order ? samePolynomials(ring, polynomials, g) : null, message: null }
    } catch (cause) {
      if (cause instanceof ComputationStopped) return { outcome: "timeout", seconds: null, right: null, message: null }
      if (cause instanceof AlgebraError) return { outcome: "failed", seconds: null, right: null, message: cause.message }
      throw cause
    }
  },
  isBasis: (printed) => samePolynomials(ring, printed.map((text) => parsePolynomial(ring, text)), g)
})
