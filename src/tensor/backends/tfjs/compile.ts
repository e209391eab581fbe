/**
 * A graph as a list of steps in TensorFlow.js operations: the second lowering. Nodes without a form there are named all at once, or computed
 * by their reference meaning where that is allowed. Intermediate results are given back as soon as nothing needs them any more.
 */
import { EngineError } from "../../errors.ts"
import { type Node, reachable, type Value } from "../../graph.ts"
import { allocate, isFloat, type Tensor, type TensorType, toNumbers } from "../../tensor.ts"
import { describeNode } from "../unsupported.ts"
import type { Tf, TfTensor } from "./library.ts"
import { elementwise } from "./operators/elementwise.ts"
import { layout } from "./operators/layout.ts"
import { type Lowerings, NoForm, type Step, storedAs } from "./operators/lowering.ts"
import { reductions } from "./operators/reduction.ts"
import { resizes } from "./operators/resize.ts"
import { windows } from "./operators/window.ts"

const lowerings: Lowerings = { ...elementwise, ...reductions, ...layout, ...windows, ...resizes }

/** Operators with a form in TensorFlow.js. */
export const tfjsOperators: ReadonlyArray<string> = Object.keys(lowerings)

/** One of our tensors as TensorFlow.js's. @throws EngineError for numbers that it cannot hold. */
export const toTf = (tf: Tf, { type, shape, data }: Tensor): TfTensor => {
  const stored = storedAs[type]
  if (stored === undefined) throw new EngineError({ message: `TensorFlow.js has no ${type}.` })
  if (data instanceof BigInt64Array) {
    const numbers = Int32Array.from(data, Number)
    if (data.some((value, i) => BigInt(numbers[i] ?? 0) !== value)) {
      throw new EngineError({ message: "TensorFlow.js has no 64-bit integers, and a number does not fit into 32 bits." })
    }
    return tf.tensor(numbers, [...shape], stored)
  }
  // A copy: what is fed may change while TensorFlow.js still holds it.
  return data instanceof Float64Array ? tf.tensor(Float32Array.from(data), [...shape], stored) : tf.tensor(data.slice(), [...shape], stored)
}

/** The elements, in the type that the graph declares. */
export const fromTf = (of: TfTensor, { type, shape }: TensorType): Tensor => {
  const elements = of.dataSync()
  const data = allocate(type, elements.length)
  if (data instanceof BigInt64Array) for (let i = 0; i < elements.length; i++) data[i] = BigInt(elements[i] ?? 0)
  else data.set(elements)
  return { type, shape, data }
}

/** The reference meaning of a node between downloads and uploads. */
const byReference = (tf: Tf, { operator, attributes, inputs: operands, outputs }: Node): Step => (inputs) => {
  const arrays = inputs.map((input, i) => {
    const type = operands[i]?.type ?? "float32"
    return { type, shape: input.shape, data: toNumbers(fromTf(input, { type, shape: input.shape })) }
  })
  return operator.evaluate(arrays, attributes, outputs).map((data, i) => {
    const { type = "float32", shape = [] } = outputs[i] ?? {}
    return tf.tensor(isFloat(type) ? Float32Array.from(data) : Int32Array.from(data), [...shape], storedAs[type])
  })
}

interface Planned {
  readonly node: Node
  readonly step: Step
  /** Values that nothing needs after this step. */
  readonly done: ReadonlyArray<Value>
}

export interface Compiled {
  /** Nodes computed by their reference meaning, each kind once. */
  readonly elsewhere: ReadonlyArray<string>
  run(feeds: ReadonlyMap<Value, TfTensor>): ReadonlyMap<Value, TfTensor>
  dispose(): void
}

