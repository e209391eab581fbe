/** The command that gets what is missing, as exactly as the machine allows. Pure. */
import type { Machine } from "./machine.ts"

export interface Surroundings extends Pick<Machine, "gpus" | "vulkan"> {
  readonly os: string
  /** Where onnxruntime's CUDA provider lies. */
  readonly cudaProvider: string | undefined
  readonly nvidiaDriver: boolean
  /** How commands of the package's own scripts are called. */
  readonly installCuda: string
}

const webgpu = ({ os, vulkan }: Surroundings): string => {
  if (os !== "linux") return "Update the GPU's driver: WebGPU needs Metal (macOS) or Direct3D 12 (Windows)."
  const packages = [...(vulkan.loader ? [] : ["libvulkan1"]), ...(vulkan.drivers.length > 0 ? [] : ["mesa-vulkan-drivers"])]
  if (vulkan.software !== undefined) {
    const before = vulkan.loader ? "" : "sudo apt-get install libvulkan1 && "
    return `Without a GPU, for trying out: ${before}export VK_ICD_FILENAMES=${vulkan.software}`
  }
  return packages.length > 0
    ? `With an AMD, Intel or NVIDIA GPU: sudo apt-get install ${packages.join(" ")} (NVIDIA's driver brings its own Vulkan). ` +
      "Without one, for trying out: sudo apt-get install chromium libvulkan1 && export VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json"
    : "The Vulkan drivers that are installed find no GPU that WebGPU can use: is this user in the groups video and render?"
}

const cuda = ({ nvidiaDriver, cudaProvider, installCuda }: Surroundings): string => {
  if (cudaProvider === undefined) return `${installCuda}${nvidiaDriver ? "" : " (on a machine with an NVIDIA GPU: there is no driver here)"}`
  return nvidiaDriver
    ? "CUDA 12 and cuDNN 9 must be where the loader looks: sudo apt-get install cuda-toolkit-12 cudnn9-cuda-12 (NVIDIA's package source), or set LD_LIBRARY_PATH"
    : "There is no NVIDIA driver here."
}

/** For a backend that does not run, by its provider. */
export const remedyFor = (provider: string, surroundings: Surroundings): string | undefined => {
  switch (provider) {
    case "webgpu": return webgpu(surroundings)
    case "cuda": return cuda(surroundings)
    case "tfjs": return "npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 (or @tensorflow/tfjs-node-gpu@4.22.0, or @tensorflow/tfjs-node@4.22.0)"
    case "cpu": return "npm ci (onnxruntime-node is damaged or does not fit this machine)"
    default: return undefined
  }
}
