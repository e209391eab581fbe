/** Finds out which block of channels this machine's onnxruntime computes convolutions in. */
import type * as Ort from "onnxruntime-node"
import { Graph } from "./graph.ts"
import { encodeModel } from "./onnx/encode.ts"
import { blockedName, BLOCK_SIZES, type BlockSize } from "./operators/blocked.ts"

const CHANNELS = 32

let found: Promise<BlockSize | undefined> | undefined

/** Undefined where the runtime has no such layout. Asked once a process. */
export const blockSize = (ort: typeof Ort): Promise<BlockSize | undefined> => (found ??= probe(ort).catch(() => undefined))

/** Reorders 32 channels of two pixels, numbered plane by plane: the second pixel of channel 0 comes after one block of first pixels. */
const probe = async (ort: typeof Ort): Promise<BlockSize | undefined> => {
  const graph = new Graph()
  const [y] = graph.apply(blockedName("ReorderInput", 8), [graph.input("x", [1, CHANNELS, 1, 2])])
  if (y === undefined) return undefined
  const session = await ort.InferenceSession.create(encodeModel({ y }), { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 })
  try {
    const x = new ort.Tensor("float32", Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i), [1, CHANNELS, 1, 2])
    const { y: result } = await session.run({ x })
    const numbers = result?.data instanceof Float32Array ? result.data : new Float32Array()
    return BLOCK_SIZES.find((size) => size === numbers.indexOf(1))
  } finally {
    await session.release()
  }
}