/** @throws EngineError naming every node that has no form and may not be computed by reference. */
export const compile = (tf: Tf, outputs: ReadonlyArray<Value>, fallback: boolean): Compiled => {
  const values = reachable(outputs)
  const doubles = values.filter(({ type }) => storedAs[type] === undefined)
  if (doubles.length > 0) {
    throw new EngineError({ message: `The tfjs backend has no ${doubles[0]?.type}; the graph has it in ${doubles.slice(0, 5).map(({ name }) => name).join(", ")}.` })
  }
  const elsewhere = new Set<string>()
  const steps: Array<{ readonly node: Node; readonly step: Step }> = []
  const seen = new Set<Node>()
  for (const { node } of values) {
    if (node === undefined || seen.has(node)) continue
    seen.add(node)
    const step = formOf(tf, node)
    if (typeof step !== "string") steps.push({ node, step })
    else {
      elsewhere.add(step)
      steps.push({ node, step: byReference(tf, node) })
    }
  }
  if (elsewhere.size > 0 && !fallback) {
    throw new EngineError({
      message: `The tfjs backend has no form for ${[...elsewhere].join(", ")}. Say \`fallback: cpu\` in its configuration ` +
        "(configs/backends/tfjs.yaml) to compute that by the reference interpreter, or use --backend cpu."
    })
  }
  const constants = new Map<Value, TfTensor>()
  for (const value of values) if (value.constant !== undefined) constants.set(value, toTf(tf, value.constant))
  const plan = withLastUses(steps, outputs, constants)
  return {
    elsewhere: [...elsewhere],
    run: (feeds) => execute(tf, plan, constants, feeds),
    dispose: () => constants.forEach((constant) => constant.dispose())
  }
}

/** How TensorFlow.js computes a node, or its description where it cannot. */
const formOf = (tf: Tf, node: Node): Step | string => {
  const lowering = Object.hasOwn(lowerings, node.operator.name) ? lowerings[node.operator.name] : undefined
  if (lowering === undefined) return describeNode(node)
  try {
    return lowering(tf, node)
  } catch (cause) {
    if (cause instanceof NoForm) return `${describeNode(node)} (${cause.message})`
    throw cause
  }
}

const withLastUses = (
  steps: ReadonlyArray<{ readonly node: Node; readonly step: Step }>,
  outputs: ReadonlyArray<Value>,
  constants: ReadonlyMap<Value, TfTensor>
): ReadonlyArray<Planned> => {
  const needed = new Set<Value>(outputs)
  const planned: Array<Planned> = []
  for (const { node, step } of steps.toReversed()) {
    const touched = [...new Set([...node.inputs, ...node.outputs])]
    const done = touched.filter((value) => !needed.has(value) && !constants.has(value))
    node.inputs.forEach((input) => needed.add(input))
    planned.push({ node, step, done })
  }
  return planned.reverse()
}

const execute = (tf: Tf, plan: ReadonlyArray<Planned>, constants: ReadonlyMap<Value, TfTensor>, feeds: ReadonlyMap<Value, TfTensor>): ReadonlyMap<Value, TfTensor> => {
  const held = new Map<Value, TfTensor>([...constants, ...feeds])
  for (const { node, step, done } of plan) {
    const inputs = node.inputs.map((input) => {
      const value = held.get(input)
      if (value === undefined) throw new EngineError({ message: `${input.name} was not computed.` })
      return value
    })
    const results = attempt(node, () => tf.tidy(() => step(inputs).map((result) => (inputs.includes(result) ? tf.clone(result) : result))))
    node.outputs.forEach((output, i) => {
      const result = results[i]
      if (result !== undefined) held.set(output, result)
    })
    results.slice(node.outputs.length).forEach((surplus) => surplus.dispose())
    for (const value of done) {
      held.get(value)?.dispose()
      held.delete(value)
    }
  }
  return held
}

const attempt = <A>(node: Node, run: () => A): A => {
  try {
    return run()
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    const kernel = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(said)
    const reason = kernel === null ? said : `TensorFlow.js has no kernel ${kernel[1]} for its ${kernel[2]} backend`
    throw new EngineError({ message: `${describeNode(node)} did not run: ${reason}.`, cause })
  }
}
