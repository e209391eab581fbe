/** What tasks ask for against what this machine has. Pure. */
import type { PlannedTask } from "../plan/plan.ts"

export interface Resources {
  readonly cpus: number
  readonly gpus: number
  readonly memoryMiB: number
  /** By the names that pipelines give them: licences, instruments. A task may ask for what is not named here: there is one of it. */
  readonly others?: Readonly<Record<string, number>>
}

export interface Share extends Resources {
  /** What the task asked for and does not get, in words. */
  readonly warning: string | undefined
}

/** What a task is given of the whole. A task that asks for more than there is runs alone rather than never; its number of threads
 * stays as declared, because results may depend on it. */
export const shareOf = (task: PlannedTask, whole: Resources): Share => {
  const asked = task.declaration.resources
  const wanted: Resources = { cpus: asked.cpus, gpus: asked.gpus, memoryMiB: asked.memoryMiB ?? 0 }
  const others = Object.entries(asked.others ?? {})
  const wholeOf = (name: string) => whole.others?.[name] ?? 1
  const short = [
    ...(wanted.cpus > whole.cpus ? [`${wanted.cpus} cpus, and --jobs is ${whole.cpus}`] : []),
    ...(wanted.gpus > whole.gpus ? [`${wanted.gpus} gpus, and there are ${whole.gpus}`] : []),
    ...(wanted.memoryMiB > whole.memoryMiB ? [`${wanted.memoryMiB} MiB of memory, and there are ${Math.floor(whole.memoryMiB)}`] : []),
    ...others.flatMap(([name, amount]) => (amount > wholeOf(name) ? [`${amount} of ${name}, and there ${wholeOf(name) === 1 ? "is" : "are"} ${wholeOf(name)} (--resource ${name}=${amount})`] : []))
  ]
  return {
    cpus: Math.min(wanted.cpus, whole.cpus),
    gpus: Math.min(wanted.gpus, whole.gpus),
    memoryMiB: Math.min(wanted.memoryMiB, whole.memoryMiB),
    ...(others.length === 0 ? {} : { others: Object.fromEntries(others.map(([name, amount]) => [name, Math.min(amount, wholeOf(name))])) }),
    warning: short.length === 0 ? undefined : `It asks for ${short.join("; ")}. It runs alone instead.`
  }
}

export const fits = (share: Resources, free: Resources): boolean =>
  share.cpus <= free.cpus && share.gpus <= free.gpus && share.memoryMiB <= free.memoryMiB
  && Object.entries(share.others ?? {}).every(([name, amount]) => amount <= (free.others?.[name] ?? 1))

export const take = (free: Resources, share: Resources): Resources => ({
  cpus: free.cpus - share.cpus,
  gpus: free.gpus - share.gpus,
  memoryMiB: free.memoryMiB - share.memoryMiB,
  ...(free.others === undefined && share.others === undefined ? {} : { others: lessOf(free.others ?? {}, share.others ?? {}) })
})

const lessOf = (free: Readonly<Record<string, number>>, share: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  ({ ...free, ...Object.fromEntries(Object.entries(share).map(([name, amount]) => [name, (free[name] ?? 1) - amount])) })

export const giveBack = (free: Resources, share: Resources): Resources =>
  take(free, {
    cpus: -share.cpus,
    gpus: -share.gpus,
    memoryMiB: -share.memoryMiB,
    ...(share.others === undefined ? {} : { others: Object.fromEntries(Object.entries(share.others).map(([name, amount]) => [name, -amount])) })
  })
