/**
 * One step of a decoder as a graph: the scores of one place of the target from the token there, where each row of the batch is at a place
 * of its own. It is derived from the graph of all places. What the decoder knows of the source comes in, and so does what earlier
 * places left for attention, which the graph would otherwise compute again in every step; what this place leaves comes out.
 */
import { Graph, type Node, reachable, type Value } from "../../../../src/tensor/graph.ts"
import * as o from "../../../../src/tensor/ops.ts"
import { at, sizeOf } from "../../../../src/tensor/shape.ts"
import type { DataType } from "../../../../src/tensor/tensor.ts"
import { border, dependences } from "./dependence.ts"
import { NoRule, type Places, placeRule } from "./places.ts"

/** Values of all places that a later one looks at. */
export interface Cache {
  /** Name of the input that takes them, and of the output that gives the new place's. */
  readonly name: string
  readonly added: string
  readonly type: DataType
  /** `[rows, ...]` */
  readonly shape: ReadonlyArray<number>
  /** The axis of the places. */
  readonly axis: number
}

export interface StepGraph {
  /** The model's outputs with one place, and what the place leaves for each cache. */
  readonly outputs: Readonly<Record<string, Value>>
  readonly caches: ReadonlyArray<Cache>
  /** Values of the source, in the model's graph, by the names of the inputs that take them. */
  readonly memory: Readonly<Record<string, Value>>
}

/** The input that says at which place each row is: int64 `[rows]`, from 0. */
export const PLACE = "place"

/**
 * The step of a model whose `targets`, inputs [rows, length], keep their names and have the shape [rows, 1]. A place must not depend on later
 * ones: whoever uses the graph has to compare it with the model.
 * @throws NoRule in words, where the graph mixes places in a way that is not known here.
 */
export const stepGraph = (outputs: Readonly<Record<string, Value>>, targets: ReadonlySet<Value>): StepGraph => {
  const values = Object.values(outputs)
  const dependence = dependences(values, targets)
  const remembered = border(values, dependence)
  const builder = new StepBuilder(remembered)
  const done = new Set<Node>()
  for (const value of reachable(values)) {
    if (dependence.get(value) === "nothing") builder.fixed(value)
    else if (dependence.get(value) !== "target") continue
    else if (value.node === undefined) builder.token(value)
    else if (!done.has(value.node)) {
      done.add(value.node)
      builder.node(value.node, (input) => dependence.get(input) === "source")
    }
  }
  return {
    outputs: { ...Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, builder.output(name, value)])), ...builder.added },
    caches: builder.caches,
    memory: Object.fromEntries(remembered.map((value, i) => [memoryName(i), value]))
  }
}

const memoryName = (i: number): string => `memory ${i}`

class StepBuilder {
  readonly caches: Array<Cache> = []
  readonly added: Record<string, Value> = {}
  readonly #graph = new Graph()
  readonly #step = new Map<Value, Value>()
  readonly #places = new Map<Value, Places>()
  readonly #held = new Map<Value, Value>()
  #place: Value | undefined

