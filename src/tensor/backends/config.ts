/**
 * What a backend is asked for: the provider and its options, as a file of configs/backends says it. Decoded here, where the command reads
 * the file and again where a stage receives the options; what the runtime does with them is in runtime.ts.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { EngineError } from "../errors.ts"
import type { SessionOptions } from "../runtime.ts"

/** Where graphs can run. */
export const providers = ["cpu", "webgpu", "cuda", "tfjs"] as const
export type Provider = (typeof providers)[number]

/** Implementations of TensorFlow.js's operations: its native library with and without CUDA, WebAssembly, plain JavaScript. */
export const tfjsKernels = ["node-gpu", "node", "wasm", "cpu"] as const
export type TfjsKernels = (typeof tfjsKernels)[number]

const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 }))
const threads = Schema.optionalKey(Count)
const fallback = Schema.optionalKey(Schema.Literals(["none", "cpu"]))

/** The options that each provider has. */
const configs = {
  cpu: Schema.Struct({ provider: Schema.Literal("cpu"), threads, spinning: Schema.optionalKey(Schema.Boolean) }),
  webgpu: Schema.Struct({
    provider: Schema.Literal("webgpu"), threads, fallback,
    layout: Schema.optionalKey(Schema.Literals(["NCHW", "NHWC"]))
  }),
  cuda: Schema.Struct({
    provider: Schema.Literal("cuda"), threads, fallback,
    device: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1023 })))
  }),
  tfjs: Schema.Struct({ provider: Schema.Literal("tfjs"), threads, fallback, kernels: Schema.optionalKey(Schema.NonEmptyArray(Schema.Literals(tfjsKernels))) })
}

/** One provider with its options. */
export type BackendConfig = { readonly [P in Provider]: (typeof configs)[P]["Type"] }[Provider]

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Reads a backend's configuration.
 * @param source what is to be named in the message: a file, as a rule
 */
export const decodeBackend = (content: unknown, source: string): Result.Result<BackendConfig, EngineError> => {
  const provider = providers.find((name) => typeof content === "object" && content !== null && "provider" in content && content.provider === name)
  if (provider === undefined) {
    return Result.fail(new EngineError({ message: `${source}: \`provider\` is to be one of ${providers.join(", ")}` }))
  }
  const schema: Schema.Codec<BackendConfig> = configs[provider]
  return Result.mapError(
    Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(content),
    ({ issue }) => new EngineError({
      message: issuesOf(issue).issues.map(({ path, message }) => `${source}: ${(path ?? []).map(String).join(".")}: ${message}`).join("\n")
    })
  )
}

/**
 * The options of a session for a task.
 * @param backend the provider's name, where there is no configuration
 * @param threads what the task was given; the configuration's own number goes before it
 */
export const sessionOptionsOf = (backend: string, config: unknown, threads: number): Result.Result<SessionOptions, EngineError> =>
  Result.map(decodeBackend(config ?? { provider: backend }, `the backend ${backend}`), ({ provider, ...options }) => ({ backend: provider, threads, ...options }))

/** The provider and those of its options that can change the numbers, for fingerprints. (Threads are there by themselves.) */
export const identityOf = (config: BackendConfig): string => {
  const { provider, ...options } = config
  const counted = Object.entries(options).filter(([name, value]) => !["threads", "spinning", "device"].includes(name) && value !== "none")
  return [provider, ...counted.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join("+") : value}`).sort()].join(" ")
}
