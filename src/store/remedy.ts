/** What a user can do about an error of the operating system. Apart from error.ts so that workers, which carry no Effect, share it. */

export interface Remedy {
  readonly problem: string
  readonly hint: string
}

const writable = "Give yourself write access to the folder, or keep the results elsewhere with --store."
const kept = "and run again: everything that had finished is kept."

const remedies: Readonly<Record<string, Remedy>> = {
  ENOSPC: { problem: "the disk is full", hint: `Free some space ${kept}` },
  EDQUOT: { problem: "your disk quota is used up", hint: `Free some space, or keep the results elsewhere with --store, ${kept}` },
  EACCES: { problem: "permission denied", hint: writable },
  EPERM: { problem: "not permitted", hint: writable },
  EROFS: { problem: "the file system is read-only", hint: "Keep the results elsewhere with --store." },
  EMFILE: { problem: "too many open files", hint: "Raise the limit (`ulimit -n 4096`) and run again." },
  ENFILE: { problem: "too many open files on this machine", hint: "Close some programs and run again." },
  ENOTDIR: { problem: "a file stands where a folder is needed", hint: "Move that file away, or choose another folder with --store." },
  EIO: { problem: "the disk reports an input/output error", hint: "Check the disk; copy the results away before writing more." }
}

const codeOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : undefined

/** True for an error of the operating system with one of these codes, as in `hasCode(error, "ENOENT")`. */
export const hasCode = (cause: unknown, ...codes: ReadonlyArray<string>): boolean => {
  const code = codeOf(cause)
  return code !== undefined && codes.includes(code)
}

export const remedyFor = (cause: unknown): Remedy | undefined => {
  const code = codeOf(cause)
  return code === undefined ? undefined : remedies[code]
}
