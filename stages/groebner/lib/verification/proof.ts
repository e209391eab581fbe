/**
 * The proof of one pair: G is a reduced Groebner basis by its shape, F lies in the ideal of G, and F generates G. Pairs without a certificate, and
 * ideals that are not in shape position, are proved by computing the reduced basis of F.
 */
import { equals, type Polynomial, type Rational, type Ring } from "../algebra/index.ts"
import { groebnerBasis } from "../algebra/groebner.ts"
import { divide } from "../algebra/division.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import { modularSystem, rationalSystem, requireExact } from "../exact-system.ts"
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

/** Whether division by the basis leaves nothing of F. */
const inIdeal = (system: System): boolean => {
  requireExact(system)
  const { characteristic } = system
  return characteristic > 0 ? dividesOut(modularSystem(system)) : dividesOut(rationalSystem(system))
}

const dividesOut = <E>({ f, g, ring }: { readonly ring: Ring<E>; readonly f: ReadonlyArray<Polynomial<E>>; readonly g: ReadonlyArray<Polynomial<E>> }): boolean =>
  f.every((polynomial) => divide(ring, polynomial, g).remainder.coefficients.length === 0)

/** Both inclusions at once: the reduced basis of F is G. */
const byEngine = (system: System): { readonly inside: boolean; readonly generates: boolean } => {
  requireExact(system)
  const same = system.characteristic > 0 ? sameBasis(modularSystem(system)) : sameRationalBasis(rationalSystem(system))
  return { inside: inIdeal(system), generates: same }
}

const matches = <E>(ring: Ring<E>, found: ReadonlyArray<Polynomial<E>>, g: ReadonlyArray<Polynomial<E>>): boolean =>
  found.length === g.length && g.every((polynomial) => found.some((other) => equals(ring, other, polynomial)))

const sameBasis = ({ f, g, ring }: ReturnType<typeof modularSystem>): boolean => matches(ring, groebnerBasis({ ring, polynomials: f }).polynomials, g)

const sameRationalBasis = ({ f, g, ring }: { readonly ring: Ring<Rational>; readonly f: ReadonlyArray<Polynomial<Rational>>; readonly g: ReadonlyArray<Polynomial<Rational>> }): boolean =>
  matches(ring, groebnerBasis({ ring, polynomials: f }).polynomials, g)
