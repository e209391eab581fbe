/**
 * Control flow, as far as static graphs have it: a branch that is known is read, one that is not becomes a choice between both; a loop
 * with a known number of rounds is unrolled. So all of it can be differentiated.
 */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { normaliseAxis, sameShape, showShape } from "../shape.ts"
import { itemOf } from "../tensor.ts"
import { type Call, graphAttribute, listAttribute, numberAttribute, numbersOf, operand } from "./call.ts"
import type { GraphProto } from "./schema.ts"

/** Reads a subgraph with values for its inputs. */
export type ReadSubgraph = (proto: GraphProto, inputs: ReadonlyArray<Value>) => ReadonlyArray<Value>

/** More rounds than this make a graph that no runtime likes. */
const UNROLL_LIMIT = 1000

const bodyOf = (call: Call, name: string): GraphProto => {
  const body = graphAttribute(call, name)
  if (body === undefined) throw new GraphError({ message: `${call.where}: it has no ${name}.` })
  return body
}

const choice = (call: Call, read: ReadSubgraph): ReadonlyArray<Value> => {
  const condition = operand(call, 0)
  const [yes, no] = [bodyOf(call, "then_branch"), bodyOf(call, "else_branch")]
  if (condition.constant !== undefined) return read(itemOf(condition.constant) === 0 ? no : yes, [])
  const others = read(no, [])
  const flag = o.reshape(condition, [])
  return read(yes, []).map((value, i) => {
    const other = others[i]
    if (other === undefined || !sameShape(value.shape, other.shape) || value.type !== other.type) {
      const [left, right] = [value, other].map((one) => (one === undefined ? "nothing" : `${one.type}${showShape(one.shape)}`))
      throw new GraphError({ message: `${call.where}: the condition depends on the model's inputs, and the branches give ${left} and ${right}; static graphs need one shape.` })
    }
    return o.where(flag, value, other)
  })
}

const loop = (call: Call, read: ReadSubgraph): ReadonlyArray<Value> => {
  const body = bodyOf(call, "body")
  const [trips, condition, ...initial] = call.inputs
  const most = trips === undefined ? Infinity : numbersOf(trips, "number of rounds", call)[0] ?? 0
  const going = (flag: Value | undefined): boolean => flag === undefined || (numbersOf(flag, "condition", call)[0] ?? 1) !== 0
  let state = initial.map((_, i) => operand(call, i + 2))
  const rows: Array<ReadonlyArray<Value>> = []
  for (let round = 0, flag = condition; round < most && going(flag); round++) {
    if (round === UNROLL_LIMIT) throw new GraphError({ message: `${call.where}: a loop of more than ${UNROLL_LIMIT} rounds is not unrolled.` })
    const [next, ...results] = read(body, [call.graph.constant(round, "int64"), flag ?? call.graph.constant(1, "bool"), ...state])
    flag = next
    state = results.slice(0, state.length)
    rows.push(results.slice(state.length))
  }
  return [...state, ...stacked(rows, (call.outputs || state.length) - state.length, () => 0, call)]
}

const scan = (call: Call, read: ReadSubgraph): ReadonlyArray<Value> => {
  const body = bodyOf(call, "body")
  if (call.version < 9) throw new GraphError({ message: `${call.where}: a Scan of operator set 8 is not supported.` })
  const values = call.inputs.map((_, i) => operand(call, i))
  const count = numberAttribute(call, "num_scan_inputs") ?? 0
  const sequences = values.slice(values.length - count)
  const entry = (name: string, i: number) => listAttribute(call, name)?.[i] ?? 0
  const axes = sequences.map(({ shape }, i) => normaliseAxis(entry("scan_input_axes", i), shape.length) ?? 0)
  const length = sequences[0]?.shape[axes[0] ?? 0] ?? 0
  if (length > UNROLL_LIMIT) throw new GraphError({ message: `${call.where}: a scan of more than ${UNROLL_LIMIT} rounds is not unrolled.` })
  let state = values.slice(0, values.length - count)
  const rows: Array<ReadonlyArray<Value>> = []
  for (let round = 0; round < length; round++) {
    const slices = sequences.map((sequence, i) => {
      const place = entry("scan_input_directions", i) === 0 ? round : length - 1 - round
      const axis = axes[i] ?? 0
      return o.reshape(o.slice(sequence, [place], [place + 1], [axis]), sequence.shape.toSpliced(axis, 1))
    })
    const results = read(body, [...state, ...slices])
    state = results.slice(0, state.length)
    rows.push(results.slice(state.length))
  }
  const backwards = rows.toReversed()
  const outputs = (body.output ?? []).length - state.length
  const forth = stacked(rows, outputs, (i) => entry("scan_output_axes", i), call)
  const back = stacked(backwards, outputs, (i) => entry("scan_output_axes", i), call)
  return [...state, ...forth.map((value, i) => (entry("scan_output_directions", i) === 0 ? value : back[i] ?? value))]
}

/** What every round gave, along a new axis. */
const stacked = (rows: ReadonlyArray<ReadonlyArray<Value>>, count: number, axisOf: (output: number) => number, { where }: Call): ReadonlyArray<Value> =>
  Array.from({ length: Math.max(0, count) }, (_, output) => {
    const parts = rows.flatMap((row) => row[output] ?? [])
    const [head] = parts
    if (head === undefined) throw new GraphError({ message: `${where}: without a round its collected outputs have no shape.` })
    const axis = normaliseAxis(axisOf(output), head.shape.length + 1) ?? 0
    return o.concat(parts.map((part) => o.reshape(part, head.shape.toSpliced(axis, 0, 1))), axis)
  })

export const control: ReadonlyMap<string, (call: Call, read: ReadSubgraph) => ReadonlyArray<Value>> = new Map([["If", choice], ["Loop", loop], ["Scan", scan]])
