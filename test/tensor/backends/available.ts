/** Which backends this machine can run the operator cases on, and how near to the reference each has to come. */
import { existsSync } from "node:fs"
import { Effect, Result } from "effect"
import { cudaProvider, hasNvidiaDriver } from "../../../src/tensor/backends/cuda.ts"
import { findTfjs } from "../../../src/tensor/backends/tfjs/library.ts"
import { tryBackend } from "../../../src/tensor/backends/trial.ts"
import type { SessionOptions } from "../../../src/tensor/runtime.ts"

export interface TestedBackend {
  readonly title: string
  readonly options: SessionOptions
  /** Largest difference from the reference, relative to 1 or the value. */
  readonly tolerance: number
  /** Why it cannot be tested here. */
  readonly missing: string | undefined
}

/** Chromium's software driver, where the machine has no other: Vulkan looks for none there by itself. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json"
if (existsSync(swiftShader) && process.env["VK_DRIVER_FILES"] === undefined) process.env["VK_ICD_FILENAMES"] ??= swiftShader

/** Sums of float32 in another order. */
const ROUNDING = 2e-5
/** WGSL lets sin and cos be 2^-11 off. */
const SHADER_FUNCTIONS = 2 ** -11

const webgpu: SessionOptions = { backend: "webgpu", fallback: "cpu" }

const webgpuMissing = async (): Promise<string | undefined> => {
  const trial = await Effect.runPromise(Effect.result(tryBackend(webgpu)))
  return Result.isSuccess(trial) ? undefined : "no GPU answers (Debian: chromium and libvulkan1 bring one in software)"
}

const tfjs = (kernels: "wasm" | "cpu"): TestedBackend => ({
  title: `tfjs (${kernels})`, options: { backend: "tfjs", kernels: [kernels] }, tolerance: ROUNDING,
  missing: findTfjs([kernels]) === undefined ? `@tensorflow/tfjs-backend-${kernels} is not installed` : undefined
})

export const testedBackends = async (): Promise<ReadonlyArray<TestedBackend>> => [
  { title: "cpu", options: { backend: "cpu" }, tolerance: ROUNDING, missing: undefined },
  { title: "webgpu", options: webgpu, tolerance: SHADER_FUNCTIONS, missing: await webgpuMissing() },
  {
    title: "cuda", options: { backend: "cuda", fallback: "cpu" }, tolerance: 1e-3, // convolutions and products may use TF32
    missing: cudaProvider() === undefined ? "its provider is not installed (npm run cuda)" : hasNvidiaDriver() ? undefined : "no NVIDIA driver"
  },
  tfjs("wasm"),
  tfjs("cpu")
]
