/**
 * Rewriting a graph for a backend before it is compiled: the same values from operators that this backend runs faster. Graphs that are
 * saved or differentiated are never lowered.
 */
import { Graph, type Node, reachable, type Value } from "../graph.ts"

export interface LoweringContext {
  /** How often a value of the rewritten graph stands as an operand in the original; outputs count too. */
  readonly uses: (value: Value) => number
  /** What a value of the original graph that comes before the node has become. */
  readonly lowered: (original: Value) => Value
}

/** What a node becomes on its rewritten inputs, or undefined to leave it as it is. */
export type Rule = (node: Node, inputs: ReadonlyArray<Value>, context: LoweringContext) => Value | undefined

/** The same outputs in a new graph, with the first rule that applies used on every node. Input names and shapes stay. */
export const lower = (outputs: Readonly<Record<string, Value>>, rules: ReadonlyArray<Rule>): Record<string, Value> => {
  const graph = new Graph()
  const lowered = new Map<Value, Value>()
  const values = reachable(Object.values(outputs))
  const originalUses = countUses(values, Object.values(outputs))
  const uses = new Map<Value, number>()
  const put = (original: Value, value: Value): void => {
    lowered.set(original, value)
    uses.set(value, (uses.get(value) ?? 0) + (originalUses.get(original) ?? 0))
  }
  const get = (original: Value): Value => {
    const value = lowered.get(original)
    if (value === undefined) throw new Error(`${original.name} is used before it is lowered`)
    return value
  }
  const context: LoweringContext = { uses: (value) => uses.get(value) ?? 0, lowered: get }
  for (const value of values) {
    if (lowered.has(value)) continue
    const { node } = value
    if (value.constant !== undefined) put(value, graph.constant(value.constant))
    else if (node === undefined) put(value, graph.input(value.name, value.shape, value.type))
    else {
      const inputs = node.inputs.map(get)
      const rewritten = rewrite(node, inputs, rules, context)
      const results = rewritten === undefined ? graph.apply(node.operator, inputs, node.attributes, node.outputs.length) : [rewritten]
      node.outputs.forEach((output, i) => {
        const result = results[i]
        if (result !== undefined) put(output, result)
      })
    }
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, get(value)]))
}

/** A node that a rule has made is tried again, since one rewriting prepares for the next. */
const rewrite = (node: Node, inputs: ReadonlyArray<Value>, rules: ReadonlyArray<Rule>, context: LoweringContext): Value | undefined => {
  for (const rule of rules) {
    const result = rule(node, inputs, context)
    if (result === undefined) continue
    return (result.node === undefined ? undefined : rewrite(result.node, result.node.inputs, rules, context)) ?? result
  }
  return undefined
}

const countUses = (values: ReadonlyArray<Value>, outputs: ReadonlyArray<Value>): ReadonlyMap<Value, number> => {
  const counts = new Map<Value, number>()
  const seen = new Set<Node>()
  const count = (value: Value): void => void counts.set(value, (counts.get(value) ?? 0) + 1)
  for (const { node } of values) {
    if (node === undefined || seen.has(node)) continue
    seen.add(node)
    node.inputs.forEach(count)
  }
  outputs.forEach(count)
  return counts
}
