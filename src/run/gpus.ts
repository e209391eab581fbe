/**
 * Graphics cards are handed out one by one: a task that asks for two gets two that no other running task has, and sees no
 * others. The variables below are what CUDA, ROCm and their libraries look at when they start.
 */
import { readdirSync, readFileSync } from "node:fs"

/** Names of cards as the driver's variables have them: numbers, or the UUIDs that a cluster's scheduler gives. */
export type Gpus = ReadonlyArray<string>

/** How a process is told which cards are its own. */
export const gpuVariables = (gpus: Gpus): Readonly<Record<string, string>> => {
  const list = gpus.join(",")
  return { CUDA_VISIBLE_DEVICES: list, HIP_VISIBLE_DEVICES: list, REPRISE_GPUS: list }
}

const listed = (text: string): Gpus => text.split(",").map((name) => name.trim()).filter((name) => name !== "" && name !== "-1")

/** `3` for cards 0 to 2, `0,2` or UUIDs for those; undefined where the text is neither. */
export const parseGpus = (text: string): Gpus | undefined => {
  const trimmed = text.trim()
  if (/^\d+$/.test(trimmed)) return Number(trimmed) <= 1024 ? Array.from({ length: Number(trimmed) }, (_, at) => String(at)) : undefined
  const names = listed(trimmed)
  return names.length > 0 && new Set(names).size === names.length && names.every((name) => /^(\d+|(GPU|MIG)-[\w/-]+)$/.test(name)) ? names : undefined
}

/** What finding the cards needs of the machine: names in a folder, and a file's text; nothing of either where there is none. */
export interface Devices {
  readonly entries: (folder: string) => ReadonlyArray<string>
  readonly text: (path: string) => string
}

/** The cards that this process may use: those that its environment names, or else those that a driver for computing shows. */
export const findGpus = (variables: Readonly<Record<string, string | undefined>>, devices: Devices = thisMachine): Gpus => {
  const named = variables["CUDA_VISIBLE_DEVICES"] ?? variables["HIP_VISIBLE_DEVICES"] ?? variables["ROCR_VISIBLE_DEVICES"]
  if (named !== undefined) return listed(named)
  const nvidia = devices.entries("/proc/driver/nvidia/gpus").length
  const amd = devices.entries(amdNodes).filter((node) => !["", "0"].includes(devices.text(`${amdNodes}/${node}/gpu_id`).trim())).length
  return Array.from({ length: nvidia > 0 ? nvidia : amd }, (_, at) => String(at))
}

const amdNodes = "/sys/class/kfd/kfd/topology/nodes"

const thisMachine: Devices = {
  entries: (folder) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  },
  text: (path) => {
    try {
      return readFileSync(path, "utf8")
    } catch {
      return ""
    }
  }
}

export interface GpuPool {
  /** The first free ones; as many as there are, where that is fewer. */
  take(count: number): Gpus
  giveBack(gpus: Gpus): void
}

export const makeGpuPool = (all: Gpus): GpuPool => {
  const free = new Set(all)
  return {
    take: (count) => {
      const taken = all.filter((gpu) => free.has(gpu)).slice(0, count)
      for (const gpu of taken) free.delete(gpu)
      return taken
    },
    giveBack: (gpus) => {
      for (const gpu of gpus) free.add(gpu)
    }
  }
}
