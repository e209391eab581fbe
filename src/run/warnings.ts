/** What a run warns of while it goes on. Pure. */
import type { PlannedTask } from "../plan/plan.ts"
import type { ActionRecord } from "../store/layout.ts"

/** A task that takes more than it asks for, too briefly to be ended for it, may still take it from others; undefined where it did not. */
export const tookMoreMemory = ({ declaration }: PlannedTask, { peakMemoryBytes }: ActionRecord): string | undefined => {
  const declared = declaration.resources.memoryMiB
  const used = Math.ceil(peakMemoryBytes / 2 ** 20)
  return declared === undefined || used <= declared ? undefined : `It used ${used} MiB of memory and declares ${declared} MiB. Raise \`resources: { memory: ... }\` of the stage.`
}

export const noGraphicsCard = "It asks for a graphics card, and none was found: it sees what the machine has. --gpus says how many there are, or which."

export const noMetric = (metric: string, reported: ReadonlyArray<string>): string =>
  `It reports no metric "${metric}", which its search goes by${reported.length === 0 ? "" : ` (it reports ${reported.join(", ")})`}: no configuration is gone on with.`
