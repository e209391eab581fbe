/** Which questions were asked before, and which of the test's are asked in training: sets of digests, sixteen bytes a question. */
import type { Part } from "../tokens/split.ts"
import { type Digest, DigestSet, digestOf } from "../verification/digest.ts"

export class Questions {
  readonly #all = new DigestSet()
  readonly #pairs = new DigestSet()
  readonly #training = new DigestSet()
  readonly #test: Array<Digest> = []
  #questions = 0
  #answers = 0

  /** Whether the question was asked before and is to be left out for that. */
  ask(source: Int32Array, target: Int32Array, part: Part, unique: boolean): boolean {
    const question = digest(source, none)
    const before = this.#all.add(question)
    if (before && unique) return true
    this.#questions += Number(!before)
    this.#answers += Number(!this.#pairs.add(digest(source, target)))
    if (part === "train") this.#training.add(question)
    if (part === "test") this.#test.push(question)
    return false
  }

  counts(): { readonly questions: number; readonly answers: number; readonly seen: number | null } {
    const seen = this.#test.filter((question) => this.#training.has(question)).length
    return { questions: this.#questions, answers: this.#answers, seen: this.#test.length === 0 ? null : seen / this.#test.length }
  }
}

const none = new Int32Array(0)

const digest = (terms: Int32Array, coefficients: Int32Array): Digest => digestOf({ terms, coefficients, denominators: none, values: new Float64Array(0), exponents: new Uint8Array(0) })
