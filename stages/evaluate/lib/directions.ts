/**
 * Directions in the space of a model's weights along which its loss is looked at (Li et al. 2018): normal numbers, every filter scaled to the
 * length of the model's own, so that landscapes of nets whose weights differ in scale can be compared. Only the weights of convolutions and
 * linear maps move; biases and normalisations stay.
 */
import type { RandomStream } from "../../../src/stage.ts"
import { reachable, type Value } from "../../../src/tensor/graph.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"

/** The axis of a weight that numbers its filters (output channels, units), by the operator that takes it; undefined where it is no such weight. */
export const filterAxis = (weight: Value, outputs: ReadonlyArray<Value>): number | undefined => {
  for (const { node } of reachable(outputs)) {
    if (node === undefined) continue
    const { attributes, inputs, operator: { name } } = node
    if (name === "Transpose" && inputs[0] === weight && weight.shape.length === 2) return 0
    if (inputs[1] !== weight || weight.shape.length < 2) continue
    if (name === "Conv" || (name === "Gemm" && attributes["transB"] === 1)) return 0
    if (name === "ConvTranspose") return 1
    if (name === "MatMul" || name === "Gemm") return weight.shape.length - 1
  }
  return undefined
}

/** A direction for one weight, whose `axis` numbers its filters. */
export const filterNormalised = (
  weight: ArrayLike<number>,
  shape: ReadonlyArray<number>,
  axis: number,
  random: Pick<RandomStream, "fillNormal">
): Float32Array => {
  const direction = random.fillNormal(new Float32Array(sizeOf(shape)))
  const inner = sizeOf(shape.slice(axis + 1))
  const filters = shape[axis] ?? 1
  const filterOf = (i: number) => Math.floor(i / inner) % filters
  const squares = (of: ArrayLike<number>) => {
    const sums = new Float64Array(filters)
    for (let i = 0; i < of.length; i++) sums[filterOf(i)] = (sums[filterOf(i)] ?? 0) + (of[i] ?? 0) ** 2
    return sums
  }
  const [own, drawn] = [squares(weight), squares(direction)]
  return direction.map((value, i) => value * Math.sqrt((own[filterOf(i)] ?? 0) / Math.max(drawn[filterOf(i)] ?? 0, 1e-300)))
}

/** `cells` coordinates from -extent to extent, ends included; one alone is 0. */
export const gridLine = (cells: number, extent: number): Float64Array =>
  Float64Array.from({ length: cells }, (_, i) => (cells === 1 ? 0 : extent * ((2 * i) / (cells - 1) - 1)))
