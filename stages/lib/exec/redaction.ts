/** Strikes the values of secrets out of what a program says. */

export interface Redaction {
  /** Of a text that is whole. */
  whole(text: string): string
  /** Of a stream, piece by piece: the end of a piece is held back where a secret may begin there. */
  stream(): { push(text: string): string; end(): string }
}

/** Shorter values would strike out half of what is said. */
const shortest = 4
const mark = "***"

/** The longest end of the text with which one of the values begins. */
const openEnd = (text: string, values: ReadonlyArray<string>): number => {
  let longest = 0
  for (const value of values) {
    for (let length = Math.min(value.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(value.slice(0, length))) longest = length
    }
  }
  return longest
}

/** Also as a URL, as JSON and in base64 the value is found. A secret of several lines is struck out line by line. */
const formsOf = (value: string): ReadonlyArray<string> =>
  [value, ...value.split(/\r?\n/)].flatMap((part) => [part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1), Buffer.from(part).toString("base64")])

/** @param secrets names of environment variables */
export const makeRedaction = (secrets: ReadonlyArray<string>, variables: Readonly<Record<string, string | undefined>>): Redaction => {
  const forms = secrets.flatMap((name) => formsOf(variables[name] ?? "")).filter((form) => form.length >= shortest)
  const values = [...new Set(forms)].toSorted((a, b) => b.length - a.length)
  const whole = (text: string): string => values.reduce((left, value) => left.replaceAll(value, mark), text)
  return {
    whole,
    stream: () => {
      let held = ""
      return {
        push: (text) => {
          const clean = whole(held + text)
          const open = openEnd(clean, values)
          held = clean.slice(clean.length - open)
          return clean.slice(0, clean.length - open)
        },
        end: () => {
          const rest = held
          held = ""
          return rest
        }
      }
    }
  }
}
