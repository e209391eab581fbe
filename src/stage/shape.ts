/** The inputs and outputs of a stage in one place of a file, where its parameters may declare them. */
import type { JsonObject } from "./json.ts"
import type { StageInterface, StageShape } from "./protocol.ts"

/** @param inputs names that are given under `in` */
export const shapeOf = (stage: Pick<StageInterface, "outputs" | "shape"> & Partial<Pick<StageInterface, "inputs">>, params: JsonObject, inputs: ReadonlyArray<string>): StageShape =>
  stage.shape?.(params, inputs) ?? { inputs: stage.inputs ?? {}, outputs: stage.outputs }

/** The stage as it is in that place. */
export const shaped = (stage: StageInterface, params: JsonObject, inputs: ReadonlyArray<string>): StageInterface =>
  stage.shape === undefined ? stage : { ...stage, ...stage.shape(params, inputs) }
