/**
 * Source -> tree, by precedence climbing. From loose to tight: `? :`, `||`, `&&`, `== !=`, `< <= > >=`, `+ -`, `* / %`,
 * unary `- + !`, `**` (to the right, and tighter than the sign before it: -2**2 is -4, as in Python), then `.name`, `[index]`.
 */
import { Result } from "effect"
import { suggestion } from "../suggest.ts"
import type { BinaryOperator, Expression, ExpressionError, Node, UnaryOperator } from "./ast.ts"
import { functions } from "./functions.ts"
import { type Token, tokenize } from "./tokens.ts"

/** Longer and deeper ones are refused: no person writes them, and they bound the work and the stack. */
export const limits = { length: 4096, depth: 64 } as const

/** Binding strength of the operators between two operands. */
const strengths: Readonly<Record<BinaryOperator, number>> = {
  "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "**": 8
}
const unaryStrength = 7

const isBinary = (text: string): text is BinaryOperator => Object.hasOwn(strengths, text)
const isUnary = (text: string): text is UnaryOperator => text === "-" || text === "+" || text === "!"
const isComparison = (operator: BinaryOperator): boolean => strengths[operator] === 3 || strengths[operator] === 4

/** Words that mean an operator elsewhere. */
const words: ReadonlyMap<string, string> = new Map([["and", "&&"], ["or", "||"], ["not", "!"], ["is", "=="], ["mod", "%"]])

export const parseExpression = (source: string): Result.Result<Expression, ExpressionError> => {
  if (source.length > limits.length) return Result.fail({ message: `the expression is longer than ${limits.length} characters`, offset: 0 })
  try {
    return Result.succeed({ source, root: new Parser(source).parse() })
  } catch (stop) {
    if (stop instanceof SyntaxStop) return Result.fail(stop.error)
    throw stop
  }
}

/** Leaves the parser from any depth; never leaves this file. */
class SyntaxStop extends Error {
  readonly error: ExpressionError
  constructor(error: ExpressionError) {
    super(error.message)
    this.error = error
  }
}

