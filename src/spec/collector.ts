/** Gathers the problems of one file while it is read and checked; nothing stops at the first. */
import type { Position, Problem } from "./source.ts"
import type { Path } from "./template.ts"

/** Beyond these, one cause repeats itself, and a reader learns nothing more. */
const mostProblems = 100
const longestText = 600

export class Collector {
  readonly file: string
  readonly text: string
  readonly #lineStarts: ReadonlyArray<number>
  readonly #found: Array<{ readonly offset: number; readonly problem: Problem }> = []
  readonly #seen = new Set<string>()

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.#lineStarts = lineStarts(text)
  }

  add(offset: number, path: Path, message: string, hint?: string): void {
    const position = this.position(offset)
    const identity = `${offset} ${message}`
    if (this.#seen.has(identity)) return
    this.#seen.add(identity)
    this.#found.push({ offset, problem: { file: this.file, position, path: short(showPath(path)), message: short(message), ...(hint === undefined ? {} : { hint: short(hint) }) } })
  }

  get any(): boolean {
    return this.#found.length > 0
  }

  /** In the order of the file. */
  problems(): ReadonlyArray<Problem> {
    const sorted = this.#found.toSorted((a, b) => a.offset - b.offset).map(({ problem }) => problem)
    const last = sorted[mostProblems - 1]
    if (sorted.length <= mostProblems || last === undefined) return sorted
    const left = sorted.length - mostProblems
    return [...sorted.slice(0, mostProblems), { file: this.file, position: last.position, path: "", message: `and ${left} more problems from here on` }]
  }

  position(offset: number): Position {
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 }
  }
}

/** A name of a megabyte stands in the file already. */
const short = (text: string): string => text.length <= longestText ? text : `${text.slice(0, longestText - 4)} ...`

const lineStarts = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return starts
}

/** `stages.teacher.with.lr`, `claims[2].sql` */
export const showPath = (path: Path): string =>
  path.reduce<string>((shown, step) => typeof step === "number" ? `${shown}[${step}]` : shown === "" ? step : `${shown}.${step}`, "")
