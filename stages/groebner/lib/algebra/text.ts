/** Polynomials as text, as Singular writes and reads them: `x^2*y - 3/4*z + 1`. Every mistake names its column. */
import { algebraError } from "./errors.ts"
import { rational } from "./field.ts"
import type { Rational } from "./field.ts"
import type { Polynomial } from "./polynomial.ts"
import { constant, isZero, maximalExponent, multiply, polynomialOf, termCount } from "./polynomial.ts"
import type { Ring } from "./ring.ts"

/** Terms in descending order; `0` for zero. */
export const showPolynomial = <E>(ring: Ring<E>, f: Polynomial<E>): string => {
  if (isZero(f)) return "0"
  const n = ring.variables.length
  let text = ""
  for (let t = 0; t < termCount(f); t++) {
    const factors: Array<string> = []
    for (let v = 0; v < n; v++) {
      const exponent = f.exponents[t * n + v] ?? 0
      if (exponent > 0) factors.push(exponent === 1 ? `${ring.variables[v]}` : `${ring.variables[v]}^${exponent}`)
    }
    const shown = ring.field.show(f.coefficients[t] ?? ring.field.zero)
    const negative = shown.startsWith("-")
    const size = negative ? shown.slice(1) : shown
    if (size !== "1" || factors.length === 0) factors.unshift(size)
    text += t === 0 ? (negative ? "-" : "") : negative ? " - " : " + "
    text += factors.join("*")
  }
  return text
}

/** Reads sums, products, powers and parentheses over whole numbers, fractions, decimals and the ring's variables. @throws AlgebraError */
export const parsePolynomial = <E>(ring: Ring<E>, text: string): Polynomial<E> => {
  const reader = new Reader(ring, text)
  return reader.whole()
}

/** Polynomials separated by commas or semicolons; an empty text has none. */
export const parseSystem = <E>(ring: Ring<E>, text: string): ReadonlyArray<Polynomial<E>> =>
  text.trim() === "" ? [] : text.split(/[,;]/).filter((part, at, parts) => at < parts.length - 1 || part.trim() !== "").map((part) => parsePolynomial(ring, part))

const token = /\s*(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|([A-Za-z_][A-Za-z_0-9]*)|([-+*/^()]))/y

class Reader<E> {
  readonly #ring: Ring<E>
  readonly #text: string
  #at = 0
  /** Where the token in hand begins, and what it is; empty at the end. */
  #start = 0
  #number: string | undefined
  #name: string | undefined
  #sign = ""

  constructor(ring: Ring<E>, text: string) {
    this.#ring = ring
    this.#text = text
    this.#next()
  }

