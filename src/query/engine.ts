/** Loads DuckDB when it is first needed: it takes some 80 ms, which a command without a query must not pay. */
import type * as api from "@duckdb/node-api"
import type bindings from "@duckdb/node-bindings"

/** The client library, and the native calls beneath it, which the scan uses for speed. */
export interface Engine {
  readonly api: typeof api
  readonly bindings: typeof bindings
}

export const loadEngine = async (): Promise<Engine> => {
  const [api, { default: bindings }] = await Promise.all([import("@duckdb/node-api"), import("@duckdb/node-bindings")])
  return { api, bindings }
}
