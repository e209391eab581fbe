/** The words of a token set with what kind each is of, and the check that a model was trained on the same ones. */
import { Effect, type ReadTable, StageError } from "../../../../src/stage.ts"
import { type Vocabulary as Tokens, vocabularyOf } from "../../../train/lib/token-set.ts"

export interface Vocabulary extends Tokens {
  /** Of each token: pad, bos, eos, unknown, separator, coefficient, exponent, operator or number. */
  readonly kinds: ReadonlyArray<string>
  /** What stands between polynomials; without one a sequence is a single polynomial. */
  readonly separator: number | undefined
}

export const readVocabulary = (table: ReadTable): Effect.Effect<Vocabulary, StageError> =>
  Effect.map(vocabularyOf(table), (tokens) => {
    const kinds: Array<string> = tokens.tokens.map(() => "")
    for (let row = 0; row < table.rows; row++) kinds[Number(table.columns["id"]?.[row])] = String(table.columns["kind"]?.[row])
    const separator = kinds.indexOf("separator")
    return { ...tokens, kinds, separator: separator < 0 ? undefined : separator }
  })

/** Fails naming the first token that means something else to the model, as far as its file says what they mean. */
export const sameWords = ({ tokens }: Vocabulary, known: number, metadata: Readonly<Record<string, string>>): Effect.Effect<void, StageError> => {
  if (known !== tokens.length) return otherWords(`The model scores ${known} tokens and the vocabulary has ${tokens.length}.`)
  const learned = textsOf(metadata["vocabulary"])
  const differs = tokens.findIndex((text, id) => learned !== undefined && learned[id] !== text)
  return differs < 0 ? Effect.void : otherWords(`Token ${differs} is ${JSON.stringify(learned?.[differs])} to the model and ${JSON.stringify(tokens[differs])} in the vocabulary.`)
}

const textsOf = (json: string | undefined): ReadonlyArray<unknown> | undefined => {
  try {
    const texts: unknown = JSON.parse(json ?? "")
    return Array.isArray(texts) ? texts : undefined
  } catch {
    return undefined
  }
}

const otherWords = (message: string): Effect.Effect<never, StageError> =>
  Effect.fail(new StageError({ message, hint: "Make the data with the settings of those that the model was trained on: field, `form`, `coefficients`, `vocabulary` and the greatest coefficient and exponent." }))
