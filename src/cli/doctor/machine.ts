/** What this machine has, as far as Reprise can use it. Everything may be missing. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { arch, availableParallelism, cpus, freemem, homedir, platform, release, totalmem } from "node:os"
import { delimiter, join } from "node:path"
import { ask, firstLine } from "./ask.ts"

export interface Machine {
  readonly node: string
  readonly platform: string
  readonly processor: string
  /** That this process may use. */
  readonly cores: number
  readonly memoryGiB: number
  readonly freeGiB: number
  /** NVIDIA's by name and memory; others by the driver that runs them. */
  readonly gpus: ReadonlyArray<string>
  readonly vulkan: { readonly loader: boolean; readonly drivers: ReadonlyArray<string>; /** Installed, but not where Vulkan looks. */ readonly software: string | undefined }
  readonly slurm: string | undefined
  readonly python: string | undefined
  readonly torch: string | undefined
}

const GIB = 2 ** 30

export const examineMachine = async (): Promise<Machine> => {
  const [gpus, loader, slurm, python] = await Promise.all([findGpus(), hasVulkanLoader(), firstLine("sbatch", "--version"), findPython()])
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return {
    node: process.versions.node,
    platform: `${platform()} ${arch()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: rounded(total / GIB),
    freeGiB: rounded(Math.min(total, freemem()) / GIB),
    gpus,
    vulkan: { loader, ...vulkanDrivers() },
    slurm,
    ...python
  }
}

const rounded = (x: number): number => Math.round(x * 10) / 10

const findGpus = async (): Promise<ReadonlyArray<string>> => {
  const { code, stdout } = await ask("nvidia-smi", ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"])
  if (code === 0) return stdout.trim().split("\n").filter((line) => line !== "").map((line) => `${line} (NVIDIA driver)`)
  return entries("/sys/class/drm").filter((name) => /^card\d+$/.test(name)).map((name) => {
    const driver = /DRIVER=(\S+)/.exec(textOf(`/sys/class/drm/${name}/device/uevent`))?.[1]
    return `${name} (${driver ?? "unknown"} driver)`
  })
}

/** Linux only: elsewhere WebGPU does not go through Vulkan. */
const hasVulkanLoader = async (): Promise<boolean> => {
  if (platform() !== "linux") return false
  const { stdout } = await ask("/sbin/ldconfig", ["-p"])
  return stdout.includes("libvulkan.so.1")
}

/** Software drivers that come with other programs, where Vulkan does not look for them. */
const software = ["/usr/lib/chromium/vk_swiftshader_icd.json", "/opt/google/chrome/vk_swiftshader_icd.json"]

const vulkanDrivers = () => {
  const named = (process.env["VK_DRIVER_FILES"] ?? process.env["VK_ICD_FILENAMES"] ?? "").split(delimiter).filter((file) => file !== "" && existsSync(file))
  const folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d", join(homedir(), ".local/share/vulkan/icd.d")]
  const drivers = named.length > 0 ? named : folders.flatMap((folder) => entries(folder).filter((file) => file.endsWith(".json")).map((file) => join(folder, file)))
  return { drivers, software: software.find((file) => existsSync(file) && !drivers.includes(file)) }
}

/** The first Python that has PyTorch, or else the first one. */
const findPython = async (): Promise<Pick<Machine, "python" | "torch">> => {
  const script = "import platform\nprint(platform.python_version())\ntry:\n import torch\n print(torch.__version__, 'with CUDA' if torch.cuda.is_available() else 'without CUDA')\nexcept ImportError: pass"
  const found = await Promise.all([...new Set(["python3", "/usr/bin/python3"])].map(async (program) => {
    const { code, stdout } = await ask(program, ["-c", script])
    const [version, torch] = stdout.trim().split("\n")
    return code === 0 && version !== undefined ? { python: `${version} (${program})`, torch } : undefined
  }))
  const [best] = found.filter((one) => one !== undefined).toSorted((a, b) => Number(b.torch !== undefined) - Number(a.torch !== undefined))
  return best ?? { python: undefined, torch: undefined }
}

const entries = (folder: string): ReadonlyArray<string> => (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : [])

const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
