/** A name for what a graph computes: equal for graphs that are built alike, whatever ids their values have. */
import { createHash } from "node:crypto"
import { reachable, type Value } from "./graph.ts"

/**
 * SHA-256 over the nodes that the outputs need, in order, with their operators, attributes, operands and types, over the inputs with their names,
 * over the constants' bytes, and over the outputs' names.
 */
export const graphDigest = (outputs: Readonly<Record<string, Value>>): string => {
  const hash = createHash("sha256")
  const places = new Map<Value, number>()
  for (const value of reachable(Object.values(outputs))) {
    const { constant, name, node, output, shape, type } = value
    places.set(value, places.size)
    const source = node === undefined ? (constant === undefined ? { input: name } : { constant: constant.data.byteLength }) : {
      operator: [node.operator.domain, node.operator.name],
      attributes: node.attributes,
      operands: node.inputs.map((operand) => places.get(operand)),
      output: [output, node.outputs.length]
    }
    hash.update(JSON.stringify([source, type, shape]))
    if (constant !== undefined) hash.update(new Uint8Array(constant.data.buffer, constant.data.byteOffset, constant.data.byteLength))
  }
  hash.update(JSON.stringify(Object.entries(outputs).map(([name, value]) => [name, places.get(value)])))
  return hash.digest("hex")
}
