/**
 * Einstein summation as transposes, sums and (batched) matrix products, two operands at a time from the left. Its derivative is theirs.
 */
import type { Value } from "../graph.ts"
import { type Composition, first, Misfit, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"

/** A value whose axes have names. */
interface Named {
  readonly value: Value
  readonly axes: ReadonlyArray<string>
}

interface Equation {
  readonly operands: ReadonlyArray<ReadonlyArray<string>>
  readonly result: ReadonlyArray<string>
}

/** The axes that an ellipsis stands for are named by their distance from its end, so that operands align there. */
const parse = (equation: string, ranks: ReadonlyArray<number>): Equation => {
  const [left = "", right] = equation.replaceAll(" ", "").split("->")
  const terms = left.split(",")
  if (terms.length !== ranks.length) throw new Misfit(`the equation ${equation} has ${terms.length} operands, given were ${ranks.length}`)
  const hidden = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, i) => `...${count - i}`)
  const operands = terms.map((term, i) => {
    const rest = at(ranks, i) - term.replace("...", "").length
    if (rest < 0 || (rest > 0 && !term.includes("..."))) throw new Misfit(`"${term}" in ${equation} does not name the ${at(ranks, i)} axes of its operand`)
    return named(term, hidden(rest))
  })
  const widest = hidden(Math.max(0, ...operands.map((axes) => axes.filter((axis) => axis.startsWith("...")).length)))
  const all = operands.flat()
  const once = [...new Set(all)].filter((axis) => !axis.startsWith("...") && all.indexOf(axis) === all.lastIndexOf(axis)).sort()
  const result = right === undefined ? [...widest, ...once] : named(right, widest)
  const unknown = result.find((axis) => !all.includes(axis))
  if (unknown !== undefined || new Set(result).size < result.length) throw new Misfit(`the result of ${equation} names an axis twice or one that no operand has`)
  return { operands, result }
}

const named = (term: string, hidden: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [before = "", after] = term.split("...")
  return [...before, ...(after === undefined ? [] : hidden), ...(after ?? "")]
}

/** Axes named twice in one operand: only their diagonal counts. */
const diagonal = ({ value, axes }: Named): Named => {
  const twice = axes.findIndex((axis, i) => axes.indexOf(axis) < i)
  if (twice < 0) return { value, axes }
  const once = axes.indexOf(nameAt(axes, twice))
  const size = at(value.shape, once)
  if (at(value.shape, twice) !== size) throw new Misfit(`the axis ${nameAt(axes, twice)} has the sizes ${size} and ${at(value.shape, twice)}`)
  const rest = [...axes.keys()].filter((i) => i !== once && i !== twice)
  const front = o.transpose(value, [once, twice, ...rest])
  const line = o.slice(o.reshape(front, [size * size, ...front.shape.slice(2)]), [0], [size * size], [0], [size + 1])
  return diagonal({ value: line, axes: [nameAt(axes, once), ...rest.map((i) => nameAt(axes, i))] })
}

const nameAt = (axes: ReadonlyArray<string>, index: number): string => axes[index] ?? ""

/** Sums over the axes that are not wanted. */
const summed = ({ value, axes }: Named, wanted: ReadonlySet<string>): Named => {
  const gone = axes.flatMap((axis, i) => (wanted.has(axis) ? [] : [i]))
  return gone.length === 0 ? { value, axes } : { value: o.reduceSum(value, gone), axes: axes.filter((axis) => wanted.has(axis)) }
}

const ordered = ({ value, axes }: Named, order: ReadonlyArray<string>): Value => o.transpose(value, order.map((axis) => axes.indexOf(axis)))

const sizesOf = ({ value, axes }: Named, of: ReadonlyArray<string>): ReadonlyArray<number> => of.map((axis) => at(value.shape, axes.indexOf(axis)))

/** The product of two, summed over what only they share and nobody wants. */
const contract = (left: Named, right: Named, wanted: ReadonlySet<string>): Named => {
  const [a, b] = [summed(left, new Set([...wanted, ...right.axes])), summed(right, new Set([...wanted, ...left.axes]))]
  const shared = a.axes.filter((axis) => b.axes.includes(axis))
  const [batch, inner] = [shared.filter((axis) => wanted.has(axis)), shared.filter((axis) => !wanted.has(axis))]
  const [rows, columns] = [a.axes.filter((axis) => !shared.includes(axis)), b.axes.filter((axis) => !shared.includes(axis))]
  const axes = [...batch, ...rows, ...columns]
  const [batchSizes, rowSizes, columnSizes] = [sizesOf(a, batch), sizesOf(a, rows), sizesOf(b, columns)]
  const [leftParts, rightParts] = [ordered(a, [...batch, ...rows, ...inner]), ordered(b, [...batch, ...inner, ...columns])]
  if (inner.length === 0) {
    const wide = o.reshape(leftParts, [...batchSizes, ...rowSizes, ...columns.map(() => 1)])
    return { value: o.mul(wide, o.reshape(rightParts, [...batchSizes, ...rows.map(() => 1), ...columnSizes])), axes }
  }
  const depth = sizeOf(sizesOf(a, inner))
  const stack = batch.length === 0 ? [] : [sizeOf(batchSizes)]
  const product = o.matMul(o.reshape(leftParts, [...stack, sizeOf(rowSizes), depth]), o.reshape(rightParts, [...stack, depth, sizeOf(columnSizes)]))
  return { value: o.reshape(product, [...batchSizes, ...rowSizes, ...columnSizes]), axes }
}

/** An axis of size 1 where another operand has more is repeated: left out, since products broadcast. */
const withoutRepeated = (operands: ReadonlyArray<Named>): ReadonlyArray<Named> => {
  const sizes = new Map<string, number>()
  for (const { value, axes } of operands) {
    axes.forEach((axis, i) => {
      const [size, known] = [at(value.shape, i), sizes.get(axis) ?? 1]
      if (size !== 1 && known !== 1 && size !== known) throw new Misfit(`the axis ${axis} has the sizes ${known} and ${size}`)
      sizes.set(axis, Math.max(size, known))
    })
  }
  return operands.map(({ value, axes }) => {
    const kept = axes.flatMap((axis, i) => (value.shape[i] === sizes.get(axis) ? [i] : []))
    return { value: o.reshape(value, kept.map((i) => at(value.shape, i))), axes: kept.map((i) => nameAt(axes, i)) }
  })
}

export const einsums: ReadonlyArray<Composition> = [{
  name: "Einsum",
  inputs: [1, Number.MAX_SAFE_INTEGER],
  attributes: { equation: { kind: "string" } },
  compose: (inputs, attributes) => {
    const { operands, result } = parse(stringOf(attributes, "equation", ""), inputs.map(({ shape }) => shape.length))
    const values = withoutRepeated(inputs.map((value, i) => diagonal({ value, axes: operands[i] ?? [] })))
    const product = values.slice(1).reduce((left, right, i) => {
      const later = values.slice(i + 2).flatMap(({ axes }) => axes)
      return contract(left, right, new Set([...result, ...later]))
    }, first(values))
    return [ordered(summed(product, new Set(result)), result)]
  }
}]
