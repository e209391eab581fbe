/** Asking other programs, which may be missing, slow or broken: an answer, or none. */
import { execFile } from "node:child_process"

export interface Answer {
  /** Undefined when the program could not be started or was ended. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** What ended it: a native crash, or the time limit. */
  readonly signal: string | undefined
}

/** Runs a program to its end, or to the limit. Never rejects. */
export const ask = (program: string, parameters: ReadonlyArray<string>, limit = 20_000): Promise<Answer> =>
  new Promise((resolve) => {
    execFile(program, [...parameters], { timeout: limit, encoding: "utf8", maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : undefined
      resolve({ code, stdout, stderr, signal: error?.signal ?? undefined })
    })
  })

/** The first line that a program prints when it succeeds. */
export const firstLine = async (program: string, ...parameters: ReadonlyArray<string>): Promise<string | undefined> => {
  const { code, stdout } = await ask(program, parameters)
  return code === 0 ? stdout.trim().split("\n")[0] : undefined
}
