/** Which samples are written, and into which part: the same for token tables and for texts, so that both hold the same split. */
import { doc, field, Probability, Schema, Seed } from "../../../../src/stage.ts"
import type { System } from "../generation/system-table.ts"
import { type Digest, DigestSet, digestOf } from "../verification/digest.ts"
import { type Part, partOf } from "./split.ts"

/** Parameters of both stages. */
export const splitFields = {
  validation: field(Probability, doc("Share of the ideals for validation, about."), 0),
  test: field(Probability, doc("Share of the ideals for the test, about: an ideal goes where the digest of its basis says, with all its systems."), 0.1),
  seed: field(Seed, doc("Another seed splits otherwise."), 0),
  unique: field(Schema.Boolean, doc("Leave out pairs that an earlier sample has."), false)
}

export interface Choice {
  readonly validation: number
  readonly test: number
  readonly seed: number
  readonly unique: boolean
}

export interface Placed {
  readonly part: Part
  /** Digest of G. */
  readonly ideal: Digest
  /** An earlier sample has the same F and G, and such are left out. */
  readonly repeated: boolean
}

export class Selection {
  readonly #choice: Choice
  readonly #pairs = new DigestSet()

  constructor(choice: Choice) {
    this.#choice = choice
  }

  place({ f, g }: System): Placed {
    const ideal = digestOf(g)
    const part = partOf(ideal, this.#choice, this.#choice.seed)
    if (!this.#choice.unique) return { part, ideal, repeated: false }
    const ofF = digestOf(f)
    return { part, ideal, repeated: this.#pairs.add({ high: ofF.high ^ Math.imul(ideal.high, 31), low: ofF.low ^ Math.imul(ideal.low, 31) }) }
  }
}

/** Why shares cannot be, if they cannot. */
export const badShares = ({ test, validation }: Choice): string | undefined =>
  test + validation > 1 ? `\`validation\` and \`test\` together are ${test + validation} of the ideals` : undefined
