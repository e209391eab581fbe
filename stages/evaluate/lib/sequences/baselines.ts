/**
 * Answers that need no learning: parts of the source copied as they stand, or always the same. Groebner data have such answers, since
 * many systems contain polynomials of their basis; a model's accuracy says something only beside them.
 */
import { createHash } from "node:crypto"
import { type Agreement, polynomialsOf, type SameAt, samePolynomial, sameSupport } from "./agreement.ts"
import type { Sequence } from "./decoder.ts"
import type { Vocabulary } from "./vocabulary.ts"

/** What the training targets say without looking at a source. */
export interface Usual {
  /** The most frequent one. */
  readonly target: Sequence
  readonly frequency: number
  /** The most frequent number of polynomials. */
  readonly polynomials: number
}

/** Counts targets; of equally frequent ones the first that was seen is taken. */
export class TargetCounts {
  readonly #vocabulary: Vocabulary
  readonly #targets = new Map<string, number>()
  readonly #lengths = new Map<number, number>()
  #best: { readonly target: Sequence; readonly frequency: number } | undefined

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
  }

  add(target: Sequence): void {
    const key = digestOf(target)
    const frequency = (this.#targets.get(key) ?? 0) + 1
    this.#targets.set(key, frequency)
    if (frequency > (this.#best?.frequency ?? 0)) this.#best = { target, frequency }
    const polynomials = polynomialsOf(target, this.#vocabulary).length
    this.#lengths.set(polynomials, (this.#lengths.get(polynomials) ?? 0) + 1)
  }

  /** Undefined when nothing was added. */
  get usual(): Usual | undefined {
    const [first] = [...this.#lengths].sort(([, a], [, b]) => b - a)
    return this.#best === undefined || first === undefined ? undefined : { ...this.#best, polynomials: first[0] }
  }
}

const digestOf = ({ tokens, values }: Sequence): string => {
  const hash = createHash("sha256")
  for (const { buffer, byteLength, byteOffset } of values === undefined ? [tokens] : [tokens, values]) hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  return hash.digest("base64")
}

export const baselines = ["first-copied", "shortest-copied", "most-frequent"] as const
export type Baseline = (typeof baselines)[number]

/** The answer of a baseline to a source. */
export const baselineAnswer = (baseline: Baseline, source: Sequence, { polynomials, target }: Usual, vocabulary: Vocabulary): Sequence => {
  if (baseline === "most-frequent") return target
  const all = polynomialsOf(source, vocabulary)
  if (baseline === "first-copied") return joined(all.slice(0, polynomials), vocabulary)
  const short = new Set(all.toSorted((a, b) => a.tokens.length - b.tokens.length).slice(0, polynomials))
  return joined(all.filter((own) => short.has(own)), vocabulary)
}

/** Polynomials with separators between and the end behind them. */
const joined = (polynomials: ReadonlyArray<Sequence>, { eos, separator = eos }: Vocabulary): Sequence => {
  const tokens = polynomials.flatMap((own, i) => [...(i === 0 ? [] : [separator]), ...own.tokens])
  const hasValues = polynomials.some(({ values }) => values !== undefined)
  return {
    tokens: Int32Array.from([...tokens, eos]),
    values: hasValues ? Float32Array.from([...polynomials.flatMap(({ tokens, values }, i) => [...(i === 0 ? [] : [0]), ...(values ?? tokens.map(() => 0))]), 0]) : undefined
  }
}

/** How far copying could get that knew which polynomials of the source to take, and in which order. No copying gets further. */
export const bestCopy = (source: Sequence, target: Sequence, vocabulary: Vocabulary, same: SameAt): Agreement => {
  const [given, wanted] = [polynomialsOf(source, vocabulary), polynomialsOf(target, vocabulary)]
  const there = wanted.filter((own) => given.some((other) => samePolynomial(other, own, same))).length
  const support = wanted.every((own) => given.some((other) => sameSupport(other, own, vocabulary)))
  return { right: there === wanted.length, support, polynomials: wanted.length, polynomialsRight: there }
}
