/**
 * What an identity between polynomials is tested at: random points of a field, and the values there. Polynomials of degree d that differ agree at a
 * point whose coordinates are drawn from q elements with probability d / q at most (Schwartz, Zippel). Points are drawn once for all systems over a
 * field: a system that was fixed before them passes wrongly with no greater probability, and the values of monomials can be kept.
 */
import type { PolynomialList, System } from "../generation/system-table.ts"

/** The chance that a wrong certificate passes is at most 2^-security. */
export const security = 60

/** The polynomials of an identity F = M B: F, the basis B, and the entries of the factors of M. */
export interface Identity {
  readonly f: PolynomialList
  readonly basis: PolynomialList
  readonly entries: PolynomialList
}

/**
 * Points for the systems over one field, and registers that hold the values of a polynomial at all of them. Values are loaded from the identity that
 * was opened last.
 */
export interface Points {
  /** False where points do not decide: the degree is too great for the field, or a denominator for the primes. */
  readonly open: (identity: Identity) => boolean
  readonly loadF: (polynomial: number, register: number) => void
  readonly loadBasis: (polynomial: number, register: number) => void
  /** Adds to a register: entries, from number `entry` on, each times one of the registers `sources[from]` to `sources[to - 1]`. No source is the target. */
  readonly addProducts: (register: number, entry: number, sources: ReadonlyArray<number>, from: number, to: number) => void
  readonly copy: (from: number, to: number) => void
  readonly clear: (register: number) => void
  /** Whether two registers hold the same: over R, as far as roundings allow. */
  readonly equal: (a: number, b: number) => boolean
}

/** Of F = U P A B: two factors have entries from the same list. */
export const identityDegree = (degreeOfF: number, degreeOfBasis: number, degreeOfEntries: number): number =>
  Math.max(1, degreeOfF, degreeOfBasis + 2 * degreeOfEntries)

/** Points that are needed when each leaves a chance of 2^-bits; undefined if they would be too many to be worth it. */
export const pointsFor = (bits: number): number | undefined => (bits < 1 ? undefined : Math.ceil(security / bits))

/** Whether counts, coefficients and exponents of a list fit together, and coefficients are those of the field: residues from 1 to p - 1, or fractions. */
export const isWellFormed = ({ coefficients, denominators, exponents, terms, values }: PolynomialList, { characteristic, variables }: Pick<System, "characteristic" | "variables">): boolean => {
  let total = 0
  for (const count of terms) {
    if (count < 0) return false
    total += count
  }
  if (exponents.length !== total * variables) return false
  if (characteristic < 0) return values.length === total
  if (coefficients.length !== total || denominators.length !== (characteristic === 0 ? total : 0)) return false
  if (characteristic === 0) {
    for (const denominator of denominators) if (denominator < 1) return false
  } else {
    for (const residue of coefficients) if (residue < 1 || residue >= characteristic) return false
  }
  return true
}
