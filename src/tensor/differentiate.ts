/**
 * Reverse-mode differentiation from graph to graph: walks back from the loss, asks each operator for its rule and adds up what comes
 * together. The result is made of standard operators again, in the same graph, so that it can be run, saved and differentiated like any
 * other value. Only what leads from the wanted values to the loss is differentiated.
 */
import { GraphError } from "./errors.ts"
import { type Node, reachable, type Value } from "./graph.ts"
import { Misfit } from "./operator.ts"
import * as o from "./ops.ts"
import { showShape, sizeOf } from "./shape.ts"
import { isFloat } from "./tensor.ts"

/**
 * Gradients of a scalar with respect to values that it is computed from, in their shapes; zeros where it does not depend on one.
 * Values that stand between (an attack's perturbed input, say) are differentiated through unless `stopGradient` says otherwise.
 * @throws GraphError when the loss is not one number or an operator on the way has no derivative rule.
 */
export const grad = (loss: Value, wrt: ReadonlyArray<Value>): ReadonlyArray<Value> => {
  if (sizeOf(loss.shape) !== 1) throw new GraphError({ message: `A gradient needs a scalar loss, this one has the shape ${showShape(loss.shape)}.` })
  return pullBack([{ value: loss, gradient: o.full(loss, loss.shape, 1) }], wrt)
}

/** What a gradient with respect to some values says about others that they are computed from (a vector-Jacobian product). */
export const pullBack = (
  seeds: ReadonlyArray<{ readonly value: Value; readonly gradient: Value }>,
  wrt: ReadonlyArray<Value>
): ReadonlyArray<Value> => {
  const all = reachable(seeds.map(({ value }) => value))
  const dependent = dependentOn(all, new Set(wrt))
  const gradients = new Map<Value, Value>()
  const accumulate = (value: Value, gradient: Value): void => {
    const known = gradients.get(value)
    gradients.set(value, known === undefined ? gradient : o.add(known, gradient))
  }
  for (const { value, gradient } of seeds) if (dependent.has(value)) accumulate(value, gradient)
  const done = new Set<Node>()
  for (const value of all.toReversed()) {
    const { node } = value
    if (node === undefined || done.has(node) || !node.outputs.some((output) => gradients.has(output)) || wrtOnly(node, dependent)) continue
    done.add(node)
    rule(node, node.outputs.map((output) => gradients.get(output))).forEach((build, i) => {
      const input = node.inputs[i]
      if (build !== undefined && input !== undefined && dependent.has(input)) accumulate(input, build())
    })
  }
  return wrt.map((value) => gradients.get(value) ?? o.full(value, value.shape, 0))
}

/** No input of the node leads to a wanted value. */
const wrtOnly = (node: Node, dependent: ReadonlySet<Value>): boolean => !node.inputs.some((input) => dependent.has(input))

/** Values through which the wanted ones have a smooth influence. */
const dependentOn = (ordered: ReadonlyArray<Value>, wanted: ReadonlySet<Value>): ReadonlySet<Value> => {
  const dependent = new Set<Value>()
  for (const value of ordered) {
    const through = value.node !== undefined && value.node.operator.name !== "StopGradient" && value.node.inputs.some((input) => dependent.has(input))
    if (isFloat(value.type) && (wanted.has(value) || through)) dependent.add(value)
  }
  return dependent
}

const rule = (node: Node, gradients: ReadonlyArray<Value | undefined>) => {
  const { operator, inputs, outputs, attributes } = node
  const [head] = outputs
  if (operator.derivative === undefined || head === undefined) {
    throw new GraphError({ message: `${operator.name} has no derivative rule, and the loss depends on what goes into it.` })
  }
  try {
    return operator.derivative({ inputs, outputs, attributes, gradients, gradient: gradients[0] ?? o.full(head, head.shape, 0) })
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    throw new GraphError({ message: `${operator.name} on ${inputs.map(({ shape }) => showShape(shape)).join(", ")}: ${error.message}.` })
  }
}
