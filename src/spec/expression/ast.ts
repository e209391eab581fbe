/**
 * Expressions of a pipeline file, what stands between `${{` and `}}`: a small pure language of values, references,
 * arithmetic, comparison and a fixed set of functions. An expression is plain data; every node knows the stretch
 * `[start, end)` of the source that it came from, in UTF-16 code units.
 */

export interface Expression {
  /** As written, without the braces and the white space beside them. */
  readonly source: string
  readonly root: Node
}

export type UnaryOperator = "-" | "+" | "!"
export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "**" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||"

interface Span {
  readonly start: number
  readonly end: number
}

export type Node =
  | Span & { readonly kind: "literal"; readonly value: null | boolean | number | string }
  | Span & { readonly kind: "array"; readonly items: ReadonlyArray<Node> }
  | Span & { readonly kind: "name"; readonly name: string }
  /** `target.name` */
  | Span & { readonly kind: "member"; readonly target: Node; readonly name: string }
  /** `target[index]` */
  | Span & { readonly kind: "index"; readonly target: Node; readonly index: Node }
  | Span & { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Node }
  | Span & { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  /** `test ? yes : no` */
  | Span & { readonly kind: "conditional"; readonly test: Node; readonly yes: Node; readonly no: Node }
  | Span & { readonly kind: "call"; readonly name: string; readonly arguments: ReadonlyArray<Node> }

/** What is wrong with an expression, and where in its source. */
export interface ExpressionError {
  readonly message: string
  readonly offset: number
  readonly hint?: string
}

/** A name that an expression reads: `params.model.width` has root `params` and path `["model", "width"]`. The path ends before an index
 * that is itself computed: the whole value up to there is read. */
export interface Reference {
  readonly root: string
  readonly path: ReadonlyArray<string | number>
  /** Where it starts in the expression's source. */
  readonly offset: number
  /** The reference is all of the expression and its path is complete: `${{ data.train }}`, not `${{ data.train + 1 }}`. */
  readonly whole: boolean
}

/** Every name that the expression reads, in the order of the text. */
export const references = (expression: Expression): ReadonlyArray<Reference> => {
  const found: Array<Reference> = []
  // An explicit stack: a sum of thousands of terms is a tree thousands deep.
  const waiting: Array<Node> = [expression.root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const chain = referenceChain(node)
    if (chain === undefined) {
      waiting.push(...children(node))
      continue
    }
    found.push({ root: chain.root, path: chain.path, offset: node.start, whole: node === expression.root && chain.computed.length === 0 })
    waiting.push(...chain.computed)
  }
  return found.sort((a, b) => a.offset - b.offset)
}

/** The root and static path of `root.a["b"][0]`, with the indices that are computed; undefined when the node is no such chain. */
const referenceChain = (node: Node): { root: string; path: ReadonlyArray<string | number>; computed: ReadonlyArray<Node> } | undefined => {
  const steps: Array<string | number | Node> = []
  let at = node
  for (;;) {
    if (at.kind === "member") steps.push(at.name)
    else if (at.kind === "index") steps.push(staticIndex(at.index) ?? at.index)
    else break
    at = at.target
  }
  if (at.kind !== "name") return undefined
  steps.reverse()
  const path: Array<string | number> = []
  const computed: Array<Node> = []
  for (const step of steps) {
    if (typeof step === "object") computed.push(step)
    else if (computed.length === 0) path.push(step)
  }
  return { root: at.name, path, computed }
}

const staticIndex = (index: Node): string | number | undefined =>
  index.kind === "literal" && (typeof index.value === "string" || typeof index.value === "number") ? index.value : undefined

const children = (node: Node): ReadonlyArray<Node> => {
  switch (node.kind) {
    case "literal":
    case "name":
      return []
    case "array":
      return node.items
    case "member":
      return [node.target]
    case "index":
      return [node.target, node.index]
    case "unary":
      return [node.operand]
    case "binary":
      return [node.left, node.right]
    case "conditional":
      return [node.test, node.yes, node.no]
    case "call":
      return node.arguments
  }
}
