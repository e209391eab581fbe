/** Architectures from YAML text, for tests. */
import { Result } from "effect"
import { parse } from "yaml"
import { randomStream } from "../../../src/stage/random.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { readArchitecture } from "../../../src/tensor/layers/architecture.ts"
import { drawParameters, type Network, networkOf } from "../../../src/tensor/layers/network.ts"
import type { Mode, Noise } from "../../../src/tensor/layers/scope.ts"
import { interpret } from "../../../src/tensor/reference.ts"
import type { Shape } from "../../../src/tensor/shape.ts"
import { type Tensor, toNumbers } from "../../../src/tensor/tensor.ts"

export const network = (yaml: string, shape?: Shape): Network => {
  const architecture = Result.getOrThrow(readArchitecture(parse(yaml)))
  return Result.getOrThrow(networkOf(architecture, shape === undefined ? {} : { x: { shape, type: "float32" } }))
}

/** Everything that is wrong with an architecture, or with it for a shape. */
export const wrongWith = (yaml: string, shape: Shape = [3, 8, 8]): string => {
  const read = Result.flatMap(readArchitecture(parse(yaml)), (architecture) => networkOf(architecture, { x: { shape, type: "float32" } }))
  return Result.isFailure(read) ? read.failure.message : ""
}

/** Names and shapes of the parameters, as in `conv.weight 4x3x3x3`. */
export const parameters = (yaml: string, shape?: Shape): ReadonlyArray<string> =>
  network(yaml, shape).parameters.map(({ name, shape }) => `${name} ${shape.join("x")}`)

export const startingValues = (of: Network, seed = 0): Readonly<Record<string, Tensor>> => drawParameters(of, (name) => randomStream(seed, "test", name))

/** Output and statistics for a batch by the reference interpreter. */
export const run = (of: Network, x: Tensor, { mode = "inference", noise = () => { throw new Error("no noise") } }: { readonly mode?: Mode; readonly noise?: (noise: Noise) => Tensor } = {}) => {
  const graph = new Graph()
  const weights = startingValues(of)
  const built = of.build({
    graph, mode, inputs: { x: graph.input("x", x.shape) }, parameter: ({ name, shape }) => graph.input(name, shape), noise: (wanted) => graph.constant(noise(wanted))
  })
  const results = interpret({ output: built.output, ...built.updates }, { x, ...weights })
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, [...toNumbers(value)]]))
}
