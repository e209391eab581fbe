/** One node of a file as values of a graph: brought to the present form, then said by the importer or applied as an operator of the engine. */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import type { AttributeValue, Signature } from "../operator.ts"
import { operatorNamed } from "../operators/registry.ts"
import { sizeOf } from "../shape.ts"
import { fromNumbers, isFloat, toNumbers } from "../tensor.ts"
import { type Call, numbersOf, plainAttribute, standard } from "./call.ts"
import { compositions, known } from "./compositions.ts"
import { oldForms } from "./old-forms.ts"

/** Results of whole numbers up to this many elements are computed while a model is read: they are mostly shapes. */
const FOLD_LIMIT = 2 ** 20

/** Attributes without influence on the result of inference. */
const without: ReadonlyMap<string, ReadonlyArray<string>> = new Map([["BatchNormalization", ["momentum"]]])

/** Operators of other domains that mean the same as a standard one. */
const aliases: ReadonlyMap<string, string> = new Map([["com.microsoft.Gelu", "Gelu"]])

/** The name under which the importer knows an operator, or undefined. */
export const knownOperator = (op: string, domain: string): string | undefined => {
  if (!standard(domain)) {
    const alias = aliases.get(`${domain}.${op}`)
    if (alias !== undefined) return knownOperator(alias, "")
    return operatorNamed(op)?.domain === domain ? op : undefined
  }
  const operator = operatorNamed(op)
  const present = oldForms.some(({ operators }) => operators.includes(op)) ? renamedTo.get(op) ?? op : op
  const available = (operator !== undefined && operator.domain === undefined) || known.has(op) || compositions.has(op) ||
    (present !== op && operatorNamed(present) !== undefined)
  return available && !ours.has(op) ? op : undefined
}
/** Operators that are gone, and what they became. */
const renamedTo: ReadonlyMap<string, string> = new Map([["Upsample", "Resize"], ["Scatter", "ScatterElements"]])
/** The engine's own, which no file has. */
const ours: ReadonlySet<string> = new Set(["StopGradient"])

/**
 * The outputs of a call.
 * @throws GraphError naming the node when its attributes, types or shapes do not fit.
 */
export const applyCall = (call: Call): ReadonlyArray<Value> => {
  try {
    return fold(call, evaluate(call))
  } catch (error) {
    if (error instanceof GraphError && error.message.startsWith(call.where)) throw error
    // A file may hold anything: whatever a rule stumbles over is said of the node.
    throw new GraphError({ message: `${call.where}: ${error instanceof Error ? error.message : String(error)}` })
  }
}

const evaluate = (given: Call): ReadonlyArray<Value> => {
  let call = given
  for (const { operators, before, rewrite } of oldForms) {
    if (!operators.includes(given.op) || (before !== undefined && given.version >= before)) continue
    const rewritten = rewrite(call)
    if (!("op" in rewritten)) return rewritten
    call = rewritten
  }
  const said = known.get(call.op)
  if (said !== undefined) return said(call)
  const operator = operatorNamed(call.op)
  if (operator !== undefined) return applyOperator(operator, call)
  const composed = compositions.get(call.op)
  if (composed !== undefined) return composed(call)
  throw new GraphError({ message: `${call.where}: the operator is not known to the tensor engine.` })
}

const applyOperator = (operator: Signature, call: Call): ReadonlyArray<Value> => {
  const { inputs, outputs, graph } = call
  const rules = Object.entries(operator.attributes ?? {})
  const attributes: Record<string, AttributeValue> = {}
  for (const [name, attribute] of call.attributes) {
    if (name === "consumed_inputs") continue // of the first operator sets: a hint for memory
    const value = plainAttribute(attribute)
    const rule = rules.find(([wanted]) => wanted === name)
    if (rule === undefined && without.get(operator.name)?.includes(name) === true) continue
    if (rule === undefined || value === undefined) throw new GraphError({ message: `${call.where}: the attribute ${name} is not known.` })
    attributes[name] = value
  }
  for (const [name, { input, kind }] of rules) {
    const value = input === undefined ? undefined : inputs[input]
    if (value === undefined) continue
    const numbers = numbersOf(value, name, call)
    attributes[name] = kind === "int" || kind === "float" ? numbers[0] ?? 0 : numbers
  }
  const positions = new Set(rules.map(([, rule]) => rule.input))
  const operands = inputs.filter((_, position) => !positions.has(position))
  const last = operands.findLastIndex((operand) => operand !== undefined)
  const present = operands.slice(0, last + 1).flatMap((operand) => (operand === undefined ? [] : [operand]))
  if (present.length <= last) throw new GraphError({ message: `${call.where}: an optional input in the middle is left out.` })
  return graph.apply(operator.name, present, attributes, Math.max(outputs, forGradient.get(operator.name) ?? 1))
}

/** Outputs that a gradient needs; asked for at once, the operator is not computed twice. What nothing uses is not written. */
const forGradient: ReadonlyMap<string, number> = new Map([["MaxPool", 2]])

/** What the graph itself leaves alone (a list that grows, say) but shapes are computed from. */
const fold = ({ graph }: Call, values: ReadonlyArray<Value>): ReadonlyArray<Value> =>
  values.map((value) => {
    const { node } = value
    if (node === undefined || isFloat(value.type) || sizeOf(value.shape) > FOLD_LIMIT) return value
    const constants = node.inputs.flatMap(({ constant }) => (constant === undefined ? [] : [constant]))
    if (constants.length < node.inputs.length) return value
    const arrays = constants.map((constant) => ({ type: constant.type, shape: constant.shape, data: toNumbers(constant) }))
    const data = node.operator.evaluate(arrays, node.attributes, node.outputs)[value.output]
    return data === undefined ? value : graph.constant(fromNumbers(data, value))
  })
