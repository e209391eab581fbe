/** Types and shapes of a file's inputs, its symbolic dimensions given sizes. */
import { GraphError } from "../errors.ts"
import { type Shape, showShape } from "../shape.ts"
import type { TensorType } from "../tensor.ts"
import type { Dimension, ValueInfoProto } from "./schema.ts"
import { elementTypeName, holdingType } from "./types.ts"

export interface Sizes {
  /** Sizes of symbolic dimensions, by name. */
  readonly shapes?: Readonly<Record<string, number>>
  /** Whole shapes of inputs, by name. They win over what the file says. */
  readonly inputShapes?: Readonly<Record<string, Shape>>
}

/** The sizes that whole shapes give to symbolic dimensions, beside those that are given by name. */
export const symbolSizes = (inputs: ReadonlyArray<ValueInfoProto>, { shapes = {}, inputShapes = {} }: Sizes): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>()
  for (const info of inputs) {
    dimensionsOf(info).forEach(({ dim_param = "" }, axis) => {
      const size = inputShapes[info.name ?? ""]?.[axis]
      if (dim_param !== "" && size !== undefined) sizes.set(dim_param, size)
    })
  }
  for (const [name, size] of Object.entries(shapes)) sizes.set(name, size)
  return sizes
}

/** @throws GraphError for an element type that the engine does not have, and for a dimension without a size. */
export const inputType = (info: ValueInfoProto, symbols: ReadonlyMap<string, number>, { inputShapes = {} }: Sizes): TensorType => {
  const name = info.name ?? ""
  const elementType = info.type?.tensor_type?.elem_type ?? 0
  const type = holdingType(elementType)
  if (type === undefined) {
    const what = info.type?.tensor_type === undefined ? "is no tensor" : `holds ${elementTypeName(elementType)}`
    throw new GraphError({ message: `The input "${name}" ${what}, which the engine does not have.` })
  }
  const declared = dimensionsOf(info)
  const given = inputShapes[name]
  const hasShape = info.type?.tensor_type?.shape !== undefined
  if (given !== undefined) {
    if (hasShape && given.length !== declared.length) {
      throw new GraphError({ message: `The input "${name}" has ${declared.length} dimensions; the shape given for it, ${showShape(given)}, has ${given.length}.` })
    }
    return { type, shape: given }
  }
  if (!hasShape) throw new GraphError({ message: `The input "${name}" has no shape in the file; give it one: { inputShapes: { "${name}": [...] } }.` })
  const shape = declared.map((dimension) => sizeOfDimension(dimension, symbols))
  const open = declared.flatMap(({ dim_param = "" }, axis) => (shape[axis] === undefined && dim_param !== "" ? [dim_param] : []))
  if (open.length > 0) {
    const [what, sizes] = open.length === 1 ? ["dimension", "size"] : ["dimensions", "sizes"]
    throw new GraphError({
      message: `The input "${name}" has the symbolic ${what} ${open.map((symbol) => `"${symbol}"`).join(", ")}; give its ${sizes}: ` +
        `{ ${open.map((symbol) => `${/^[A-Za-z_]\w*$/.test(symbol) ? symbol : JSON.stringify(symbol)}: ...`).join(", ")} }.`
    })
  }
  return { type, shape: shape.map((size, axis) => size ?? missingSize(name, axis, declared)) }
}

/** What the file declares of any value; undefined where it leaves a size open or holds what the engine does not have. */
export const declaredType = (info: ValueInfoProto, symbols: ReadonlyMap<string, number>): TensorType | undefined => {
  const type = holdingType(info.type?.tensor_type?.elem_type ?? 0)
  if (type === undefined || info.type?.tensor_type?.shape === undefined) return undefined
  const shape = dimensionsOf(info).flatMap((dimension) => sizeOfDimension(dimension, symbols) ?? [])
  return shape.length === dimensionsOf(info).length ? { type, shape } : undefined
}

const missingSize = (name: string, axis: number, declared: ReadonlyArray<Dimension>): never => {
  const shown = declared.map(({ dim_value, dim_param }) => dim_param ?? dim_value ?? "?").join(", ")
  throw new GraphError({ message: `The input "${name}" [${shown}] leaves the size of dimension ${axis} open; give its shape: { inputShapes: { "${name}": [...] } }.` })
}

const sizeOfDimension = ({ dim_param = "", dim_value }: Dimension, symbols: ReadonlyMap<string, number>): number | undefined => {
  if (dim_param !== "") return symbols.get(dim_param)
  return dim_value !== undefined && dim_value >= 0 ? dim_value : undefined
}

/** The dimensions that a file declares for an input; none when it says nothing about its shape. */
export const dimensionsOf = ({ type }: ValueInfoProto): ReadonlyArray<Dimension> => type?.tensor_type?.shape?.dim ?? []
