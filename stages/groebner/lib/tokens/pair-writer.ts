/** One pair after another as rows of token numbers, with the figures of each. */
import { algebraError } from "../algebra/index.ts"
import type { PolynomialList, System } from "../generation/system-table.ts"
import { Encoder, type Outside } from "./encoder.ts"
import type { Placed } from "./selection.ts"
import { digestNumber, type Part } from "./split.ts"
import { statisticsOf } from "./statistics.ts"
import { type TokenSettings, type Vocabulary, vocabularyOf } from "./vocabulary.ts"

/** What became of a sample: written, or left out because it is longer than the rows, needs a missing word, or was there before. */
export const fates = ["written", "long", "outside", "repeated"] as const
export type Fate = (typeof fates)[number]

export interface TokenRow {
  readonly sample: number
  readonly source: Int32Array
  readonly target: Int32Array
  readonly source_value: Float32Array
  readonly target_value: Float32Array
  readonly source_tokens: number
  readonly target_tokens: number
  readonly ideal: bigint
}

export interface WrittenPair {
  readonly part: Part
  readonly fate: Fate
  /** Tokens of F and G, `eos` included; undefined where a word is missing. */
  readonly lengths: { readonly f: number | undefined; readonly g: number | undefined }
  /** Which word is missing, for the user. */
  readonly missing: string | undefined
  readonly row: TokenRow | undefined
}

interface Written {
  readonly tokens: number | undefined
  readonly outside: Outside | undefined
}

const none = new Float32Array(0)

export class PairWriter {
  readonly #settings: TokenSettings
  readonly #lengths: { readonly source: number; readonly target: number }
  #vocabulary: Vocabulary | undefined
  #source: Encoder | undefined
  #target: Encoder | undefined

  constructor(settings: TokenSettings, lengths: { readonly source: number; readonly target: number }) {
    this.#settings = settings
    this.#lengths = lengths
  }

  /** Of the systems written so far: their field and variables settle it. */
  get vocabulary(): Vocabulary | undefined {
    return this.#vocabulary
  }

  /** @throws AlgebraError for settings that do not fit the field, and where the field changes. */
  write(system: System, { ideal, part, repeated }: Placed): WrittenPair {
    const vocabulary = this.#vocabulary ??= vocabularyOf(this.#settings, system.variables, system.characteristic)
    if (vocabulary.variables !== system.variables || vocabulary.characteristic !== system.characteristic) throw algebraError(`Sample ${system.sample} has another field or number of variables than those before it: one vocabulary serves one ring.`)
    const source = this.#source ??= new Encoder(vocabulary)
    const target = this.#target ??= new Encoder(vocabulary)
    const [f, g] = [written(source, system.f, vocabulary), written(target, system.g, vocabulary)]
    const outside = f.outside ?? g.outside
    const long = (f.tokens ?? 0) > this.#lengths.source || (g.tokens ?? 0) > this.#lengths.target
    const fate = repeated ? "repeated" : outside !== undefined ? "outside" : long ? "long" : "written"
    return {
      part,
      fate,
      lengths: { f: f.tokens, g: g.tokens },
      missing: outside === undefined ? undefined : `sample ${system.sample} has the ${outside.what} ${outside.value}, for which there is no word`,
      row: fate !== "written" || f.tokens === undefined || g.tokens === undefined ? undefined : {
        sample: system.sample,
        source: source.padded(this.#lengths.source * tokenWidth(vocabulary)),
        target: target.padded(this.#lengths.target * tokenWidth(vocabulary)),
        source_value: hasValues(vocabulary) ? source.paddedValues(this.#lengths.source * tokenWidth(vocabulary)) : none,
        target_value: hasValues(vocabulary) ? target.paddedValues(this.#lengths.target * tokenWidth(vocabulary)) : none,
        source_tokens: f.tokens,
        target_tokens: g.tokens,
        ideal: digestNumber(ideal)
      }
    }
  }
}

/** Words of a token: one, or those of a term with what follows it. */
export const tokenWidth = ({ settings, variables }: Vocabulary): number => (settings.unit === "monomials" ? variables + 2 : 1)

const hasValues = ({ settings }: Vocabulary): boolean => settings.coefficients === "numbers"

const written = (encoder: Encoder, list: PolynomialList, vocabulary: Vocabulary): Written => {
  const words = encoder.encode(list)
  return { tokens: words === undefined ? undefined : words / tokenWidth(vocabulary), outside: encoder.outside }
}

/** A row of the table of figures. */
export const figuresOf = ({ f, g, sample, variables }: System, { fate, lengths, part }: WrittenPair) => {
  const [ofF, ofG] = [statisticsOf(f, variables), statisticsOf(g, variables)]
  return {
    sample,
    part,
    fate,
    f_polynomials: ofF.polynomials,
    f_terms: ofF.terms,
    f_degree: ofF.degree,
    f_least_degree: ofF.leastDegree,
    f_coefficient: ofF.coefficient,
    f_tokens: lengths.f ?? null,
    g_polynomials: ofG.polynomials,
    g_terms: ofG.terms,
    g_degree: ofG.degree,
    g_least_degree: ofG.leastDegree,
    g_coefficient: ofG.coefficient,
    g_tokens: lengths.g ?? null
  }
}
