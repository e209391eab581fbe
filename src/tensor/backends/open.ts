/**
 * Opening a graph in onnxruntime on a provider that is not the processor. The provider gets the whole graph or, where that is allowed, the rest runs on the
 * processor; either way it is known which nodes it has no kernel for.
 */
import type * as Ort from "onnxruntime-node"
import { EngineError } from "../errors.ts"
import type { Value } from "../graph.ts"
import { encodeModel } from "../onnx/encode.ts"
import type { SessionOptions } from "../runtime.ts"
import { cudaProvider } from "./cuda.ts"
import { describeNode, needsProcessor, nodesWithoutKernel } from "./unsupported.ts"
import { beyondWebgpu } from "./webgpu-limits.ts"

export type Accelerator = "webgpu" | "cuda"

export interface Opened {
  readonly native: Ort.InferenceSession
  /** Nodes that run on the processor because the provider has no kernel for them, each kind once. */
  readonly elsewhere: ReadonlyArray<string>
}

/**
 * @param outputs the graph, lowered for the provider
 * @param base options that do not depend on the provider
 * Rejects with an EngineError.
 */
export const openOn = async (
  ort: Pick<typeof Ort, "InferenceSession">,
  outputs: Readonly<Record<string, Value>>,
  provider: Accelerator,
  options: SessionOptions,
  base: Ort.InferenceSession.SessionOptions
): Promise<Opened> => {
  if (provider === "cuda" && cudaProvider() === undefined) throw new EngineError({ message: missingCuda })
  const model = encodeModel(outputs)
  const limited = provider === "webgpu" ? beyondWebgpu(outputs) : []
  const apart = limited.map(({ name }) => name)
  const open = (bytes: Uint8Array, processor: boolean) =>
    ort.InferenceSession.create(bytes, {
      ...base, executionProviders: [request(provider, options, processor ? apart : [])], extra: extra(base, { disable_cpu_ep_fallback: processor ? "0" : "1" })
    })
  const whole = limited.length > 0 ? undefined : await open(model, false).catch((cause: unknown) => {
    if (!needsProcessor(cause)) throw explain(provider, cause)
  })
  if (whole !== undefined) return { native: whole, elsewhere: [] }
  const without = await nodesWithoutKernel(outputs, (bytes) => open(bytes, false))
  const elsewhere = [...new Set([...limited.map(({ node }) => describeNode(node)), ...without])]
  if (options.fallback !== "cpu") throw new EngineError({ message: refusal(provider, elsewhere) })
  const native = await open(model, true).catch((cause: unknown) => {
    throw explain(provider, cause)
  })
  return { native, elsewhere }
}

/** A provider and its options as onnxruntime-node takes them. */
const request = (provider: Accelerator, { device, layout }: SessionOptions, apart: ReadonlyArray<string>): Ort.InferenceSession.ExecutionProviderConfig =>
  provider === "cuda"
    ? { name: "cuda", deviceId: device ?? 0 }
    : { name: "webgpu", ...(layout === undefined ? {} : { preferredLayout: layout }), ...(apart.length === 0 ? {} : { forceCpuNodeNames: apart }) }

const extra = (base: Ort.InferenceSession.SessionOptions, session: Readonly<Record<string, string>>): Record<string, unknown> => {
  const given = base.extra?.["session"]
  return { ...base.extra, session: { ...(typeof given === "object" ? given : {}), ...session } }
}

const refusal = (provider: Accelerator, nodes: ReadonlyArray<string>): string =>
  `The ${provider} backend has no kernel for ${nodes.length === 0 ? "a part of this graph" : nodes.join(", ")}. ` +
  `Say \`fallback: cpu\` in its configuration (configs/backends/${provider}.yaml) to let the processor compute that, or use --backend cpu.`

const missingCuda = "The cuda backend could not open the graph: onnxruntime's CUDA provider is not installed. `npm run cuda` installs it; CUDA 12 and cuDNN 9 must be there too."

/** What onnxruntime says, with what to do about it where that is known. */
const explain = (provider: Accelerator, cause: unknown): EngineError => {
  const said = cause instanceof Error ? cause.message.trim() : String(cause)
  return new EngineError({ message: remedied(provider, said), cause })
}

const remedied = (provider: Accelerator, said: string): string => {
  if (provider === "webgpu" && said.includes("Failed to get a WebGPU adapter")) {
    return "The webgpu backend found no GPU that it can use: it needs a Vulkan driver and libvulkan.so.1 (Linux), Metal (macOS) or Direct3D 12 (Windows). " +
      "`reprise doctor` says what this machine has."
  }
  const opening = `The ${provider} backend could not open the graph: ${said}`
  return provider === "cuda" && /Failed to load|cannot open shared object|CUDA failure|CUDNN/i.test(said)
    ? `${opening}\nIt needs an NVIDIA driver, CUDA 12 and cuDNN 9 in the library path. \`reprise doctor\` says what this machine has.`
    : opening
}
