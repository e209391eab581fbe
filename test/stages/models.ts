/** Small models whose scores are known in closed form, as inputs of stages. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { encodeNetwork } from "../../stages/train/lib/model.ts"
import type { Network } from "../../stages/train/lib/network.ts"
import { matMul, reshape } from "../../src/tensor/ops.ts"
import { type Made, temporaryFolder } from "./run-stage.ts"

/** A network with its initial values as a model file. */
export const modelOf = (network: Network): Made => {
  const path = join(temporaryFolder(), "model.onnx")
  writeFileSync(path, encodeNetwork(network, new Map(), {}))
  return { path, kind: "model" }
}

/** scores = x A with A given column by column: one column makes a binary model. */
export const linearModel = (...columns: ReadonlyArray<ReadonlyArray<number>>): Made => {
  const [first = []] = columns
  const initial = Float32Array.from(first.flatMap((_, row) => columns.map((column) => column[row] ?? 0)))
  return modelOf({
    parameters: [{ name: "A", shape: [first.length, columns.length], initial, trainable: true }],
    input: [first.length],
    outputs: columns.length,
    scores: (x, parameter) => {
      const scores = matMul(x, parameter("A"))
      return columns.length === 1 ? reshape(scores, [x.shape[0] ?? 0]) : scores
    }
  })
}
