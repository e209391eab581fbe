/** Sessions on TensorFlow.js, with the same interface as those on onnxruntime. */
import { Effect, type Scope } from "effect"
import { EngineError, GraphError } from "../../errors.ts"
import { reachable, type Value } from "../../graph.ts"
import type { Session, SessionOptions } from "../../runtime.ts"
import { sameShape, showShape } from "../../shape.ts"
import type { Tensor, TensorType } from "../../tensor.ts"
import { type Compiled, compile, fromTf, toTf } from "./compile.ts"
import { loadTfjs, type Tf, type TfTensor } from "./library.ts"

const failure = (cause: unknown): EngineError => {
  if (cause instanceof GraphError) throw cause
  return cause instanceof EngineError ? cause : new EngineError({ message: `The tfjs backend failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
}

/** Compiles the graph of the given outputs for TensorFlow.js; its constants are held until the scope ends. */
export const openTfjsSession = (outputs: Readonly<Record<string, Value>>, options: SessionOptions): Effect.Effect<Session, EngineError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const tf = await loadTfjs(options.kernels)
        return { tf, compiled: compile(tf, Object.values(outputs), options.fallback === "cpu") }
      },
      catch: failure
    }),
    ({ compiled }) => Effect.sync(() => compiled.dispose())
  ).pipe(
    Effect.tap(({ compiled: { elsewhere } }) => elsewhere.length === 0 ? Effect.void
      : Effect.logWarning(`The tfjs backend has no form for ${elsewhere.join(", ")}: the reference interpreter computes that.`)),
    Effect.map(({ tf, compiled }) => makeSession(tf, compiled, outputs))
  )

const typeOf = ({ type, shape }: Value): TensorType => ({ type, shape })

const makeSession = (tf: Tf, compiled: Compiled, values: Readonly<Record<string, Value>>): Session => {
  const fed = reachable(Object.values(values)).filter(({ node, constant }) => node === undefined && constant === undefined)
  const runPromise: Session["runPromise"] = async (feeds, into = {}) => {
    const given = new Map<Value, TfTensor>()
    let held: ReadonlyMap<Value, TfTensor> = given
    // Whatever happens, nothing of this run stays behind.
    tf.engine().startScope()
    try {
      for (const value of fed) given.set(value, toTf(tf, fitting(`input "${value.name}"`, value, feeds[value.name])))
      held = compiled.run(given)
      return Object.fromEntries(Object.entries(values).map(([name, value]) => {
        const result = held.get(value)
        if (result === undefined) throw new EngineError({ message: `The output "${name}" was not computed.` })
        return [name, delivered(name, fromTf(result, value), into[name])]
      }))
    } finally {
      tf.engine().endScope()
    }
  }
  return {
    inputs: Object.fromEntries(fed.map((value) => [value.name, typeOf(value)])),
    outputs: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeOf(value)])),
    elsewhere: compiled.elsewhere,
    run: (feeds, into) => Effect.tryPromise({ try: () => runPromise(feeds, into), catch: failure }),
    runPromise
  }
}

const fitting = (what: string, { type, shape }: TensorType, given: Tensor | undefined): Tensor => {
  if (given === undefined) throw new EngineError({ message: `The ${what} (${type} ${showShape(shape)}) was not given.` })
  if (given.type !== type || !sameShape(given.shape, shape)) {
    throw new EngineError({ message: `The ${what} is ${type} ${showShape(shape)}; given was ${given.type} ${showShape(given.shape)}.` })
  }
  return given
}

/** The result, or the tensor that was given for it with the result's elements. */
const delivered = (name: string, result: Tensor, target: Tensor | undefined): Tensor => {
  if (target === undefined) return result
  const { data } = fitting(`output "${name}"`, result, target)
  if (data instanceof BigInt64Array && result.data instanceof BigInt64Array) data.set(result.data)
  else if (!(data instanceof BigInt64Array) && !(result.data instanceof BigInt64Array)) data.set(result.data)
  return target
}
