/**
 * Operators that the engine passes on without knowing them: only the runtime computes them, forward. They need types and shapes from
 * outside, and nothing before them can be differentiated through them.
 */
import { GraphError } from "../errors.ts"
import { type AttributeRule, type Attributes, type Composition, constantNumbers, first, Misfit, type Operator } from "../operator.ts"
import { sizeOf } from "../shape.ts"
import { fromNumbers, type TensorType } from "../tensor.ts"

export interface Opaque {
  readonly name: string
  /** The standard domain when absent. */
  readonly domain?: string
  /** How its attributes are written. */
  readonly attributes?: Readonly<Record<string, AttributeRule>>
  /** What its outputs are, as the file it comes from declares them. */
  readonly outputs: ReadonlyArray<TensorType>
}

/** An operator for `Graph.apply` that is not in the registry. */
export const opaque = ({ name, domain, attributes = {}, outputs }: Opaque): Operator => ({
  name,
  ...(domain === undefined ? {} : { domain }),
  inputs: [0, Number.MAX_SAFE_INTEGER],
  attributes,
  native: true,
  infer: () => outputs,
  evaluate: () => {
    throw new GraphError({ message: `${domain === undefined ? name : `${domain}.${name}`} is computed by onnxruntime only: the interpreter does not know it.` })
  }
})

/** Results whose size depends on the numbers, not on shapes: known only where the operands are. */
const dynamic = (name: string, operands: readonly [number, number], attributes: Operator["attributes"], compose?: Composition["compose"]): Composition => ({
  name,
  inputs: operands,
  ...(attributes === undefined ? {} : { attributes }),
  compose: (inputs, given: Attributes) => {
    if (compose === undefined || inputs.some(({ constant }) => constant === undefined)) {
      throw new Misfit("the size of its result depends on the numbers, and sizes are fixed in this engine: end the model before it, and do the rest outside")
    }
    return compose(inputs, given)
  }
})

export const dynamics: ReadonlyArray<Composition> = [
  dynamic("NonZero", [1, 1], {}, (inputs) => {
    const { graph, shape } = first(inputs)
    const found = constantNumbers(first(inputs), "elements").flatMap((x, i) => (x === 0 ? [] : [i]))
    const places = shape.flatMap((size, axis) => found.map((i) => Math.floor(i / sizeOf(shape.slice(axis + 1))) % size))
    return [graph.constant(fromNumbers(places, { type: "int64", shape: [shape.length, found.length] }))]
  }),
  dynamic("NonMaxSuppression", [2, 5], { center_point_box: { kind: "int" } }),
  dynamic("Unique", [1, 1], { axis: { kind: "int" }, sorted: { kind: "int" } })
]
