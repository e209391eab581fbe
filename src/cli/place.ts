/** Where a command works: the project's folder, its results, and the installation beside them. */
import { Effect } from "effect"
import { statSync } from "node:fs"
import { join, resolve } from "node:path"
import { usageFailure, type CommandFailure } from "./failure.ts"
import { Installation } from "./installation.ts"
import { shellWord } from "./terminal.ts"

export interface Place {
  /** Absolute: the folder that stages and files named in parameters are relative to. */
  readonly project: string
  /** Absolute: the folder of results, which need not exist. */
  readonly store: string
  readonly packageRoot: string
  readonly worker: string
  readonly version: string
  /** Digest of the program itself; absent where its sources run. */
  readonly program?: string | undefined
}

export interface PlaceInput {
  readonly project: string | undefined
  readonly store: string | undefined
}

/** `--project` and `--store` are relative to the current folder. */
export const findPlace = (input: PlaceInput): Effect.Effect<Place, CommandFailure, Installation> =>
  Effect.gen(function*() {
    const installation = yield* Installation
    const project = resolve(input.project ?? ".")
    const found = statSync(project, { throwIfNoEntry: false })
    if (found?.isDirectory() !== true) {
      return yield* usageFailure(`error: --project ${input.project}: ${found === undefined ? "there is no such folder" : "this is not a folder"}`)
    }
    return { ...installation, project, store: input.store === undefined ? join(project, "results") : resolve(input.store) }
  })

/** The flags as they would be typed again, with a space before each; empty where none were. */
export const wordsOf = ({ project, store }: PlaceInput): string =>
  `${project === undefined ? "" : ` --project ${shellWord(project)}`}${store === undefined ? "" : ` --store ${shellWord(store)}`}`
