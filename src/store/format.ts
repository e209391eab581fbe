/** `store.json`: which version of the layout a store has. One that we do not know is refused, never guessed at. */
import { existsSync } from "node:fs"
import { StoreError, storeError } from "./error.ts"
import { makeFolders } from "./folders.ts"
import { readJsonFile, writeJsonFile } from "./json-file.ts"
import { storeFormat } from "./layout.ts"
import type { StorePaths } from "./paths.ts"

const hasFormat = (value: unknown): value is { readonly format: unknown } => typeof value === "object" && value !== null && "format" in value

/** Throws `StoreError` where the store has another format. A folder that is not there or has no `store.json` is an empty store. */
export const checkFormat = (paths: StorePaths): void => {
  const found = readJsonFile(paths.format, hasFormat)
  if (found === undefined) {
    if (!existsSync(paths.format)) return
    throw new StoreError({
      message: `${paths.format} is damaged: it does not say which format the store has.`,
      path: paths.format,
      hint: `If version ${storeFormat} of the layout wrote this store, put {"format":${storeFormat}} into that file; otherwise choose another folder with --store.`
    })
  }
  if (found.format === storeFormat) return
  throw new StoreError({
    message: `${paths.folder} has store format ${JSON.stringify(found.format)}, and this version of Reprise knows format ${storeFormat}.`,
    path: paths.format,
    hint: "Use the version of Reprise that wrote it, or keep new results elsewhere with --store."
  })
}

/** Makes the folder a store, if it is not one yet. Several processes may do so at once. */
export const createStore = (paths: StorePaths): void => {
  checkFormat(paths)
  if (existsSync(paths.format)) return
  try {
    makeFolders(paths.folder)
  } catch (cause) {
    throw storeError("create the store", paths.folder, cause)
  }
  writeJsonFile(paths.format, { format: storeFormat }, `${paths.format}.${process.pid}`)
}
