/**
 * What a stage's author imports; nothing else is needed to write a stage. docs/stages.md shows how.
 */
export { Effect, Schema } from "effect"
export { defineStage, type StageDefinition } from "./stage/define.ts"
export { doc, type Doc } from "./stage/doc.ts"
export { any, artefact, column, dataset, many, model, optional, table } from "./stage/io.ts"
export {
  type Bounds, Count, field, file, folder, int, NonNegative, number, oneOf, Positive, Probability, Seed
} from "./stage/params.ts"
export { StageError } from "./stage/error.ts"
export type {
  DatasetInput, DatasetWriter, FileInput, FileWriter, ReadTable, StageContext, TableBatches, TableInput, TableWriter
} from "./stage/context.ts"
export { canonicalJson, type Json, type JsonArray, type JsonObject } from "./stage/json.ts"
export { killsForMemory } from "./stage/kernel-kills.ts"
export { killLeftovers, workerMark } from "./stage/leftovers.ts"
export { type ProjectFile, projectFiles } from "./stage/project-files.ts"
export { executeStage } from "./stage/execute.ts"
export type { InputSpec, OutputSpec, ParameterIssue, StageEvent, StageHost, StageInterface, TaskRequest } from "./stage/protocol.ts"
export { RandomStream } from "./stage/random.ts"
export { asSamples, type Dataset, inMemory, partOf, sampleCount, type Samples, sampleSize, slice } from "./table/dataset.ts"
export {
  Bool, Category, type ColumnType, fixedListOf, Float32, Float64, Int32, Int64, listOf, nullable, type RowOf, type TableSchema,
  Timestamp, UInt8, Utf8
} from "./table/schema.ts"
