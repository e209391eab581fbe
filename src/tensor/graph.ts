/**
 * Computation graphs: inputs, constants and ONNX operators applied to them, with static types and shapes that are known at once.
 * A graph only ever grows, so that a value's id is also its place in a topological order. Waste is avoided while building:
 * an operator on equal inputs is made once, constants are folded, and what changes nothing (x + 0) is not made.
 */
import { GraphError } from "./errors.ts"
import { type Attributes, Misfit, type Operator, type Signature } from "./operator.ts"
import { operatorNamed } from "./operators/registry.ts"
import { type Shape, showShape, sizeOf } from "./shape.ts"
import { type DataType, fromNumbers, type Tensor, type TensorType, scalar, toNumbers } from "./tensor.ts"

export interface Node {
  readonly operator: Operator
  readonly inputs: ReadonlyArray<Value>
  readonly attributes: Attributes
  readonly outputs: ReadonlyArray<Value>
}

export interface Value extends TensorType {
  readonly graph: Graph
  /** Greater than the id of everything that it is computed from. */
  readonly id: number
  /** What computes it; undefined for inputs and constants. */
  readonly node: Node | undefined
  /** Which of its node's outputs it is. */
  readonly output: number
  /** Its elements, when it is a constant. */
  readonly constant: Tensor | undefined
  /** The name of an input, or of a constant that has one, as given; for other values one made from the operator and the id. */
  readonly name: string
}

/** Results up to this many elements are computed while building when all inputs are constants. */
const FOLD_LIMIT = 4096
/** Constants up to this many elements are one value when they are equal: what each step of an attack computes of them is then computed once. */
const ALIKE_LIMIT = 64

export class Graph {
  readonly #inputs = new Map<string, Value>()
  readonly #nodes = new Map<string, ReadonlyArray<Value>>()
  readonly #scalars = new Map<string, Value>()
  readonly #tensors = new WeakMap<Tensor, Value>()
  readonly #small = new Map<string, Value>()
  #next = 0

  get inputs(): ReadonlyMap<string, Value> {
    return this.#inputs
  }

  /** A value to be fed. @throws GraphError when the name is taken. */
  input(name: string, shape: Shape, type: DataType = "float32"): Value {
    if (this.#inputs.has(name)) throw new GraphError({ message: `The graph already has an input named "${name}".` })
    if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
      throw new GraphError({ message: `Input "${name}": a shape is made of whole numbers, got ${showShape(shape)}.` })
    }
    const value = this.#value({ type, shape }, { name })
    this.#inputs.set(name, value)
    return value
  }

