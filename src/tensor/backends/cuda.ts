/** Whether CUDA can be used here: the provider, which is not part of onnxruntime's npm package, and a driver. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** The CUDA provider's library, where it is installed. */
export const cudaProvider = (): string | undefined => {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"))
    const library = join(folder, "bin", "napi-v6", process.platform, process.arch, "libonnxruntime_providers_cuda.so")
    return existsSync(library) ? library : undefined
  } catch {
    return undefined
  }
}

/** Whether the machine has an NVIDIA driver (Linux) with a GPU behind it. */
export const hasNvidiaDriver = (): boolean => existsSync("/proc/driver/nvidia/version") || existsSync("/dev/nvidiactl") || existsSync("/dev/dxg")
