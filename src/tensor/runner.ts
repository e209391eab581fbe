/** What runs a compiled graph: onnxruntime on the thread that asks. The other way is session-thread.ts. */
import type * as Ort from "onnxruntime-node"
import { EngineError } from "./errors.ts"
import { showShape } from "./shape.ts"
import { type Tensor, tensor, type TensorType } from "./tensor.ts"

export interface Runner {
  /** All outputs; those named in `into` are written there. Rejects with what the runtime says. */
  run(feeds: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

/** @param outputs their names and types */
export const nativeRunner = (native: Ort.InferenceSession, Native: typeof Ort.Tensor, outputs: Readonly<Record<string, TensorType>>): Runner => {
  // One native tensor for each of ours that comes again and again.
  const known = new WeakMap<Tensor, Ort.Tensor>()
  const toNative = (of: Tensor): Ort.Tensor => {
    const made = known.get(of) ?? new Native(of.type, of.data, of.shape)
    known.set(of, made)
    return made
  }
  return {
    run: async (feeds, into) => {
      const fed: Record<string, Ort.Tensor> = {}
      for (const [name, feed] of Object.entries(feeds)) fed[name] = toNative(feed)
      const wanted: Record<string, Ort.Tensor | null> = {}
      for (const name of Object.keys(outputs)) {
        const target = into[name]
        wanted[name] = target === undefined ? null : toNative(target)
      }
      const computed = await native.run(fed, wanted)
      const results: Record<string, Tensor> = {}
      for (const [name, type] of Object.entries(outputs)) results[name] = into[name] ?? fromNative(name, computed[name], type)
      return results
    },
    release: () => native.release()
  }
}

const fromNative = (name: string, result: Ort.Tensor | undefined, { type, shape }: TensorType): Tensor => {
  const data = result?.data
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array || data instanceof BigInt64Array || data instanceof Uint8Array) {
    return tensor(data, shape, type)
  }
  throw new EngineError({ message: `The output "${name}" did not come back as ${type} ${showShape(shape)}.` })
}
