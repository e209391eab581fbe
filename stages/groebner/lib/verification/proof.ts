/**
 * The proof of one pair: G is the reduced Groebner basis under its order, F lies in the ideal of G, and F generates all of it. The certificate proves the
 * latter two for a lexicographic basis, which is G itself or stands beside it. Pairs without a certificate are proved by computing the basis of F.
 */
import { contains, isGroebnerBasis, isReduced, samePolynomials } from "../algebra/index.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import { exactly } from "../exact-system.ts"
import { partOfList } from "../generation/polynomial-lists.ts"
import type { System } from "../generation/system-table.ts"
import { descends, isReducedByShape } from "./basis-check.ts"
import { certifies } from "./certificate.ts"
import { extensionLimit, ExtensionPoints } from "./extension-points.ts"
import { isConverted } from "./conversion-check.ts"
import { mostVariables } from "./monomial-values.ts"
import type { Points } from "./points.ts"
import { RealPoints } from "./real-points.ts"
import { ResiduePoints } from "./residue-points.ts"

export interface Proof {
  /** G is a reduced Groebner basis. */
  readonly basis: boolean
  /** F lies in the ideal of G. */
  readonly inside: boolean
  /** F generates all of G. */
  readonly generates: boolean
  /** How: by certificate, or by an engine that computed the basis of F. */
  readonly by: "certificate" | "engine"
}

export const isProved = ({ basis, generates, inside }: Proof): boolean => basis && generates && inside

export class Prover {
  readonly #points: Points

  /** For systems over one field in n variables. The points at which identities are tested come from `stream`; `tolerance` is for R. */
  constructor(characteristic: number, n: number, stream: RandomStream, tolerance: number) {
    this.#points = characteristic < 0 ? new RealPoints(n, stream, tolerance)
      : characteristic > 0 && characteristic < extensionLimit ? new ExtensionPoints(characteristic, n, stream)
      : new ResiduePoints(characteristic, n, stream)
  }

  /** @throws AlgebraError for a pair over R that has no certificate. */
  prove(system: System): Proof {
    const { certificate, form, g, order, variables } = system
    if (form === "none" || form === "random" || variables > mostVariables) return byEngine(system)
    if (order === "lex") {
      const holds = certifies(this.#points, system, form, g, certificate)
      return holds === undefined ? byEngine(system) : { basis: isReducedByShape(g, variables), inside: holds, generates: holds, by: "certificate" }
    }
    const entries = certificate.terms.length - variables
    if (entries < 0) return byEngine(system)
    const lexicographic = partOfList(certificate, variables, entries, certificate.terms.length)
    const holds = certifies(this.#points, system, form, lexicographic, partOfList(certificate, variables, 0, entries))
    if (holds === undefined) return byEngine(system)
    const basis = isReducedByShape(lexicographic, variables) && isConverted(system, lexicographic)
    return { basis, inside: holds && basis, generates: holds && basis, by: "certificate" }
  }
}

/** Both inclusions at once: the reduced basis of F is G. */
const byEngine = (system: System): Proof =>
  exactly(system, ({ basis, polynomials, ring }) => {
    const [f, g] = [polynomials(system.f), polynomials(system.g)]
    return {
      basis: system.order === "lex" && isReducedByShape(system.g, system.variables) || descends(system.g, system.order, system.variables) && isReduced(ring, g) && isGroebnerBasis(ring, g),
      inside: contains(ring, g, f),
      generates: samePolynomials(ring, basis(f), g),
      by: "engine"
    }
  })