class Parser {
  readonly #tokens: ReadonlyArray<Token>
  readonly #end: Token
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#tokens = tokenize(source)
    this.#end = { kind: "end", start: source.length, end: source.length }
  }

  parse(): Node {
    if (this.#ended()) this.#stop("the expression is empty", this.#token)
    const root = this.#conditional()
    if (!this.#ended()) this.#unexpected("expected an operator or the end")
    return root
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? this.#end
  }

  #ended(): boolean {
    return this.#token.kind === "end"
  }

  #is(text: string): boolean {
    const token = this.#token
    return token.kind === "symbol" && token.text === text
  }

  #expect(text: string, why: string): Token {
    const token = this.#token
    if (!this.#is(text)) this.#unexpected(`expected ${text} ${why}`)
    this.#at++
    return token
  }

  #stop(message: string, at: { readonly start: number }, hint?: string): never {
    throw new SyntaxStop({ message, offset: at.start, ...(hint === undefined ? {} : { hint }) })
  }

  #unexpected(expected: string): never {
    const token = this.#token
    if (token.kind === "bad") this.#stop(token.message, token, token.hint)
    if (token.kind === "end") this.#stop(`the expression ends here; ${expected}`, token)
    const shown = token.kind === "name" || token.kind === "symbol" ? token.text : JSON.stringify(token.value)
    const operator = token.kind === "name" ? words.get(token.text) : undefined
    this.#stop(`unexpected ${shown}; ${expected}`, token, operator === undefined ? undefined : `write ${operator}`)
  }

  /** Runs `parse` one level deeper. */
  #nested<A>(parse: () => A): A {
    if (++this.#depth > limits.depth) this.#stop(`the expression is nested more than ${limits.depth} deep`, this.#token)
    const result = parse()
    this.#depth--
    return result
  }

  #conditional(): Node {
    const test = this.#binary(1)
    if (!this.#is("?")) return test
    this.#at++
    return this.#nested(() => {
      const yes = this.#conditional()
      this.#expect(":", "between the two values of a condition")
      const no = this.#conditional()
      return { kind: "conditional", test, yes, no, start: test.start, end: no.end }
    })
  }

  #binary(least: number): Node {
    let left = this.#unary()
    for (;;) {
      const token = this.#token
      if (token.kind !== "symbol" || !isBinary(token.text) || strengths[token.text] < least) return left
      const operator = token.text
      if (isComparison(operator) && left.kind === "binary" && isComparison(left.operator) && !this.#closed(left)) {
        this.#stop("comparisons do not chain", token, "join two of them with &&")
      }
      this.#at++
      const right = operator === "**"
        ? this.#nested(() => this.#binary(unaryStrength))
        : this.#nested(() => this.#binary(strengths[operator] + 1))
      left = { kind: "binary", operator, left, right, start: left.start, end: right.end }
    }
  }

  /** Whether the node that ended just now was written in parentheses. */
  #closed(node: Node): boolean {
    const last = this.#tokens[this.#at - 1]
    return last !== undefined && last.end > node.end
  }

  #unary(): Node {
    const token = this.#token
    if (token.kind !== "symbol" || !isUnary(token.text)) return this.#postfix()
    const operator = token.text
    this.#at++
    const operand = this.#nested(() => this.#binary(unaryStrength + 1))
    return { kind: "unary", operator, operand, start: token.start, end: operand.end }
  }

  #postfix(): Node {
    let node = this.#primary()
    for (;;) {
      if (this.#is(".")) {
        this.#at++
        const token = this.#token
        if (token.kind !== "name") this.#unexpected("expected a name after the dot")
        this.#at++
        node = { kind: "member", target: node, name: token.text, start: node.start, end: token.end }
      } else if (this.#is("[")) {
        this.#at++
        const target = node
        const index = this.#nested(() => this.#conditional())
        const close = this.#expect("]", "after the index")
        node = { kind: "index", target, index, start: target.start, end: close.end }
      } else return node
    }
  }

  #primary(): Node {
    const token = this.#token
    if (token.kind === "number" || token.kind === "string") {
      this.#at++
      return { kind: "literal", value: token.value, start: token.start, end: token.end }
    }
    if (token.kind === "name") {
      this.#at++
      const constant = constants.get(token.text)
      if (constant !== undefined) return { kind: "literal", value: constant.value, start: token.start, end: token.end }
      if (this.#is("(")) return this.#call(token.text, token)
      return { kind: "name", name: token.text, start: token.start, end: token.end }
    }
    if (this.#is("(")) {
      this.#at++
      const inner = this.#nested(() => this.#conditional())
      this.#expect(")", "to close the parenthesis")
      return inner
    }
    if (this.#is("[")) {
      this.#at++
      const { items, end } = this.#list("]", "to close the array")
      return { kind: "array", items, start: token.start, end }
    }
    return this.#unexpected("expected a value")
  }

  #call(name: string, token: Token): Node {
    const known = functions.get(name)
    if (known === undefined) this.#stop(`unknown function "${name}"`, token, suggestion(name, functions.keys()))
    this.#at++
    const { items, end } = this.#list(")", `to close the arguments of ${name}`)
    if (items.length < known.least || items.length > known.most) {
      this.#stop(`${name} cannot take ${items.length === 1 ? "one argument" : `${items.length} arguments`}`, token, `write ${known.usage}`)
    }
    return { kind: "call", name, arguments: items, start: token.start, end }
  }

  /** Values separated by commas, up to `close`; a comma before it is allowed. */
  #list(close: string, why: string): { readonly items: ReadonlyArray<Node>; readonly end: number } {
    return this.#nested(() => {
      const items: Array<Node> = []
      while (!this.#is(close)) {
        items.push(this.#conditional())
        if (!this.#is(",")) break
        this.#at++
      }
      return { items, end: this.#expect(close, why).end }
    })
  }
}

const constants: ReadonlyMap<string, { readonly value: null | boolean }> = new Map([
  ["true", { value: true }],
  ["false", { value: false }],
  ["null", { value: null }]
])