  constructor(remembered: ReadonlyArray<Value>) {
    remembered.forEach((value, i) => this.#step.set(value, this.#graph.input(memoryName(i), value.shape, value.type)))
  }

  /** What neither source nor target changes. */
  fixed(value: Value): void {
    if (value.constant !== undefined) this.#step.set(value, this.#graph.constant(value.constant))
    else if (value.node !== undefined) this.#put(value.node, this.#graph.apply(value.node.operator, value.node.inputs.map((input) => this.#of(input)), value.node.attributes, value.node.outputs.length))
  }

  /** An input of the target. */
  token(value: Value): void {
    const [rows, , ...rest] = value.shape
    if (rows === undefined || value.shape.length < 2) throw new NoRule(`the input ${value.name} has no places`)
    this.#place ??= this.#graph.input(PLACE, [rows], "int64")
    this.#step.set(value, this.#graph.input(value.name, [rows, 1, ...rest], value.type))
    this.#places.set(value, { own: 1 })
  }

  /** A node that the target changes. */
  node(node: Node, ofSource: (value: Value) => boolean): void {
    const { needs, places } = placeRule(node, (value) => this.#places.get(value))
    const [result] = node.outputs
    if (result === undefined) throw new NoRule(`${node.operator.name} has no output`)
    const product = node.operator.name === "MatMul" || node.operator.name === "Gather"
    if (node.operator.name === "MatMul" && needs[1] === "all") {
      this.#step.set(result, this.#attended(node, places))
      this.#places.set(result, places)
      return
    }
    const operands = node.inputs.map((input, i) => {
      if (needs[i] === "all") return this.#everywhere(input)
      const axis = places.own - (result.shape.length - input.shape.length)
      if (needs[i] === "place" || product || axis < 0 || at(input.shape, axis) === 1) return this.#of(input)
      if (ofSource(input)) throw new NoRule(`${node.operator.name} brings places of the source and of the target together`)
      return this.#atPlace(this.#of(input), result.shape.length, places.own)
    })
    const attributes = node.operator.name === "Reshape" ? { ...node.attributes, shape: result.shape.with(places.own, 1) } : node.attributes
    this.#put(node, this.#graph.apply(node.operator, operands, attributes, node.outputs.length))
    for (const output of node.outputs) this.#places.set(output, places)
  }

  output(name: string, value: Value): Value {
    if (this.#places.get(value)?.own !== 1 || this.#places.get(value)?.seen !== undefined) throw new NoRule(`the output ${name} has no places as its second axis`)
    return this.#of(value)
  }

  #of(value: Value): Value {
    const step = this.#step.get(value)
    if (step === undefined) throw new NoRule(`${value.name} is used before it is there`)
    return step
  }

  #put(node: Node, results: ReadonlyArray<Value>): void {
    node.outputs.forEach((output, i) => {
      const result = results[i]
      if (result !== undefined) this.#step.set(output, result)
    })
  }

  get #rows(): Value {
    if (this.#place === undefined) throw new NoRule("the model has no target")
    return this.#place
  }

  /** A fixed value that differs from place to place, for each row at its own: the row takes the first of `rank` axes. */
  #atPlace(value: Value, rank: number, axis: number): Value {
    const shape = [...Array.from({ length: rank - value.shape.length }, () => 1), ...value.shape]
    if (shape[0] !== 1 || axis === 0) throw new NoRule("a weight differs from row to row")
    const rows = o.gather(o.reshape(value, shape), this.#rows, axis)
    return o.transpose(rows, shape.map((_, other) => (other === 0 ? axis : other === axis ? 0 : other)))
  }

  /**
   * A product of attention, in which the cache does not hold this place yet: putting it there first would copy the cache. Scores of all
   * places, this one's computed apart; or the sum over all places, this one's summand added.
   */
  #attended(node: Node, { seen }: Places): Value {
    const [left, right] = node.inputs
    if (left === undefined || right === undefined) throw new NoRule("MatMul lacks an operand")
    const { fresh, held, axis } = this.#cached(right)
    const own = this.#own(left.shape.map((size, other) => (other === left.shape.length - 1 ? at(right.shape, axis) : size)), left.shape.length - 1)
    if (seen !== undefined) return o.where(own, o.matMul(this.#of(left), fresh), o.matMul(this.#of(left), held))
    const weights = this.#of(left)
    const here = o.reduceSum(o.where(own, weights, 0), [-1], true)
    return o.add(o.matMul(o.where(own, 0, weights), held), o.matMul(here, fresh))
  }

  /** The value at all places up to a row's own: those before from a cache, this one as it was just computed. Later ones hold anything finite. */
  #everywhere(value: Value): Value {
    const { axis, fresh, held } = this.#cached(value)
    return o.where(this.#own(value.shape, axis), fresh, held)
  }

  /** A value at this place, and at all places before it. */
  #cached(value: Value): { readonly fresh: Value; readonly held: Value; readonly axis: number } {
    const fresh = this.#of(value)
    const axis = this.#places.get(value)?.own ?? 0
    const known = this.#held.get(value)
    if (known !== undefined) return { fresh, held: known, axis }
    const cache: Cache = { name: `cache ${this.caches.length}`, added: `added ${this.caches.length}`, type: value.type, shape: value.shape, axis }
    this.caches.push(cache)
    this.added[cache.added] = fresh
    const held = this.#graph.input(cache.name, value.shape, value.type)
    this.#held.set(value, held)
    return { fresh, held, axis }
  }

  /** Whether an element stands at its row's own place, of a shape that broadcasts. */
  #own(shape: ReadonlyArray<number>, axis: number): Value {
    const along = (size: number, on: number) => shape.map((_, other) => (other === on ? size : 1))
    const length = at(shape, axis)
    const numbers = { type: "int64" as const, shape: along(length, axis), data: BigInt64Array.from({ length }, (_, i) => BigInt(i)) }
    return o.equal(o.reshape(this.#rows, along(sizeOf(this.#rows.shape), 0)), this.#graph.constant(numbers))
  }
}
