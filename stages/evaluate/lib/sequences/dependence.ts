/**
 * What of a sequence model's graph follows from the source alone. The encoder is not marked in a file, and need not be: it is whatever does
 * not depend on the target. Of it the decoder needs the values at the border, which are computed once for each source.
 */
import { type Graph, type Node, reachable, type Value } from "../../../../src/tensor/graph.ts"

/** What a value changes with. Weights change with nothing. */
export type Dependence = "nothing" | "source" | "target"

export const dependences = (outputs: ReadonlyArray<Value>, targets: ReadonlySet<Value>): ReadonlyMap<Value, Dependence> => {
  const found = new Map<Value, Dependence>()
  for (const value of reachable(outputs)) {
    const of = (value.node?.inputs ?? []).map((input) => found.get(input))
    found.set(value, value.constant !== undefined ? "nothing"
      : value.node === undefined ? (targets.has(value) ? "target" : "source")
      : of.includes("target") ? "target" : of.includes("source") ? "source" : "nothing")
  }
  return found
}

/** Values of the source that something of the target is computed from, in the graph's order: what the decoder remembers of a source. */
export const border = (outputs: ReadonlyArray<Value>, dependence: ReadonlyMap<Value, Dependence>): ReadonlyArray<Value> => {
  const crossing = new Set<Value>()
  for (const value of reachable(outputs)) {
    if (dependence.get(value) !== "target") continue
    for (const input of value.node?.inputs ?? []) if (dependence.get(input) === "source") crossing.add(input)
  }
  return [...crossing].sort((a, b) => a.id - b.id)
}

/** The values in another graph, where some of what they are computed from is replaced. Inputs that are not replaced become inputs there. */
export const rebuilt = (values: ReadonlyArray<Value>, graph: Graph, replaced: Map<Value, Value>): ReadonlyArray<Value> => {
  const put = (value: Value): Value => {
    const known = replaced.get(value)
    if (known !== undefined) return known
    const made = value.constant !== undefined ? graph.constant(value.constant) : graph.input(value.name, value.shape, value.type)
    replaced.set(value, made)
    return made
  }
  const wanted = needed(values, replaced)
  const done = new Set<Node>()
  for (const { node } of wanted) {
    if (node === undefined || done.has(node)) continue
    done.add(node)
    const results = graph.apply(node.operator, node.inputs.map(put), node.attributes, node.outputs.length)
    node.outputs.forEach((output, i) => {
      const result = results[i]
      if (result !== undefined) replaced.set(output, result)
    })
  }
  return values.map(put)
}

/** What has to be computed, in order: nothing behind a value that is replaced. */
const needed = (values: ReadonlyArray<Value>, replaced: ReadonlyMap<Value, Value>): ReadonlyArray<Value> => {
  const seen = new Set<Value>()
  const open = [...values]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value) || replaced.has(value)) continue
    seen.add(value)
    if (value.node !== undefined) open.push(...value.node.inputs)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}
