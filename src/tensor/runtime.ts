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
import { nativeRunner, type Runner } from "./runner.ts"
import { SessionCache } from "./session-cache.ts"
import { runnerOnThread } from "./session-thread.ts"
import { sameShape, showShape } from "./shape.ts"
import type { Tensor, TensorType } from "./tensor.ts"
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
  /** Whether runs take place on a thread of their own (no), so that the caller can prepare the next one meanwhile. Tensors from `sharedZeros` are then
   * not copied. Graphs of less than a millisecond of work, and other backends than cpu, run on the caller's thread anyway. */
  readonly apart?: boolean
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
    Effect.map(({ runner, elsewhere }) => makeSession(runner, outputs, elsewhere))
  )

const openTfjs = (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Effect.Effect<Session, EngineError, Scope.Scope> =>
  Effect.flatMap(Effect.promise(() => import("./backends/tfjs/session.ts")), ({ openTfjsSession }) => openTfjsSession(outputs, options))

interface Opened {
  readonly runner: Runner
  readonly elsewhere: ReadonlyArray<string>
}

/** What this process has compiled. */
export const sessions = new SessionCache<Opened>()

const take = async (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Promise<Opened & { readonly key: string }> => {
  const key = JSON.stringify([graphDigest(outputs), options])
  // A thread of its own is not kept: it holds on to all the shared tensors that it was shown.
  const bytes = options.apart === true ? Infinity : mostBytes(Object.values(outputs))
  return { ...await sessions.take(key, bytes, () => create(outputs, options)), key }
}

const create = async (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Promise<Opened> => {
  const { backend } = options
  if (backend === "webgpu" || backend === "cuda") {
    const ort = await loadOrt()
    const lowered = lower(outputs, await rulesFor(ort, outputs, options))
    const { native, elsewhere } = await openOn(ort, lowered, backend, options, nativeOptions(options))
    return { runner: nativeRunner(native, ort.Tensor, typesOf(outputs)), elsewhere }
  }
  const { model, ort, settings } = await compileForCpu(outputs, options)
  const runner = options.apart === true && singleCoreMicroseconds(Object.values(outputs)) >= LEAST_WORK_APART
    ? await runnerOnThread(model, settings, typesOf(outputs))
    : nativeRunner(await ort.InferenceSession.create(model, settings), ort.Tensor, typesOf(outputs))
  return { runner, elsewhere: [] }
}

const loadOrt = async (): Promise<typeof Ort> => {
  const ort = await import("onnxruntime-node")
  ort.env.logLevel = "fatal" // what goes wrong comes back as an error; the library would print it as well
  return ort
}

/** What onnxruntime is given for the processor: the rewritten graph and its settings. */
export const compileForCpu = async (outputs: Readonly<Record<string, Value>>, options: SessionOptions) => {
  const ort = await loadOrt()
  const lowered = lower(outputs, await rulesFor(ort, outputs, options))
  return { ort, model: encodeModel(lowered), settings: nativeOptions(worthThreads(outputs, options)) }
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
/** Below this many, asking another thread takes longer than what the caller can do meanwhile. */
const LEAST_WORK_APART = 1000

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
    // A plan for all buffers is made in the first run and then allocated as one piece, beside what that run took: half as much again for a large network, and no faster.
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: allowed, spin_duration_us: SPIN_MICROSECONDS }, inter_op: { allow_spinning: "0" } } }
  }
}

const failure = (what: string, cause: unknown): EngineError => {
  if (cause instanceof GraphError) throw cause
  if (cause instanceof EngineError) return cause
  return new EngineError({ message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
}

const makeSession = (runner: Runner, values: Readonly<Record<string, Value>>, elsewhere: ReadonlyArray<string>): Session => {
  const inputs = Object.fromEntries(
    reachable(Object.values(values)).flatMap((value) =>
      value.node === undefined && value.constant === undefined ? [[value.name, { type: value.type, shape: value.shape }] as const] : [])
  )
  const outputs = typesOf(values)
  const runPromise: Session["runPromise"] = async (feeds, into = {}) => {
    const fed: Record<string, Tensor> = {}
    for (const [name, type] of Object.entries(inputs)) fed[name] = fitting(`input "${name}"`, type, feeds[name])
    const targets: Record<string, Tensor> = {}
    for (const [name, type] of Object.entries(outputs)) {
      const target = into[name]
      if (target !== undefined) targets[name] = fitting(`output "${name}"`, type, target)
    }
    return runner.run(fed, targets).catch((cause: unknown) => {
      throw failure("The graph did not run", cause)
    })
  }
  const run: Session["run"] = (feeds, into) =>
    Effect.tryPromise({
      try: () => runPromise(feeds, into),
      catch: (cause) => (cause instanceof EngineError ? cause : failure("The graph did not run", cause))
    })
  return { inputs, outputs, elsewhere, run, runPromise }
}

const typesOf = (values: Readonly<Record<string, Value>>): Record<string, TensorType> =>
  Object.fromEntries(Object.entries(values).map(([name, { type, shape }]) => [name, { type, shape }]))

const fitting = (what: string, { type, shape }: TensorType, given: Tensor | undefined): Tensor => {
  if (given === undefined) throw new EngineError({ message: `The ${what} (${type} ${showShape(shape)}) was not given.` })
  if (given.type !== type || !sameShape(given.shape, shape)) {
    throw new EngineError({ message: `The ${what} is ${type} ${showShape(shape)}; given was ${given.type} ${showShape(given.shape)}.` })
  }
  return given
}