  whole(): Polynomial<E> {
    const result = this.#sum()
    if (this.#start < this.#text.length) throw this.#problem("an operator such as + or * is missing before this")
    return result
  }

  /** Terms are collected and sorted once: texts of bases have thousands. */
  #sum(): Polynomial<E> {
    const coefficients: Array<E> = []
    const exponents: Array<number> = []
    let sign = this.#leadingSign()
    do {
      const { product, scalar } = this.#term()
      for (let t = 0; t < termCount(product); t++) {
        const value = this.#ring.field.multiply(scalar, product.coefficients[t] ?? this.#ring.field.zero)
        coefficients.push(sign === "-" ? this.#ring.field.negate(value) : value)
      }
      for (const exponent of product.exponents) exponents.push(exponent)
      sign = this.#sign
      if (sign === "+" || sign === "-") this.#next()
    } while (sign === "+" || sign === "-")
    return polynomialOf(this.#ring, coefficients, exponents)
  }

  #leadingSign(): string {
    const sign = this.#sign
    if (sign === "-" || sign === "+") this.#next()
    return sign
  }

  /** Numbers and powers of variables in one monomial, times what stands in parentheses. */
  #term(): { readonly scalar: E; readonly product: Polynomial<E> } {
    const { field, variables } = this.#ring
    let scalar = field.one
    let inParentheses: Polynomial<E> | undefined
    const exponents = new Array<number>(variables.length).fill(0)
    let sign = "*"
    do {
      if (sign === "/") scalar = field.multiply(scalar, this.#inverse())
      else if (this.#number !== undefined) scalar = field.multiply(scalar, this.#constant())
      else if (this.#name !== undefined) {
        const at = variables.indexOf(this.#name)
        if (at < 0) throw this.#problem(`no such variable; the ring has ${variables.join(", ")}`)
        this.#next()
        exponents[at] = (exponents[at] ?? 0) + this.#exponent()
        if ((exponents[at] ?? 0) > maximalExponent) throw this.#problem(`exponents go up to ${maximalExponent}`)
      } else {
        const factor = this.#parenthesis()
        inParentheses = inParentheses === undefined ? factor : multiply(this.#ring, inParentheses, factor)
      }
      sign = this.#sign
      if (sign === "*" || sign === "/") this.#next()
    } while (sign === "*" || sign === "/")
    const monomial: Polynomial<E> = { coefficients: [field.one], exponents: Uint16Array.from(exponents) }
    return { scalar, product: inParentheses === undefined ? monomial : multiply(this.#ring, monomial, inParentheses) }
  }

  #constant(): E {
    const { denominator, numerator } = exact(this.#number ?? "0")
    this.#next()
    const value = this.#ring.field.fraction(numerator, denominator)
    let power = this.#ring.field.one
    for (let count = this.#exponent(); count > 0; count--) power = this.#ring.field.multiply(power, value)
    return power
  }

  /** What a number after `/` multiplies by. */
  #inverse(): E {
    if (this.#number === undefined) throw this.#problem("only numbers can be divided by")
    if (exact(this.#number).numerator === 0n) throw this.#problem("division by 0")
    return this.#ring.field.inverse(this.#constant())
  }

  /** The whole number after `^`; 1 where there is none. */
  #exponent(): number {
    if (this.#sign !== "^") return 1
    this.#next()
    if (this.#number === undefined || !/^\d+$/.test(this.#number)) throw this.#problem("an exponent must be a whole number")
    const exponent = Number(this.#number)
    if (exponent > maximalExponent) throw this.#problem(`exponents go up to ${maximalExponent}`)
    this.#next()
    return exponent
  }

  #parenthesis(): Polynomial<E> {
    if (this.#sign !== "(") throw this.#problem("a number, a variable or ( is expected here")
    this.#next()
    const inside = this.#sum()
    if (!this.#sees(")")) throw this.#problem("the parenthesis is not closed")
    this.#next()
    let power = constant(this.#ring, this.#ring.field.one)
    for (let [square, rest] = [inside, this.#exponent()]; rest > 0; rest >>= 1) {
      if (rest & 1) power = multiply(this.#ring, power, square)
      if (rest > 1) square = multiply(this.#ring, square, square)
    }
    return power
  }

  #sees(sign: string): boolean {
    return this.#sign === sign
  }

  #next(): void {
    token.lastIndex = this.#at
    const match = token.exec(this.#text)
    this.#number = match?.[1]
    this.#name = match?.[2]
    this.#sign = match?.[3] ?? ""
    if (match !== null) {
      this.#at = token.lastIndex
      this.#start = this.#at - (match[1] ?? match[2] ?? match[3] ?? "").length
      return
    }
    this.#start = this.#at + (/^\s*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0)
    if (this.#start < this.#text.length) throw this.#problem("this character has no meaning in a polynomial")
  }

  #problem(what: string) {
    const found = this.#text.slice(this.#start, this.#start + 12)
    return algebraError(`Column ${this.#start + 1} of "${shorten(this.#text)}": ${what}${found === "" ? " (the text ends)" : `, found "${found}"`}.`)
  }
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)

/** A decimal as the fraction that it stands for. */
const exact = (number: string): Rational => {
  const [mantissa = "", power = "0"] = number.toLowerCase().split("e")
  const [whole = "", decimals = ""] = mantissa.split(".")
  const shift = Number(power) - decimals.length
  const digits = BigInt(whole + decimals)
  return shift >= 0 ? rational(digits * 10n ** BigInt(shift)) : rational(digits, 10n ** BigInt(-shift))
}
