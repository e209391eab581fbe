/** `defineStage`: from what an author writes to the plain interface (protocol.ts) that the planner and the workers use. */
import type { Effect, Scope } from "effect"
import type { Inputs, Outputs, StageContext } from "./context.ts"
import type { ParamsSchema } from "./decode.ts"
import { describeStage } from "./describe.ts"
import type { Doc } from "./doc.ts"
import { executeStage, type StageFailure } from "./execute.ts"
import { paramsNormaliser } from "./normalise.ts"
import type { InputSpec, OutputSpec, StageInterface } from "./protocol.ts"

/** What a stage's author writes. */
export interface StageDefinition<P, I extends Inputs, O extends Outputs, E extends StageFailure> {
  /** `family/name`: the stage's place under `stages/`, and what `uses` says. */
  readonly name: string
  /** One sentence on what it computes. */
  readonly summary: Doc | undefined
  /** As a rule a `Schema.Struct` of fields (params.ts). Decoding may not need services. */
  readonly params: ParamsSchema<P>
  readonly inputs: I
  readonly outputs: O
  /** Reads something besides its inputs and parameters (the network, the clock), so it is never cached. */
  readonly volatile?: boolean
  /** Computes with the tensor engine, so that the backend and the engine's version count in the fingerprint. */
  readonly engine?: boolean
  /** The work. A failure on purpose is a `StageError`, or any tagged error with a message; whatever else is thrown is a defect. */
  run(ctx: StageContext<P, I, O>): Effect.Effect<void, E, Scope.Scope>
}

export const defineStage = <
  P,
  const I extends Inputs,
  const O extends Outputs,
  E extends StageFailure = never
>(stage: StageDefinition<P, I, O, E>): StageInterface => {
  const decode = paramsNormaliser(stage.params)
  const inputs = Object.fromEntries(Object.entries(stage.inputs).map(([name, input]) => [name, inputSpec(input)]))
  const outputs = Object.fromEntries(Object.entries(stage.outputs).map(([name, output]) => [name, outputSpec(output)]))
  return {
    protocol: 1,
    name: stage.name,
    volatile: stage.volatile ?? false,
    engine: stage.engine ?? false,
    inputs,
    outputs,
    decode,
    describe: () => describeStage({ name: stage.name, summary: stage.summary, params: stage.params, inputs, outputs }),
    execute: (task, host) => executeStage(stage, task, host)
  }
}

// One builder serves inputs and outputs (io.ts); each side keeps what belongs to it.
const inputSpec = ({ kind, many, optional, columns, doc }: InputSpec): InputSpec => ({
  kind,
  many,
  optional,
  ...(columns === undefined ? {} : { columns }),
  ...(doc === undefined ? {} : { doc })
})
const outputSpec = (output: OutputSpec): OutputSpec => {
  const doc = output.doc === undefined ? {} : { doc: output.doc }
  switch (output.kind) {
    case "table":
      return { kind: "table", columns: output.columns, ...doc }
    case "artefact":
      return { kind: "artefact", mediaType: output.mediaType, extension: output.extension, ...doc }
    default:
      return { kind: output.kind, ...doc }
  }
}
