/**
 * Running graphs in onnxruntime. A session is a graph compiled for one backend; native memory is freed with the scope it was opened in.
 * The native library is loaded when the first session is opened, not when this file is imported.
 */
import { Effect, type Scope } from "effect"
import type * as Ort from "onnxruntime-node"
import type { Provider, TfjsKernels } from "./backends/config.ts"
import { openOn } from "./backends/open.ts"
import { webgpuRules } from "./backends/webgpu-rules.ts"
import { blockSize } from "./block-size.ts"
import { EngineError, GraphError } from "./errors.ts"
import { reachable, type Value } from "./graph.ts"
import { lower, type Rule } from "./lowering/lower.ts"
import { blockedRules, hasChangingConvolution } from "./lowering/blocked.ts"
import { cpuRules } from "./lowering/cpu.ts"
import { byMinimalFiltering } from "./lowering/winograd.ts"
import { graphDigest } from "./graph-digest.ts"
import { encodeModel } from "./onnx/encode.ts"
import { SessionCache } from "./session-cache.ts"
import { sameShape, showShape } from "./shape.ts"
import { type Tensor, tensor, type TensorType } from "./tensor.ts"
import { mostBytes, singleCoreMicroseconds } from "./work.ts"

export type Backend = Provider

export interface SessionOptions {
  /** Where to run (cpu). */
  readonly backend?: Backend
  /** Threads within one operator (1). A graph of less than a tenth of a millisecond of work gets one. */
  readonly threads?: number
  /** Whether threads wait actively for each other for a moment before they sleep (true). On idle cores a step of small
   * operators takes 2.5 ms instead of 3.5, one of large ones a twentieth less; waits of 50 microseconds cost nothing noticeable on busy ones, where waiting
   * without limit made steps twice as slow. */
  readonly spinning?: boolean
  /** Whether what a backend has no kernel for runs on the processor (none: it is named and refused). */
  readonly fallback?: "none" | "cpu"
  /** Which GPU of several (cuda; 0). */
  readonly device?: number
  /** How convolutions lay out images (webgpu). */
  readonly layout?: "NCHW" | "NHWC"
  /** Implementations of TensorFlow.js's operations: the first that is installed (tfjs). */
  readonly kernels?: ReadonlyArray<TfjsKernels>
}

