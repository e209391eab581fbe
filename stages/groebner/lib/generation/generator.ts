/** Draws samples: an ideal's basis G, a system F of other generators, and what proves that they generate the same. */
import { algebraError } from "../algebra/index.ts"
import type { RandomStream } from "../../../../src/stage.ts"
import { type Coefficients, coefficientsOf, type FieldChoice, lowestTerms } from "./coefficients.ts"
import { type Defects, defectsOf } from "./defects.ts"
import { CauchyModule, type Ideal, type IdealSampler, ShapePosition } from "./ideal.ts"
import { type MonomialKeys, monomialKeys } from "./monomial-keys.ts"
import type { PolynomialChoice } from "./sampler.ts"
import { Terms } from "./terms.ts"
import { termSum } from "./term-sum.ts"
import { type Transformation, type Transformed, Transformer } from "./transformation.ts"

export const rejectable = ["zeros", "verbatim", "basis", "not-radical", "unbounded"] as const
export type Rejectable = (typeof rejectable)[number]

export interface Settings {
  readonly variables: number
  readonly field: FieldChoice
  readonly ideal: { readonly kind: "shape"; readonly polynomials: PolynomialChoice } | { readonly kind: "cauchy" }
  readonly transformation: Transformation
  /** Over Q and R, transformations are drawn again until no numerator, denominator or value is greater; undefined for no bound. */
  readonly bound: number | undefined
  /** How often, before the last one is kept as it is. */
  readonly boundAttempts: number
  /** Samples with one of these are drawn again. */
  readonly reject: ReadonlySet<Rejectable>
}

export interface Sample extends Defects {
  readonly ideal: Ideal
  readonly transformed: Transformed
  readonly bounded: boolean
  readonly attempts: number
}

/** Samples in a row that are rejected before the settings are called impossible. */
export const patience = 10_000
/** Coefficients are stored as 32-bit numbers. */
const storable = 2 ** 31 - 1

export class Generator {
  readonly keys: MonomialKeys
  readonly coefficients: Coefficients
  /** Holds the polynomials of the last sample. */
  readonly terms = new Terms()
  readonly #settings: Settings
  readonly #ideals: IdealSampler
  readonly #transformer: Transformer

  /** @throws AlgebraError for settings that cannot be. */
  constructor(settings: Settings) {
    const { field, ideal, transformation, variables } = settings
    const { entries, form } = transformation
    const growth = entries.maxDegree * (form === "released" || form === "bruhat" ? 2 : 1)
    const limits = Array.from({ length: variables }, (_, v) =>
      growth + (ideal.kind === "cauchy" ? v + 1 : v === variables - 1 ? ideal.polynomials.maxDegree : 1))
    if (Math.max(...limits) > 255) throw algebraError(`Exponents up to ${Math.max(...limits)} may come up, and 255 is the greatest that a table holds. Take lower degrees.`)
    this.#settings = settings
    this.keys = monomialKeys(limits)
    this.coefficients = coefficientsOf(field)
    const sum = termSum(this.keys.bits, this.coefficients.product)
    this.#ideals = ideal.kind === "cauchy" ? new CauchyModule(this.keys, this.coefficients) : new ShapePosition(this.keys, this.coefficients, ideal.polynomials)
    this.#transformer = new Transformer(this.keys, this.coefficients, sum, transformation)
  }

  /** The sample that this stream gives. Its polynomials lie in `terms` until the next call. @throws AlgebraError */
  sample(stream: RandomStream): Sample {
    for (let attempts = 1; attempts <= patience; attempts++) {
      this.terms.clear()
      const ideal = this.#ideals.sample(stream, this.terms)
      const { bounded, transformed } = this.#bounded(ideal, stream)
      const defects = defectsOf(this.keys, this.coefficients, this.terms, ideal, transformed.system, transformed.scale)
      const sample = { ...defects, ideal, transformed, bounded, attempts }
      if (!this.#rejected(sample)) return sample
    }
    throw algebraError(`${patience} samples in a row were rejected (${[...this.#settings.reject].join(", ")}). Reject less, or change the settings.`)
  }

  #bounded(ideal: Ideal, stream: RandomStream): { readonly bounded: boolean; readonly transformed: Transformed } {
    const begin = this.terms.length
    for (let attempt = 1; ; attempt++) {
      this.terms.length = begin
      const transformed = this.#transformer.sample(ideal, stream, this.terms)
      const greatest = this.#greatest(transformed)
      const bounded = this.#settings.bound === undefined || greatest <= this.#settings.bound
      if (bounded || attempt >= this.#settings.boundAttempts) {
        if (this.coefficients.choice.kind === "rational" && greatest > storable) {
          throw algebraError(`A coefficient passed 2^31 and none of ${attempt} transformations stayed within the bound. Draw smaller coefficients or allow more attempts.`)
        }
        return { bounded, transformed }
      }
    }
  }

  /** The greatest numerator, denominator or value in F; 0 over F_p, where there is no such thing. */
  #greatest({ scale, system }: Transformed): number {
    const { kind } = this.coefficients.choice
    if (kind === "prime") return 0
    const limit = this.#settings.bound ?? storable
    let greatest = 0
    for (const { end, start } of system) {
      for (let i = start; i < end; i++) {
        const value = Math.abs(this.terms.values[i] ?? 0)
        if (kind === "real") {
          greatest = Math.max(greatest, value)
        } else {
          const { denominator, numerator } = lowestTerms(value, scale)
          greatest = Math.max(greatest, numerator, denominator)
        }
        if (greatest > limit && greatest <= storable) return greatest
      }
    }
    return greatest
  }

  #rejected(sample: Sample): boolean {
    const { reject } = this.#settings
    return (reject.has("zeros") && sample.zeros > 0) || (reject.has("verbatim") && sample.verbatim > 0) || (reject.has("basis") && sample.isBasis) ||
      (reject.has("not-radical") && sample.radical === false) || (reject.has("unbounded") && !sample.bounded)
  }
}