  /**
   * A constant tensor (not to be changed afterwards), or a number as a scalar of `type` (float32 when not given). A tensor may have a name,
   * which files keep; it is then a constant of its own, whatever others hold.
   */
  constant(of: Tensor | number, type: DataType = "float32", name = ""): Value {
    if (typeof of === "number") {
      const key = `${type} ${spelled(of)}`
      return memo(this.#scalars, key, () => this.#value({ type, shape: [] }, { constant: scalar(of, type) }))
    }
    const known = this.#tensors.get(of)
    if (known !== undefined) return known
    const make = () => this.#value(of, name === "" ? { constant: of } : { constant: of, name })
    const value = name !== "" ? make() : of.data.length > ALIKE_LIMIT ? make() : memo(this.#small, `${of.type} ${of.shape.join()} ${[...of.data].map(spelled).join()}`, make)
    this.#tensors.set(of, value)
    return value
  }

  /**
   * The outputs of an operator.
   * @param called ONNX op_type, or an operator that is not in the registry
   * @param outputs how many of them are wanted (1)
   * @throws GraphError naming the operator and the shapes when they do not fit.
   */
  apply(called: string | Operator, inputs: ReadonlyArray<Value>, given: Attributes = {}, outputs = 1): ReadonlyArray<Value> {
    const operator = typeof called === "string" ? operatorNamed(called) : called
    if (operator === undefined) throw new GraphError({ message: `The operator ${String(called)} is not known to the tensor engine.` })
    const op = operator.name
    const attributes = asOnnx(operator, given)
    if (inputs.some((input) => input.graph !== this)) {
      throw new GraphError({ message: `${op}: an input belongs to another graph.` })
    }
    const composed = attempt(operator, inputs, () => {
      checkCall(operator, inputs, attributes)
      return operator.compose?.(inputs, attributes)
    })
    if (composed !== undefined) return atMost(op, composed, outputs)
    if (!("infer" in operator)) throw new GraphError({ message: `${op} is made of nothing.` })
    const types = attempt(operator, inputs, () => operator.infer(inputs, attributes))
    atMost(op, types, outputs)
    const [type] = types
    if (outputs === 1 && type !== undefined) {
      const simpler = operator.simplify?.(inputs, attributes, type)
      if (simpler !== undefined) return [simpler]
    }
    const declared = operator.native === true ? JSON.stringify([operator.domain, types]) : ""
    const key = `${op} ${declared} ${outputs} ${inputs.map((input) => input.id).join(" ")} ${JSON.stringify(attributes)}`
    return memo(this.#nodes, key, () => this.#fold(operator, inputs, attributes, types) ?? this.#node(operator, inputs, attributes, types.slice(0, outputs)))
  }

  #fold(operator: Operator, inputs: ReadonlyArray<Value>, attributes: Attributes, types: ReadonlyArray<TensorType>): ReadonlyArray<Value> | undefined {
    if (operator.native === true) return undefined
    const constants = inputs.flatMap(({ constant }) => (constant === undefined ? [] : [constant]))
    // A constant that only grows (a number expanded to a shape) is better left to broadcasting.
    const most = Math.min(FOLD_LIMIT, Math.max(0, ...constants.map(({ data }) => data.length)))
    if (constants.length < inputs.length || types.some(({ shape }) => sizeOf(shape) > most)) return undefined
    const arrays = constants.map((constant) => ({ type: constant.type, shape: constant.shape, data: toNumbers(constant) }))
    const results = operator.evaluate(arrays, attributes, types)
    return types.map((type, i) => {
      const data = results[i]
      if (data === undefined) throw new GraphError({ message: `${operator.name} gave ${results.length} results, not ${types.length}.` })
      const [only] = data
      return type.shape.length === 0 && only !== undefined ? this.constant(only, type.type) : this.constant(fromNumbers(data, type))
    })
  }

  #node(operator: Operator, inputs: ReadonlyArray<Value>, attributes: Attributes, types: ReadonlyArray<TensorType>): ReadonlyArray<Value> {
    const outputs: Array<Value> = []
    const node: Node = { operator, inputs, attributes, outputs }
    types.forEach((type, output) => outputs.push(this.#value(type, { node, output })))
    return outputs
  }

  #value({ type, shape }: TensorType, parts: { name?: string; node?: Node; output?: number; constant?: Tensor }): Value {
    const id = this.#next++
    const name = parts.name ?? `${parts.node?.operator.name ?? "constant"}_${id}`
    return { graph: this, id, type, shape, name, node: parts.node, output: parts.output ?? 0, constant: parts.constant }
  }
}

/** A number by its digits, the two zeros told apart. */
const spelled = (number: number | bigint): string => (Object.is(number, -0) ? "-0" : String(number))

/** Says for which operator and which inputs a rule does not fit. */
const attempt = <A>(operator: Signature, inputs: ReadonlyArray<Value>, make: () => A): A => {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    const given = inputs.map(({ type, shape }) => `${type}${showShape(shape)}`).join(", ")
    throw new GraphError({ message: `${operator.name}(${given}): ${error.message}.` })
  }
}

const checkCall = (operator: Signature, inputs: ReadonlyArray<Value>, attributes: Attributes): void => {
  const [fewest, most] = operator.inputs
  if (inputs.length < fewest || inputs.length > most) throw new Misfit(`takes ${fewest === most ? fewest : `${fewest} to ${most}`} inputs`)
  for (const name of Object.keys(attributes)) {
    if (operator.attributes?.[name] === undefined) throw new Misfit(`has no attribute ${name}`)
  }
}

const atMost = <A>(op: string, all: ReadonlyArray<A>, wanted: number): ReadonlyArray<A> => {
  if (wanted > all.length) throw new GraphError({ message: `${op} has ${all.length} outputs, ${wanted} were asked for.` })
  return all.slice(0, wanted)
}

/** Attributes as a file can hold them: floats are float32. */
const asOnnx = (operator: Signature, attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => {
    const rule = operator.attributes?.[name]
    return [name, rule?.kind === "float" && rule.input === undefined && typeof value === "number" ? Math.fround(value) : value]
  }))

const memo = <A>(cache: Map<string, A>, key: string, make: () => A): A => {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make()
  cache.set(key, made)
  return made
}

/** Everything that the given values are computed from, themselves included, each after what it needs. */
export const reachable = (values: ReadonlyArray<Value>): ReadonlyArray<Value> => {
  const seen = new Set<Value>()
  const open = [...values]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue
    seen.add(value)
    if (value.node !== undefined) open.push(...value.node.inputs)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}
