/**
 * What is looked at for each task to know that its results are still there: that its action is the one that it was, and that each output has its size. The store
 * asks the same of a hit (store/actions.ts), and reads the action for it; here its stamp stands for its content.
 */
import { statSync } from "node:fs"
import { isActionRecord } from "../../store/actions.ts"
import { readJsonFile } from "../../store/json-file.ts"
import type { RunTask } from "../../store/layout.ts"
import type { StorePaths } from "../../store/paths.ts"
import { clockStep } from "../../run/stamps.ts"

/** In the place of a stamp: the action changed so lately that another change could leave the same stamp, and has to be read. */
const unsettled = "unsettled"

/** A line of a note; undefined where the action is not there. Neither stamps nor digests have spaces in them. */
export const checkOf = (paths: StorePaths, fingerprint: string, outputs: RunTask["outputs"], now: number): string | undefined => {
  const stat = statSync(paths.action(fingerprint), { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const stamp = stat.ctimeMs >= now - clockStep || stat.mtimeMs >= now - clockStep ? unsettled : stampOf(stat)
  return [fingerprint, stamp, ...outputsOf(outputs)].join(" ")
}

/** Whether a check still holds. Throws what the file system throws. */
export const holds = (paths: StorePaths, check: string): boolean => {
  const [fingerprint = "", stamp = "", ...outputs] = check.split(" ")
  if (stamp === unsettled) {
    const action = readJsonFile(paths.action(fingerprint), isActionRecord)
    if (action?.fingerprint !== fingerprint || outputsOf(action.outputs).join(" ") !== outputs.join(" ")) return false
  } else {
    const stat = statSync(paths.action(fingerprint), { throwIfNoEntry: false })
    if (stat === undefined || stampOf(stat) !== stamp) return false
  }
  return outputs.every((output) => {
    const [digest = "", bytes = ""] = output.split(":")
    return statSync(paths.object(digest), { throwIfNoEntry: false })?.size === Number(bytes)
  })
}

interface Stat {
  readonly size: number
  readonly ino: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

const stampOf = ({ ctimeMs, ino, mtimeMs, size }: Stat): string => `${size},${ino},${mtimeMs},${ctimeMs}`

const outputsOf = (outputs: RunTask["outputs"]): ReadonlyArray<string> => Object.values(outputs).map(({ bytes, digest }) => `${digest}:${bytes}`)
