/**
 * Who a process is, so that another one can tell whether it still lives. A number alone does not: numbers are used again,
 * and mean nothing on another machine or in another container.
 */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** When the process started, in the kernel's own count; empty where the system does not say. */
  readonly started: string
  /** Names the set of processes in which `pid` has a meaning: this boot of this machine, this container. */
  readonly space: string
}

export const isProcessIdentity = (value: unknown): value is ProcessIdentity =>
  typeof value === "object" && value !== null && "pid" in value && Number.isInteger(value.pid) && "host" in value && "started" in value && "space" in value

const orEmpty = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return "" // no /proc: not Linux
  }
}

/** Field 22 of /proc/PID/stat: the start in clock ticks since boot. The name in field 2 may hold spaces and brackets. */
const startOf = (pid: number): string =>
  orEmpty(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  })

let self: ProcessIdentity | undefined
export const ownIdentity = (): ProcessIdentity =>
  self ??= {
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    space: `${hostname()}/${orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))}/${orEmpty(() => readlinkSync("/proc/self/ns/pid"))}`
  }

/** `unknown`: on another machine, in another container, or before a reboot; only time can tell. */
export const liveness = (other: ProcessIdentity): "alive" | "dead" | "unknown" => {
  if (other.space !== ownIdentity().space) return "unknown"
  try {
    process.kill(other.pid, 0)
  } catch (cause) {
    // EPERM: it is there and belongs to somebody else.
    if (!(cause instanceof Error && "code" in cause && cause.code === "EPERM")) return "dead"
  }
  return startOf(other.pid) === other.started ? "alive" : "dead"
}
