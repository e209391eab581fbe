/** The network of an architecture file (docs/architectures.md), as training sees it. */
import { Effect, StageError } from "../../../src/stage.ts"
import type { Architecture } from "../../../src/tensor/layers/architecture.ts"
import { metadataOf } from "../../../src/tensor/layers/export.ts"
import { type Built, networkOf } from "../../../src/tensor/layers/network.ts"
import type { Mode, Noise } from "../../../src/tensor/layers/scope.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { reshape } from "../../../src/tensor/ops.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"
import { float32Of, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import type { Network, Random } from "./network.ts"

/**
 * The network for samples of a shape, with starting values from streams of their names. Fails naming the layer that does not fit the shape
 * it is given, or when the last one does not give a vector.
 */
export const architectureNetwork = (architecture: Architecture, input: ReadonlyArray<number>, random: Random): Effect.Effect<Network, StageError> =>
  Effect.gen(function*() {
    const network = yield* Effect.mapError(
      Effect.fromResult(networkOf(architecture, { x: { shape: input, type: "float32" } })),
      ({ problems, message }) =>
        new StageError({ message: problems[0]?.message ?? message, hint: "Change the layers before it, or the `layout` of the data." })
    )
    const [outputs = 0] = network.output
    if (network.output.length !== 1) {
      return yield* new StageError({ message: `The last layer gives shape [${network.output.join(", ")}], not a vector of scores.`, hint: "End with a linear layer." })
    }
    const others = Object.keys(network.inputs).filter((name) => name !== "x")
    if (others.length > 0) {
      return yield* new StageError({ message: `The architecture has inputs besides x: ${others.join(", ")}.`, hint: "Use a stage that has data for them." })
    }
    const build = (mode: Mode, x: Value, parameter: (name: string) => Value): Built =>
      network.build({ graph: x.graph, mode, inputs: { x }, parameter: ({ name }) => parameter(name) })
    const scoresOf = ({ output }: Built): Value => (outputs === 1 ? reshape(output, [output.shape[0] ?? 0]) : output)
    return {
      parameters: network.parameters.map(({ initial, name, role, shape }) => ({
        name, shape, initial: float32Of(initial(random(name), shape)), trainable: role === "weight", statistic: role === "statistic"
      })),
      input,
      outputs,
      scores: (x, parameter) => scoresOf(build("inference", x, parameter)),
      training: (x, parameter) => {
        const built = build("training", x, parameter)
        return { scores: scoresOf(built), statistics: built.updates, noise: (step) => drawn(built.noise, step, random) }
      },
      metadata: metadataOf(architecture)
    }
  })

/** Every step has streams of its own, so that a resumed training meets the same numbers. */
export const drawn = (noise: ReadonlyArray<Noise>, step: number, random: Random): Record<string, Tensor> =>
  Object.fromEntries(noise.map(({ distribution, name, shape }) => {
    const stream = random(`${name} ${step}`)
    const values = new Float32Array(sizeOf(shape))
    return [name, tensor(distribution === "uniform" ? stream.fillUniform(values) : stream.fillNormal(values), shape)]
  }))
