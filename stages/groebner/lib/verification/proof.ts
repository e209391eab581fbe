/**
 * The proof of one pair: G is a reduced Groebner basis by its shape, F lies in the ideal of G, and F generates G. Pairs without a certificate, and
 * ideals that are not in shape position, are proved by computing the reduced basis of F.
 */
import { contains, groebnerBasis, type Rational, samePolynomials } from "../algebra/index.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import { type ExactSystem, modularSystem, rationalSystem, requireExact } from "../exact-system.ts"
import type { System } from "../generation/system-table.ts"
import { isReducedByShape } from "./basis-check.ts"
import { CertificateCheck } from "./certificate.ts"
import { realCoefficient, residueModulo } from "./coefficient.ts"
import { type Membership, membershipModulo, membershipWithin } from "./membership.ts"
import { extensionPoints, primePoints, realPoints } from "./point-field.ts"

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

/** Primes that fractions are reduced by, the next one where a denominator is a multiple. */
const primes = [2147483647, 2147483629, 2147483587]

interface Checks {
  readonly membership: Membership
  readonly certificate: CertificateCheck
}

export class Prover {
  readonly #checks: ReadonlyArray<Checks>
  readonly #lower: boolean

  /** For systems over one field in n variables. `lower`: the certificate's triangles are lower ones. `tolerance` is for R. */
  constructor(characteristic: number, n: number, lower: boolean, tolerance: number) {
    this.#lower = lower
    this.#checks = characteristic < 0
      ? [{ membership: membershipWithin(tolerance, n), certificate: new CertificateCheck(realPoints, realCoefficient, n, tolerance) }]
      : characteristic > 0
        ? [{ membership: membershipModulo(characteristic, n), certificate: new CertificateCheck(extensionPoints(characteristic), residueModulo(characteristic), n) }]
        : primes.map((p) => ({ membership: membershipModulo(p, n), certificate: new CertificateCheck(primePoints(p), residueModulo(p), n) }))
  }

  /** @throws AlgebraError for a pair over R that has no certificate. */
  prove(system: System, points: RandomStream): Proof {
    const basis = isReducedByShape(system.g, system.variables)
    for (const { certificate, membership } of this.#checks) {
      const generates = certificate.check(system, this.#lower, points)
      if (generates === undefined) continue
      const inside = membership(system) ?? inIdeal(system)
      return { basis, inside, generates: generates.generates, by: "certificate" }
    }
    return { basis, ...byEngine(system), by: "engine" }
  }
}

/** Whether G, a Groebner basis, reduces all of F to 0. */
const inIdeal = (system: System): boolean => ofEither(system, ({ f, g, ring }) => contains(ring, g, f), ({ f, g, ring }) => contains(ring, g, f))

/** Both inclusions at once: the reduced basis of F is G. */
const byEngine = (system: System): Pick<Proof, "inside" | "generates"> => ({
  inside: inIdeal(system),
  generates: ofEither(
    system,
    ({ f, g, ring }) => samePolynomials(ring, groebnerBasis({ ring, polynomials: f }).polynomials, g),
    ({ f, g, ring }) => samePolynomials(ring, groebnerBasis({ ring, polynomials: f }).polynomials, g)
  )
})

/** @throws AlgebraError over R */
const ofEither = (system: System, modular: (exact: ExactSystem<number>) => boolean, fractions: (exact: ExactSystem<Rational>) => boolean): boolean => {
  requireExact(system)
  return system.characteristic > 0 ? modular(modularSystem(system)) : fractions(rationalSystem(system))
}
