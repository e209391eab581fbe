/** Folders in which tasks write before their results are published. A task that leaves its folder clean leaves it to the next one:
 * making and removing folders would cost more than a small task. */
import { Effect } from "effect"
import { readdir, rm } from "node:fs/promises"
import type { StoreError } from "../store/error.ts"
import type { StoreShape } from "../store/store.ts"

export interface Workspaces {
  /** A path at which there is nothing, or a folder with nothing but an empty `.scratch`. */
  readonly take: Effect.Effect<string, StoreError>
  readonly giveBack: (folder: string) => Effect.Effect<void>
}

export const scratchName = ".scratch"

export const makeWorkspaces = (store: StoreShape): Workspaces => {
  const clean: Array<string> = []
  return {
    take: Effect.suspend(() => {
      const folder = clean.pop()
      return folder === undefined ? store.workspace("task") : Effect.succeed(folder)
    }),
    giveBack: (folder) =>
      Effect.promise(async () => {
        try {
          if ((await readdir(folder)).every((name) => name === scratchName)) clean.push(folder)
          else await rm(folder, { recursive: true, force: true })
        } catch {
          // It was never made, or cannot be removed: then it goes with the process's staging folder.
        }
      })
  }
}
