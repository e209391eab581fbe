/**
 * Beam search for one source, one place after another (Sutskever et al. 2014; Wu et al. 2016, section 7, for the length in the score). Each
 * place takes the best continuations of all open answers together, as many as the beam still has room for. One that ends with `eos` keeps its
 * place in the beam for good, so that a beam of 1 is greedy decoding. At the greatest length open answers are taken as they are.
 *
 * Of equals the one comes first that continues the better answer, then the one with the lower token number.
 */
import { logProbabilities } from "../../../train/lib/measures.ts"

export interface SearchSettings {
  /** Answers followed at once; 1 is greedy. */
  readonly beam: number
  /** An answer's score is its log-probability divided by length^penalty, `eos` counted: 0 prefers short answers, 1 takes the mean. */
  readonly lengthPenalty: number
  /** Tokens of an answer at most, `eos` included. */
  readonly greatestLength: number
  readonly eos: number
}

export interface Answer {
  /** Up to `eos`, which is included where the answer ended. */
  readonly tokens: ReadonlyArray<number>
  /** The numbers beside the tokens, 0 where there is none; empty for models that say no numbers. */
  readonly values: ReadonlyArray<number>
  /** Sum over the tokens, nats. */
  readonly logProbability: number
  readonly score: number
  readonly ended: boolean
}

/** What the model says after an open answer. */
export interface Said {
  /** One for each token, not normalised. */
  readonly scores: Float32Array
  /** The number that goes with the next token, 0 where that has none; absent for models that say no numbers. */
  readonly value?: (token: number) => number
}

interface Open {
  readonly tokens: ReadonlyArray<number>
  readonly values: ReadonlyArray<number>
  readonly logProbability: number
  /** Where the decoder holds what it knows of it: a number below the beam. */
  readonly row: number
}

/** A row that takes over what another one holds. */
export interface Move {
  readonly from: number
  readonly to: number
}

export class BeamSearch {
  readonly #settings: SearchSettings
  readonly #ended: Array<Answer> = []
  /** Best first. */
  #open: ReadonlyArray<Open> = [{ tokens: [], values: [], logProbability: 0, row: 0 }]

  constructor(settings: SearchSettings) {
    this.#settings = settings
  }

  /** The rows to be continued, each with its last token (undefined at the start) and the number beside it, at this place. */
  get open(): ReadonlyArray<{ readonly row: number; readonly token: number | undefined; readonly value: number | undefined }> {
    return this.#open.map(({ row, tokens, values }) => ({ row, token: tokens.at(-1), value: values.at(-1) }))
  }

  get place(): number {
    return this.#open[0]?.tokens.length ?? 0
  }

  /** The best answer, once nothing open can become better. */
  get answer(): Answer | undefined {
    const best = this.#ended.reduce((found: Answer | undefined, other) => (found === undefined || other.score > found.score ? other : found), undefined)
    const [first] = this.#open
    return best !== undefined && (first === undefined || best.score >= this.#bound(first)) ? best : undefined
  }

  /** Takes what the model says in each open row. Gives the rows that have to be copied before the next step. */
  advance(said: (row: number) => Said): ReadonlyArray<Move> {
    const { beam, eos, greatestLength } = this.#settings
    const room = beam - this.#ended.length
    const parents = this.#open.map((parent) => ({ parent, said: said(parent.row) }))
    const chosen = parents
      .flatMap(({ parent, said }, rank) => best(logProbabilities(said.scores), room).map(([token, own]) => ({ parent, rank, token, value: said.value, logProbability: parent.logProbability + own })))
      .sort((a, b) => b.logProbability - a.logProbability || a.rank - b.rank || a.token - b.token)
      .slice(0, room)
    const children: Array<Omit<Open, "row"> & { readonly parent: number }> = []
    for (const { logProbability, parent, token, value } of chosen) {
      const child = { tokens: [...parent.tokens, token], values: value === undefined ? [] : [...parent.values, value(token)], logProbability }
      if (token === eos || child.tokens.length === greatestLength) this.#end(child)
      else children.push({ ...child, parent: parent.row })
    }
    const { moves, rows } = placed(children.map(({ parent }) => parent), beam)
    this.#open = children.map(({ logProbability, tokens, values }, i) => ({ tokens, values, logProbability, row: rows[i] ?? 0 }))
    return moves
  }

  #end({ logProbability, tokens, values }: Omit<Open, "row">): void {
    const { eos, lengthPenalty } = this.#settings
    this.#ended.push({ tokens, values, logProbability, score: logProbability / tokens.length ** lengthPenalty, ended: tokens.at(-1) === eos })
  }

  /** No continuation of an open answer gets a greater score: its log-probability only falls. */
  #bound({ logProbability, tokens }: Open): number {
    const { greatestLength, lengthPenalty } = this.#settings
    return logProbability / (lengthPenalty >= 0 ? greatestLength : tokens.length + 1) ** lengthPenalty
  }
}

/** Rows for children: the first one of a parent stays in its row, others take over rows that nobody continues. */
const placed = (parents: ReadonlyArray<number>, beam: number): { readonly rows: ReadonlyArray<number>; readonly moves: ReadonlyArray<Move> } => {
  const free = Array.from({ length: beam }, (_, row) => row).filter((row) => !parents.includes(row))
  const moves: Array<Move> = []
  const stayed = new Set<number>()
  const rows = parents.map((from) => {
    const to = stayed.has(from) ? free.shift() ?? from : from
    if (stayed.has(from)) moves.push({ from, to })
    stayed.add(from)
    return to
  })
  return { rows, moves }
}

/** The greatest few with their places, the first of equals first. */
const best = (values: Float64Array, count: number): ReadonlyArray<readonly [number, number]> => {
  const found: Array<readonly [number, number]> = []
  values.forEach((value, token) => {
    const last = found.at(-1)
    if (found.length === count && last !== undefined && value <= last[1]) return
    const at = found.findIndex(([, other]) => value > other)
    found.splice(at < 0 ? found.length : at, 0, [token, value])
    if (found.length > count) found.pop()
  })
  return found
}
