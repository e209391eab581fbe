/** How the engine fails: a graph that cannot be built or differentiated, and a runtime that cannot open or run a session. */
import { Schema } from "effect"

/** A graph is wrong: operator, attributes or shapes do not fit. Thrown while a graph is built, since that is a mistake of its author. */
export class GraphError extends Schema.TaggedError<GraphError>()("GraphError", {
  message: Schema.String
}) {}

/** The runtime could not open or run a session; the message names the backend and what it said. */
export class EngineError extends Schema.TaggedError<EngineError>()("EngineError", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}
