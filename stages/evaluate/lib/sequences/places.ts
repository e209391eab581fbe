/**
 * Which axes of a value number the places of the target, operator by operator. A value of a decoder has one such axis; the weights of its
 * attention to itself have two, places that look and places that are looked at. Where an operator mixes places in another way than
 * attention does, there is no rule and the model is decoded without a cache.
 */
import type { Node, Value } from "../../../../src/tensor/graph.ts"
import { at, normaliseAxis, sizeOf } from "../../../../src/tensor/shape.ts"

/** Axes, counted from the front. */
export interface Places {
  /** The places that a value is computed for. */
  readonly own: number
  /** The places that they look at. */
  readonly seen?: number
}

/** How an operand is needed at one place of the target: at that place, or at all places so far. */
export type Need = "place" | "all"

export interface PlaceRule {
  /** For each operand that depends on the target. */
  readonly needs: ReadonlyArray<Need | undefined>
  /** The same for every output. */
  readonly places: Places
}

/** There is no rule, in words. */
export class NoRule extends Error {}

const pointwise: ReadonlySet<string> = new Set([
  "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Where", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Not", "Neg", "Exp", "Log",
  "Sqrt", "Reciprocal", "Abs", "Sign", "Floor", "Ceil", "Round", "Sin", "Cos", "Relu", "LeakyRelu", "HardSigmoid", "Sigmoid", "Tanh", "Erf", "Softplus", "Clip",
  "Cast", "Elu", "Selu", "Softsign", "PRelu", "Mod", "IsNaN", "StopGradient"
])
const reductions: ReadonlySet<string> = new Set(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL2"])

/** @throws NoRule when the operator mixes places, or is not known here. */
export const placeRule = (node: Node, places: (value: Value) => Places | undefined): PlaceRule => {
  const { name } = node.operator
  const rule = pointwise.has(name) ? aligned : reductions.has(name) ? reduced : rules[name]
  if (rule === undefined) throw new NoRule(`${name} has no rule`)
  return rule(node, places)
}

type Rule = (node: Node, places: (value: Value) => Places | undefined) => PlaceRule

const output = ({ operator, outputs }: Node): Value => outputs[0] ?? fails(`${operator.name} has no output`)
const operand = ({ inputs, operator }: Node, i: number): Value => inputs[i] ?? fails(`${operator.name} lacks an operand`)
const fails = (words: string): never => {
  throw new NoRule(words)
}

/** Only the first operand depends on the target. */
const alone = (node: Node, places: (value: Value) => Places | undefined): Places => {
  const own = places(operand(node, 0))
  if (own === undefined || node.inputs.slice(1).some((input) => places(input) !== undefined)) return fails(`${node.operator.name} has operands of another kind`)
  return own
}
const first: PlaceRule["needs"] = ["place"]

/** Element by element. Where one operand has pairs of places, another's places may be those that are looked at: a mask of the target's padding. */
const aligned: Rule = (node, places) => {
  const rank = output(node).shape.length
  const shifted = node.inputs.map((input) => {
    const of = places(input)
    if (of === undefined) return undefined
    // The batch has to stay the first axis.
    if (input.shape.length !== rank) return fails(`${node.operator.name} broadcasts a value of the target to more axes`)
    return of
  })
  const known = shifted.filter((of) => of !== undefined)
  const pairs = known.find(({ seen }) => seen !== undefined)
  const result = pairs ?? known[0] ?? fails(`${node.operator.name} has no operand of the target`)
  const needs = shifted.map((of): Need | undefined => {
    if (of === undefined) return undefined
    if (of.own === result.own && (of.seen === undefined || of.seen === result.seen)) return "place"
    return of.seen === undefined && of.own === result.seen ? "all" : fails(`${node.operator.name} brings different places together`)
  })
  return { needs, places: result }
}

const reduced: Rule = (node, places) => {
  const of = alone(node, places)
  const rank = operand(node, 0).shape.length
  const axes = listOf(node.attributes["axes"])?.map((axis) => normaliseAxis(axis, rank)) ?? Array.from({ length: rank }, (_, axis) => axis)
  if (axes.includes(of.own) || axes.includes(of.seen) || axes.includes(0)) return fails(`${node.operator.name} runs over places`)
  const kept = node.attributes["keepdims"] !== 0
  const moved = (axis: number) => (kept ? axis : axis - axes.filter((other) => other !== undefined && other < axis).length)
  return { needs: first, places: mapped(of, moved) }
}

const mapped = ({ own, seen }: Places, to: (axis: number) => number): Places => (seen === undefined ? { own: to(own) } : { own: to(own), seen: to(seen) })

/** Along its axis the operator mixes elements, which may be those of all places looked at, but of no others. */
const along = (mixesSeen: boolean): Rule => (node, places) => {
  const of = alone(node, places)
  const axis = normaliseAxis(numberOf(node.attributes["axis"]) ?? -1, operand(node, 0).shape.length)
  if (axis === of.own || axis === 0 || axis === undefined || (axis === of.seen && !mixesSeen)) return fails(`${node.operator.name} runs over places`)
  return { needs: first, places: of }
}

/** From its axis on. */
const layerNormalised: Rule = (node, places) => {
  const of = alone(node, places)
  const axis = normaliseAxis(numberOf(node.attributes["axis"]) ?? -1, operand(node, 0).shape.length) ?? 0
  return axis <= Math.max(of.own, of.seen ?? 0) ? fails("LayerNormalization runs over places") : { needs: first, places: of }
}

const transposed: Rule = (node, places) => {
  const of = alone(node, places)
  const order = listOf(node.attributes["perm"]) ?? operand(node, 0).shape.map((_, axis, { length }) => length - 1 - axis)
  return order[0] === 0 ? { needs: first, places: mapped(of, (axis) => order.indexOf(axis)) } : fails("Transpose moves the batch")
}

/** An axis stays where as many elements stand before it. */
const reshaped: Rule = (node, places) => {
  const of = alone(node, places)
  const [from, to] = [operand(node, 0).shape, output(node).shape]
  if (from[0] !== to[0]) return fails("Reshape joins the batch with something")
  const stays = (axis: number): number => {
    const before = sizeOf(from.slice(0, axis))
    const found = to.findIndex((size, other) => size === from[axis] && sizeOf(to.slice(0, other)) === before)
    return found < 0 ? fails("Reshape joins places with something") : found
  }
  return { needs: first, places: mapped(of, stays) }
}

/** Rows of a table for tokens. */
const gathered: Rule = (node, places) => {
  const of = places(operand(node, 1))
  const axis = normaliseAxis(numberOf(node.attributes["axis"]) ?? 0, operand(node, 0).shape.length)
  if (of === undefined || places(operand(node, 0)) !== undefined || axis !== 0) return fails("Gather takes from values of the target")
  return { needs: [undefined, "place"], places: of }
}

const sliced: Rule = (node, places) => {
  const of = alone(node, places)
  const axes = listOf(node.attributes["axes"]) ?? fails("Slice does not say its axes")
  return axes.some((axis) => axis === 0 || axis === of.own || axis === of.seen) ? fails("Slice cuts places") : { needs: first, places: of }
}

/** Joined along another axis than that of places. All operands have their places on the same one. */
const joined: Rule = (node, places) => {
  const axis = normaliseAxis(numberOf(node.attributes["axis"]) ?? 0, output(node).shape.length)
  const rule = aligned(node, places)
  return axis === undefined || axis === 0 || axis === rule.places.own || axis === rule.places.seen || rule.needs.includes("all") || node.inputs.some((input) => places(input) === undefined)
    ? fails("Concat joins along places")
    : rule
}

/** A linear map of each place; scores of all pairs of places; or means over the places that are looked at. */
const multiplied: Rule = (node, places) => {
  const [a, b] = [operand(node, 0), operand(node, 1)]
  const [left, right] = [places(a), places(b)]
  const rank = output(node).shape.length
  const [row, column] = [rank - 2, rank - 1]
  if ((left !== undefined && a.shape.length !== rank) || (right !== undefined && b.shape.length !== rank)) return fails("MatMul broadcasts a value of the target to more axes")
  if (left !== undefined && right === undefined) {
    return left.own === row && left.seen === undefined ? { needs: ["place", undefined], places: left } : fails("MatMul sums over places")
  }
  if (right === undefined) return fails("MatMul has no operand of the target")
  if (left === undefined) return right.own === column && right.seen === undefined ? { needs: [undefined, "place"], places: right } : fails("MatMul sums over places")
  if (right.seen !== undefined || left.own !== row) return fails("MatMul brings pairs of places together")
  if (left.seen === undefined && right.own === column) return { needs: ["place", "all"], places: { own: row, seen: column } }
  return left.seen === column && right.own === row ? { needs: ["place", "all"], places: { own: row } } : fails("MatMul brings different places together")
}

const rules: Readonly<Record<string, Rule>> = {
  Softmax: along(true), LogSoftmax: along(true), Split: along(false), LayerNormalization: layerNormalised, Transpose: transposed, Reshape: reshaped,
  Slice: sliced, Gather: gathered, Concat: joined, MatMul: multiplied
}

const numberOf = (of: number | string | ReadonlyArray<number> | undefined): number | undefined => (typeof of === "number" ? of : undefined)
const listOf = (of: number | string | ReadonlyArray<number> | undefined): ReadonlyArray<number> | undefined => (typeof of === "object" ? of : undefined)

/** A shape with one place instead of all, where it has that axis. */
export const atOnePlace = (shape: ReadonlyArray<number>, { own }: Places): ReadonlyArray<number> => (at(shape, own) === 1 ? shape : shape.with(own, 1))
