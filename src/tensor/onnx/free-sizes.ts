/**
 * What of a static graph follows the size of an axis that a file is to leave open. The same graph built at two sizes shows it: shapes that
 * differ between the two are written so that they follow.
 */
import { type Node, reachable, type Value } from "../graph.ts"
import type { Attributes } from "../operator.ts"
import { sameShape } from "../shape.ts"

/**
 * Attributes to write in place of a node's own, for the nodes of `outputs`. Empty where the graphs are not the same but for sizes, or where a
 * shape follows in more than one place: such a file works at the size it was built for only, so try it at another.
 */
export const freeSizes = (outputs: ReadonlyArray<Value>, elsewhere: ReadonlyArray<Value>): ReadonlyMap<Node, Attributes> => {
  const written = new Map<Node, Attributes>()
  const [here, there] = [reachable(outputs), reachable(elsewhere)]
  here.forEach(({ node }, i) => {
    const other = there[i]?.node
    if (node === undefined || other === undefined || node.operator.name !== other.operator.name) return
    const [shape, changed] = [node.attributes["shape"], other.attributes["shape"]]
    if (!isShape(shape) || !isShape(changed) || shape.length !== changed.length || sameShape(shape, changed)) return
    const [input, otherInput] = [node.inputs[0], other.inputs[0]]
    if (input === undefined || otherInput === undefined) return
    // An axis that is as it was is 0, whatever its size; the one other axis that follows is what is left.
    const kept = (axis: number) => shape[axis] === input.shape[axis] && changed[axis] === otherInput.shape[axis]
    const follows = shape.flatMap((size, axis) => (size === changed[axis] || kept(axis) ? [] : [axis]))
    if (node.operator.name === "Reshape" && follows.length <= 1) {
      written.set(node, { ...node.attributes, shape: shape.map((size, axis) => (kept(axis) ? 0 : follows.includes(axis) ? -1 : size)) })
    }
    // Left at 1, the axis is repeated by whatever it meets.
    if (node.operator.name === "Expand") written.set(node, { ...node.attributes, shape: shape.map((size, axis) => (size === changed[axis] ? size : 1)) })
  })
  return written
}

const isShape = (value: Attributes[string] | undefined): value is ReadonlyArray<number> => typeof value === "object"
