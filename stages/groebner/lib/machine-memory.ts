/** The memory that computations are measured by before they begin. */
import { totalmem } from "node:os"

/** Bytes of the machine, or of what it grants to the process. */
export const machineMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity)

export const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20)
