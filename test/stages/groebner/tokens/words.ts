/** Reads token texts back into polynomials, for tests: written from the notation alone. */

export interface Term {
  readonly coefficient: string
  readonly exponents: ReadonlyArray<number>
}

/** Infix: polynomials of terms; a coefficient is "3", "-3/4", or digits in groups of so many. */
export const readInfix = (text: string, group = 1): ReadonlyArray<ReadonlyArray<Term>> =>
  text.replace(/ <\/s>.*$/, "").split(" [SEP] ").map((polynomial) => polynomial.split(" + ").map((term) => {
    const words = term.split(" ")
    const first = words.findIndex((word) => word.startsWith("E"))
    return {
      coefficient: words.slice(0, first).reduce((read, word) => `${read}${word.startsWith("D") && /\d$/.test(read) ? word.slice(1).padStart(group, "0") : word.replace(/^[CD]/, "")}`, ""),
      exponents: words.slice(first).map((word) => Number(word.slice(1)))
    }
  }))

/** Prefix with n variables: each `+` takes the two expressions behind it. */
export const readPrefix = (text: string, n: number): ReadonlyArray<ReadonlyArray<Term>> =>
  text.replace(/ <\/s>.*$/, "").split(" [SEP] ").map((polynomial) => {
    const words = polynomial.split(" ")
    let at = 0
    const coefficient = (): string => {
      if (words[at] !== "/") return (words[at++] ?? "").slice(1)
      at++
      return `${coefficient()}/${coefficient()}`
    }
    const expression = (): ReadonlyArray<Term> => {
      if (words[at] === "+") {
        at++
        return [...expression(), ...expression()]
      }
      const read = coefficient()
      at += n
      return [{ coefficient: read, exponents: words.slice(at - n, at).map((word) => Number(word.slice(1))) }]
    }
    const all = expression()
    if (at !== words.length) throw new Error(`${words.length - at} words are left of "${polynomial}"`)
    return all
  })