export interface Session {
  readonly inputs: Readonly<Record<string, TensorType>>
  readonly outputs: Readonly<Record<string, TensorType>>
  /** Nodes that the backend has no kernel for and that run on the processor, each kind once. */
  readonly elsewhere: ReadonlyArray<string>
  /**
   * Computes the outputs. Those named in `into` are written to the tensors given there (of the right type and shape, and none of them
   * shared with a feed) and come back as these; the others are new.
   */
  run(feeds: Readonly<Record<string, Tensor>>, into?: Readonly<Record<string, Tensor>>): Effect.Effect<Record<string, Tensor>, EngineError>
  /** The same without Effect, for hot loops. Rejects with an EngineError. */
  runPromise(feeds: Readonly<Record<string, Tensor>>, into?: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>
}

/**
 * Compiles the graph of the given outputs. Feeds beyond what the outputs depend on are ignored.
 * @throws GraphError when an output has the name of an input (a mistake of the graph's author).
 */
export const openSession = (outputs: Readonly<Record<string, Value>>, options: SessionOptions = {}): Effect.Effect<Session, EngineError, Scope.Scope> =>
  options.backend === "tfjs" ? openTfjs(outputs, options) : Effect.acquireRelease(
    Effect.tryPromise({ try: () => take(outputs, options), catch: (cause) => failure(`The ${options.backend ?? "cpu"} backend could not open the graph`, cause) }),
    ({ key }) => Effect.promise(() => sessions.giveBack(key))
  ).pipe(
    Effect.tap(({ elsewhere }) => elsewhere.length === 0 ? Effect.void
      : Effect.logWarning(`The ${options.backend} backend has no kernel for ${elsewhere.join(", ")}: the processor computes that.`)),
    Effect.map(({ native, Native, elsewhere }) => makeSession(native, Native, outputs, elsewhere))
  )

const openTfjs = (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Effect.Effect<Session, EngineError, Scope.Scope> =>
  Effect.flatMap(Effect.promise(() => import("./backends/tfjs/session.ts")), ({ openTfjsSession }) => openTfjsSession(outputs, options))

interface Opened {
  readonly native: Ort.InferenceSession
  readonly Native: typeof Ort.Tensor
  readonly elsewhere: ReadonlyArray<string>
}

/** What this process has compiled. */
export const sessions = new SessionCache<Opened>()

const take = async (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Promise<Opened & { readonly key: string }> => {
  const key = JSON.stringify([graphDigest(outputs), options])
  return { ...await sessions.take(key, mostBytes(Object.values(outputs)), () => create(outputs, options)), key }
}

const create = async (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Promise<Opened> => {
  const ort = await import("onnxruntime-node")
  ort.env.logLevel = "fatal" // what goes wrong comes back as an error; the library would print it as well
  const lowered = lower(outputs, await rulesFor(ort, outputs, options))
  const { backend } = options
  const { native, elsewhere } = backend === "webgpu" || backend === "cuda"
    ? await openOn(ort, lowered, backend, options, nativeOptions(options))
    : { native: await ort.InferenceSession.create(encodeModel(lowered), nativeOptions(worthThreads(outputs, options))), elsewhere: [] }
  return { native, Native: ort.Tensor, elsewhere }
}

const rulesFor = async (ort: typeof Ort, outputs: Readonly<Record<string, Value>>, { backend = "cpu" }: SessionOptions): Promise<ReadonlyArray<Rule>> => {
  if (backend !== "cpu") return backend === "webgpu" ? webgpuRules : []
  const block = hasChangingConvolution(reachable(Object.values(outputs))) ? await blockSize(ort) : undefined
  return [byMinimalFiltering, ...(block === undefined ? [] : blockedRules(block)), ...cpuRules]
}

/** As long as waking a thread takes. */
const SPIN_MICROSECONDS = "50"
/** Below this many microseconds of work, waking threads takes longer than they save. */
const LEAST_SHARED_WORK = 100

const worthThreads = (outputs: Readonly<Record<string, Value>>, options: SessionOptions): SessionOptions =>
  singleCoreMicroseconds(Object.values(outputs)) < LEAST_SHARED_WORK ? { ...options, threads: 1 } : options

const nativeOptions = ({ threads = 1, spinning = true }: SessionOptions): Ort.InferenceSession.SessionOptions => {
  const allowed = spinning ? "1" : "0"
  return {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: allowed, spin_duration_us: SPIN_MICROSECONDS }, inter_op: { allow_spinning: "0" } } }
  }
}

const failure = (what: string, cause: unknown): EngineError => {
  if (cause instanceof GraphError) throw cause
  if (cause instanceof EngineError) return cause
  return new EngineError({ message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
}

const makeSession = (native: Ort.InferenceSession, Native: typeof Ort.Tensor, values: Readonly<Record<string, Value>>, elsewhere: ReadonlyArray<string>): Session => {
  const inputs = Object.fromEntries(
    reachable(Object.values(values)).flatMap((value) =>
      value.node === undefined && value.constant === undefined ? [[value.name, { type: value.type, shape: value.shape }] as const] : [])
  )
  const outputs = Object.fromEntries(Object.entries(values).map(([name, { type, shape }]) => [name, { type, shape }] as const))
  // One native tensor for each of ours that comes again and again.
  const known = new WeakMap<Tensor, Ort.Tensor>()
  const toNative = (of: Tensor): Ort.Tensor => {
    const made = known.get(of)
    if (made !== undefined) return made
    const fresh = new Native(of.type, of.data, of.shape)
    known.set(of, fresh)
    return fresh
  }
  const runPromise: Session["runPromise"] = async (feeds, into = {}) => {
    const fed: Record<string, Ort.Tensor> = {}
    for (const [name, type] of Object.entries(inputs)) fed[name] = toNative(fitting(`input "${name}"`, type, feeds[name]))
    const wanted: Record<string, Ort.Tensor | null> = {}
    for (const [name, type] of Object.entries(outputs)) {
      const target = into[name]
      wanted[name] = target === undefined ? null : toNative(fitting(`output "${name}"`, type, target))
    }
    const results: Record<string, Tensor> = {}
    const computed = await native.run(fed, wanted).catch((cause: unknown) => {
      throw failure("The graph did not run", cause)
    })
    for (const [name, { type, shape }] of Object.entries(outputs)) {
      results[name] = into[name] ?? fromNative(name, computed[name], { type, shape })
    }
    return results
  }
  const run: Session["run"] = (feeds, into) =>
    Effect.tryPromise({
      try: () => runPromise(feeds, into),
      catch: (cause) => (cause instanceof EngineError ? cause : failure("The graph did not run", cause))
    })
  return { inputs, outputs, elsewhere, run, runPromise }
}

const fitting = (what: string, { type, shape }: TensorType, given: Tensor | undefined): Tensor => {
  if (given === undefined) throw new EngineError({ message: `The ${what} (${type} ${showShape(shape)}) was not given.` })
  if (given.type !== type || !sameShape(given.shape, shape)) {
    throw new EngineError({ message: `The ${what} is ${type} ${showShape(shape)}; given was ${given.type} ${showShape(given.shape)}.` })
  }
  return given
}

const fromNative = (name: string, result: Ort.Tensor | undefined, { type, shape }: TensorType): Tensor => {
  const data = result?.data
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array || data instanceof BigInt64Array || data instanceof Uint8Array) {
    return tensor(data, shape, type)
  }
  throw new EngineError({ message: `The output "${name}" did not come back as ${type} ${showShape(shape)}.` })
}
