/**
 * Problems as text: `file:line:col path: message`, the line with a caret under the place, and the hint.
 *
 *     quickstart.yaml:12:18 stages.teacher.with.lr: expected a number, not "fast"
 *       12 |     with: { lr: fast }
 *          |                 ^
 *          = hint: ...
 */
import type { Problem } from "./source.ts"

export interface FormatOptions {
  /** ANSI colours. */
  readonly colours?: boolean
  /** Columns of the terminal; a longer line is shown around the place. */
  readonly width?: number
}

const leastWidth = 40
const tabWidth = 4

/** @param text the file that the problems are about */
export const formatProblems = (problems: ReadonlyArray<Problem>, text: string, { colours = false, width = 100 }: FormatOptions = {}): string => {
  const lines = (text.startsWith("\uFEFF") ? text.slice(1) : text).split(/\r?\n/)
  return problems.map((problem) => formatProblem(problem, lines, colours ? ansi : plain, Math.max(leastWidth, width))).join("\n\n")
}

interface Paint {
  readonly place: (text: string) => string
  readonly wrong: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
}

const wrap = (code: number) => (text: string) => `\u001B[${code}m${text}\u001B[0m`
const ansi: Paint = { place: wrap(1), wrong: wrap(31), faint: wrap(2), good: wrap(36) }
const same = (text: string) => text
const plain: Paint = { place: same, wrong: same, faint: same, good: same }

const formatProblem = ({ excerpt, file, hint, message, path, position: { column, line } }: Problem, lines: ReadonlyArray<string>, paint: Paint, width: number): string => {
  const head = `${paint.place(`${visible(file)}:${line}:${column}`)}${path === "" ? "" : ` ${visible(path)}`}: ${visible(message)}`
  const source = excerpt ?? lines[line - 1]
  const number = excerpt === undefined ? String(line) : ""
  const margin = `  ${" ".repeat(number.length)}`
  const shown = source === undefined || source.trim() === "" ? [] : excerptLines(source, column, width - number.length - 5)
  const [first, caret] = shown
  return [
    head,
    ...(first === undefined || caret === undefined ? [] : [`  ${paint.faint(`${number} |`)} ${first}`, `${margin}${paint.faint(" |")} ${paint.wrong(caret)}`]),
    ...(hint === undefined ? [] : [`${margin}${paint.faint(" =")} ${paint.good("hint:")} ${visible(hint)}`])
  ].join("\n")
}

/** The line, cut to a window of so many columns around the place, and the caret below it. */
const excerptLines = (source: string, column: number, width: number): readonly [string, string] => {
  const from = Math.max(0, column - 1 - Math.floor(width * 0.6))
  const start = column - 1 < width * 0.8 ? 0 : from
  const before = display(source.slice(start, column - 1))
  const left = start > 0 ? "... " : ""
  // Only so much of a megabyte-long line is looked at.
  const after = display(source.slice(column - 1, column - 1 + width))
  const room = Math.max(1, width - left.length - columns(before))
  const cut = columns(after) > room || column - 1 + width < source.length
  const right = cut ? `${[...after].slice(0, Math.max(1, room - 4)).join("")} ...` : after.trimEnd()
  return [`${left}${before}${right}`, `${" ".repeat(left.length + columns(before))}^`]
}

/** Tabs as spaces, and nothing that could move the cursor. */
const display = (text: string): string => visible(text.replaceAll("\t", " ".repeat(tabWidth)))

const visible = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD")

/** Columns that a text takes on a terminal: East Asian wide characters and emoji two, combining marks none. */
const columns = (text: string): number => {
  let count = 0
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\u200D|\uFE0F/u.test(character)) continue
    count += /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u.test(character) ? 2 : 1
  }
  return count
}
