/**
 * What a layer asks of the network that it is part of: its parameters, running statistics and random numbers by name, values that were
 * kept, and whether it trains. The same forward function so declares a network's parameters and builds every graph of it.
 */
import { GraphError } from "../errors.ts"
import type { Graph, Value } from "../graph.ts"
import type { Filler } from "../initialise.ts"
import { sameShape, type Shape, showShape, sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"

/** Starting values of a shape. */
export type Initial = (random: Filler, shape: Shape) => Tensor

export interface Parameter {
  /** Names of the layers around it and its own, joined by dots. */
  readonly name: string
  readonly shape: Shape
  readonly initial: Initial
  /** A weight is learned; a statistic follows the data in training and is fixed otherwise. */
  readonly role: "weight" | "statistic"
}

/** Random numbers that a training graph wants with every batch. */
export interface Noise {
  readonly name: string
  /** With the batch. */
  readonly shape: Shape
  /** In [0, 1), or with mean 0 and variance 1. */
  readonly distribution: "uniform" | "normal"
}

export type Mode = "training" | "inference"

/** Where a network's pieces come from while a graph of it is built. */
export interface Binding {
  readonly graph: Graph
  readonly mode: Mode
  parameter(parameter: Parameter): Value
  noise(noise: Noise): Value
}

/** One layer that was applied. */
export interface Trace {
  readonly name: string
  readonly kind: string
  readonly input: Value
  readonly output: Value
  /** Elements of the parameters that it was the first to use. */
  readonly parameters: number
  /** How many lists of layers it lies in. */
  readonly depth: number
}

/** What building a graph leaves behind, besides its output. */
export interface BuildRecord {
  readonly parameters: Map<string, Parameter>
  readonly values: Map<string, Value>
  readonly updates: Map<string, Value>
  readonly noise: Array<Noise>
  readonly outputs: Map<string, Value>
  readonly traces: Array<Trace>
  readonly kept: Map<string, Value>
}

export class Scope {
  readonly #binding: Binding
  readonly #record: BuildRecord
  readonly #name: string
  readonly depth: number

  constructor(binding: Binding, record: BuildRecord, name = "", depth = 0) {
    this.#binding = binding
    this.#record = record
    this.#name = name
    this.depth = depth
  }

  get training(): boolean {
    return this.#binding.mode === "training"
  }

  get graph(): Graph {
    return this.#binding.graph
  }

  get name(): string {
    return this.#name
  }

  within(name: string, deeper = 0): Scope {
    return new Scope(this.#binding, this.#record, this.#full(name), this.depth + deeper)
  }

  /** The scope of another name, from the top: layers that share parameters meet there. */
  shared(name: string): Scope {
    return new Scope(this.#binding, this.#record, name, this.depth)
  }

  /** A learned parameter; the same one where it is asked for again. @throws GraphError when its shape is another one then. */
  parameter(name: string, shape: Shape, initial: Initial): Value {
    return this.#bound({ name: this.#full(name), shape, initial, role: "weight" })
  }

  /** A value that follows the data in training (see `follow`). */
  statistic(name: string, shape: Shape, initial: Initial): Value {
    return this.#bound({ name: this.#full(name), shape, initial, role: "statistic" })
  }

  /** What a statistic is after the step. */
  follow(name: string, value: Value): void {
    this.#record.updates.set(this.#full(name), value)
  }

  /** Random numbers, new for every batch. */
  noise(name: string, shape: Shape, distribution: Noise["distribution"]): Value {
    const noise: Noise = { name: this.#full(name), shape, distribution }
    this.#record.noise.push(noise)
    return this.#binding.noise(noise)
  }

  /** An output of the network besides its last layer's. */
  output(name: string, value: Value): void {
    this.#record.outputs.set(name, value)
  }

  keep(name: string, value: Value): void {
    this.#record.kept.set(name, value)
  }

  /** An input of the network, or what a layer with `keep` gave. */
  kept(name: string): Value | undefined {
    return this.#record.kept.get(name)
  }

  get keptNames(): ReadonlyArray<string> {
    return [...this.#record.kept.keys()]
  }

  /** Applies a layer and notes what it did. */
  traced(kind: string, input: Value, apply: (scope: Scope) => Value): Value {
    const before = this.#parameterCount()
    const output = apply(this)
    this.#record.traces.push({ name: this.#name, kind, input, output, parameters: this.#parameterCount() - before, depth: this.depth })
    return output
  }

  #parameterCount(): number {
    let count = 0
    for (const { role, shape } of this.#record.parameters.values()) count += role === "weight" ? sizeOf(shape) : 0
    return count
  }

  #full(name: string): string {
    return this.#name === "" ? name : `${this.#name}.${name}`
  }

  #bound(parameter: Parameter): Value {
    const { name, shape } = parameter
    const known = this.#record.values.get(name)
    if (known !== undefined) {
      if (sameShape(known.shape, shape)) return known
      throw new GraphError({ message: `The shared parameter ${name} is ${showShape(known.shape)} in one layer and ${showShape(shape)} in another.` })
    }
    const value = this.#binding.parameter(parameter)
    this.#record.parameters.set(name, parameter)
    this.#record.values.set(name, value)
    return value
  }
}
